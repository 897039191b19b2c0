"""How deep the headings of a document are, once all of them are known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from extractors.layout.context import Labelled
from extractors.layout.headings import RUN_IN, certain, number_of
from extractors.pages.lines import Line

_APART = re.compile(r"abstract|summary|references|bibliography|contents", re.IGNORECASE)
"""Headings that are often set in another type than those of the sections."""
_ROMAN = re.compile(r"[IVX]{2,5}")


def levels(labelled: Sequence[Labelled], before: Sequence[Labelled] = ()) -> list[Labelled]:
    """`labelled` with the levels of headings made to agree, also with those that stood `before`: numbers rank by their
    kind where sections have Roman ones, and a heading without a number ranks as one in the same type that has it, or
    else by the size of its type."""
    sections = [e for e in (*before, *labelled) if e.kind == "heading" and e.level and e.level != RUN_IN and e.starts]
    numbers = {id(e): number for e in sections if (number := number_of(e.line.text))}
    roman = next((e.line for e in sections if _ROMAN.fullmatch(numbers.get(id(e), ""))), None)
    lettered = any(re.fullmatch("[A-H]", number) for number in numbers.values())
    level: dict[int, int] = {}
    known: dict[tuple[int, bool, bool], int] = {}
    named = {id(e): e for e in sections if certain(e.line.text) and not _APART.fullmatch(e.line.text)}
    largest = 0.0 if numbers else max((e.line.size for e in named.values()), default=0.0)
    for e in sections:
        # Without numbers a subsection may be called "Evaluation" too; its type shows that it is one.
        if not certain(e.line.text) or (id(e) in named and e.line.font and e.line.size < largest - 0.7):
            continue
        level[id(e)] = _numbered_level(e.line, numbers[id(e)], roman, lettered) if id(e) in numbers else 1
        if not _APART.fullmatch(e.line.text):
            known[_style(e.line)] = min(level[id(e)], known.get(_style(e.line), 9))
    loose = [e for e in sections if id(e) not in level]
    sizes: list[float] = []
    for size in sorted({e.line.size for e in loose}, reverse=True):
        if not sizes or sizes[-1] - size > 0.7:
            sizes.append(size)
    by_style = bool(known)
    for e in sorted(loose, key=lambda e: e.line.size, reverse=True):
        if by_style:
            level[id(e)] = known[_style(e.line)] = _level_by_style(e.line, known)
        else:
            level[id(e)] = 1 + sum(s > e.line.size + 0.7 for s in sizes)
    for e in _under_centred(labelled, [e for e in sections if id(e) not in numbers]):
        level[id(e)] = min(RUN_IN - 1, level[id(e)] + 1)
    result: list[Labelled] = []
    current = 0
    for e in labelled:
        if e.kind == "heading" and e.level and e.level != RUN_IN:
            current = level.get(id(e), current or e.level)
            e = replace(e, level=current)
        result.append(e)
    return result


def _numbered_level(line: Line, number: str, roman: Line | None, lettered: bool) -> int:
    if roman is None or number.count(".") or line.text[:8].lower() == "appendix":
        return number.count(".") + 1
    if number.isdecimal():
        return 3 if lettered else 2
    one_of_them = bool(re.fullmatch(r"[IVX]+", number)) and abs(line.size - roman.size) < 0.4
    return 1 if one_of_them and line.italic == roman.italic and line.bold == roman.bold else 2


def _under_centred(labelled: Sequence[Labelled], headings: Sequence[Labelled]) -> list[Labelled]:
    """Those of `headings` that only their place at the left edge of the text tells from the sections, which are set in
    the middle in the same type. Two in the middle and one at the edge after the first show that it is so meant."""
    place = {id(e): i for i, e in enumerate(labelled)}
    centred: dict[tuple[int, bool], int] = {}
    flush: list[Labelled] = []
    for e in headings:
        if id(e) not in place or _APART.fullmatch(e.line.text):
            continue
        text = [
            a.line
            for a in labelled[place[id(e)] + 1 : place[id(e)] + 9]
            if a.kind == "paragraph" and a.line.page == e.line.page
        ]
        if not text:
            continue
        left, right = min(line.box[0] for line in text), max(line.box[2] for line in text)
        indent, size, style = e.line.box[0] - left, e.line.size, _style(e.line)[:2]
        if indent > 1.5 * size and abs(indent - (right - e.line.box[2])) < 2 * size:
            centred[style] = centred.get(style, 0) + 1
        elif indent < 0.5 * size and style in centred:
            flush.append(e)
    return [e for e in flush if centred[_style(e.line)[:2]] > 1]


def _level_by_style(line: Line, known: dict[tuple[int, bool, bool], int]) -> int:
    """The level of headings in this type, or else one below those in larger or bolder type."""
    style = _style(line)
    if style in known:
        return known[style]
    tolerance = 0 if line.font else 3
    above = [
        level
        for (size, bold, _), level in known.items()
        if size > style[0] + tolerance or (size >= style[0] - tolerance and bold >= style[1] and line.font)
    ]
    return min(RUN_IN - 1, 1 + max(above)) if above else 1


def _style(line: Line) -> tuple[int, bool, bool]:
    return round(2 * line.size), line.bold, line.italic
