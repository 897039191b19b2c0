"""How deep the headings of a document are, once all of them are known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from extractors.context import Labelled
from extractors.headings import RUN_IN, certain, number_of
from extractors.lines import Line

_APART = re.compile(r"abstract|summary|references|bibliography|contents", re.IGNORECASE)
"""Headings that are often set in another type than those of the sections."""
_ROMAN = re.compile(r"[IVX]{2,5}")


def levels(labelled: Sequence[Labelled]) -> list[Labelled]:
    """`labelled` with the levels of headings made to agree: numbers rank by their kind where sections have Roman ones,
    and a heading without a number ranks as one in the same type that has it, or else by the size of its type."""
    sections = [e for e in labelled if e.kind == "heading" and e.level and e.level != RUN_IN and e.starts]
    numbers = {id(e): number for e in sections if (number := number_of(e.line.text))}
    roman = next((e.line for e in sections if _ROMAN.fullmatch(numbers.get(id(e), ""))), None)
    level: dict[int, int] = {}
    known: dict[tuple[int, bool, bool], int] = {}
    for e in sections:
        if not certain(e.line.text):
            continue
        level[id(e)] = _numbered_level(e.line, numbers[id(e)], roman) if id(e) in numbers else 1
        if not _APART.fullmatch(e.line.text):
            known[_style(e.line)] = min(level[id(e)], known.get(_style(e.line), 9))
    loose = [e for e in sections if id(e) not in level]
    sizes: list[float] = []
    for size in sorted({e.line.size for e in loose}, reverse=True):
        if not sizes or sizes[-1] - size > 0.7:
            sizes.append(size)
    for e in loose:
        level[id(e)] = _level_by_style(e.line, known) if known else 1 + sum(s > e.line.size + 0.7 for s in sizes)
    result: list[Labelled] = []
    current = 0
    for e in labelled:
        if e.kind == "heading" and e.level and e.level != RUN_IN:
            current = level.get(id(e), current or e.level)
            e = replace(e, level=current)
        result.append(e)
    return result


def _numbered_level(line: Line, number: str, roman: Line | None) -> int:
    if roman is None or number.count(".") or line.text[:8].lower() == "appendix":
        return number.count(".") + 1
    if number.isdecimal():
        return 3
    one_of_them = bool(re.fullmatch(r"[IVX]+", number)) and abs(line.size - roman.size) < 0.4
    return 1 if one_of_them and line.italic == roman.italic and line.bold == roman.bold else 2


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
