"""The list of references: where it begins and ends, and its entries."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import replace
from itertools import pairwise

from extractors.layout.context import Context, Labelled
from extractors.layout.headings import certain
from extractors.pages.lines import Line

_RESUMES = re.compile(
    r"((?i:appendix|appendices|supplement(ary|al)?\b|supporting information)|[A-Z]\.?(\.?\d{1,2})*\.?\s+[A-Z][^\W\d_]+|"
    r"acknowledge?ments?|checklist)",
)
_ENTRY = re.compile(
    r"\b(1[89]|20)\d\d[a-z]?\b|^\[\S{1,12}\]|\bet al\b|\b[A-Z]\.(\s|-?[A-Z]\.|,)|\bpages?\s\d|\bdoi\b|arXiv"
)
_FIRST = re.compile(r"(\[1\]|1\.)\s*[A-Z]")
_NUMBER = re.compile(r"\[(\d{1,3})\]|(\d{1,3})\.\s|\((\d{1,3})\)\s")


def lists_works(following: Sequence[Line]) -> bool:
    """Whether the lines under such a heading are entries, with names, years and numbers; a section may be called so."""
    return not following or any(_ENTRY.search(line.text) for line in following)


def begins_unannounced(at: Context) -> bool:
    """Whether a list of references that has no heading begins with the line: "[1] I. Surname ..." and then "[2]", or
    with raised numbers."""
    line = at.line
    marked = line.mark == "1" and line.size < at.type_.size - 0.4
    first = None if marked else _FIRST.match(line.text)
    if at.carries_on or not (marked or first):
        return False
    works = [bool(_ENTRY.search(below.text)) for below in at.following]
    if first is None:
        return sum(works) > 3 and any(below.mark == "2" for below in at.following)
    if at.type_.size - line.size < (0 if first[1] == "[1]" else 0.4):
        return False
    if first[1] == "[1]" and len(at.following) < 3:
        return bool(_ENTRY.search(line.text[3:]))
    second = "[2]" if first[1] == "[1]" else "2."
    return any(works) and any(below.text.startswith(second) for below in at.following)


def resumes_text(at: Context, heading: Line, level: int | None, styles: Container[tuple[int, bool]]) -> bool:
    """Whether the text goes on after the reference list: at a heading in the type of the list's own heading, or in that
    of another one before it, whose `styles` are given."""
    line = at.line
    alike = abs(line.size - heading.size) < 0.4 and line.bold == heading.bold
    distinct = line.bold or line.font == heading.font != at.type_.font
    appendix = bool(_RESUMES.match(line.text))
    in_list_type = (alike and (distinct or appendix)) or (appendix and line.size > heading.size - 0.4)
    return bool(level) and (in_list_type or (line.bold and (certain(line.text) or style(line) in styles)))


def style(line: Line) -> tuple[int, bool]:
    """The size of a line in half points, and whether it is bold."""
    return round(2 * line.size), line.bold


def entries(labelled: Sequence[Labelled]) -> list[Labelled]:
    """`labelled` with a block for each entry of the reference list: they begin with a number, at the edge of a hanging
    indent, or after a wider gap."""
    result = list(labelled)
    at = [i for i, entry in enumerate(labelled) if entry.kind == "reference"]
    columns: list[list[int]] = []
    for i in at:
        line = labelled[i].line
        before = labelled[columns[-1][-1]].line if columns else None
        if before is None or before.page != line.page or line.base < before.base - 2:
            columns.append([])
        columns[-1].append(i)
    offsets = [
        round(labelled[i].line.box[0] - min(labelled[j].line.box[0] for j in column))
        for column in columns
        for i in column
    ]
    hang = _hanging_indent(offsets)
    numbered = sum(_number(labelled[i].line) > 0 for i in at) > 0.1 * len(at)
    offset = dict(zip(at, offsets, strict=True))
    previous = dict(zip(at[1:], at, strict=False))
    gap = _usual_gap(labelled, columns)
    last = 0
    for column in columns:
        widest = max(labelled[i].line.width for i in column)
        for n, i in enumerate(column):
            line = labelled[i].line
            before = labelled[column[n - 1]].line if n else None
            number = _number(line)
            if numbered:
                starts = number == last + 1 or (number > 0 and last == 0)
                last = number if starts else last
            elif hang:
                starts = offset[i] < 0.6 * hang
            elif before is None:
                starts = line.text[:1].isupper()
            else:
                ended = before.text.endswith(".") and before.width < 0.8 * widest
                starts = line.base - before.base > 1.25 * gap or ended
            broken = i in previous and labelled[previous[i]].line.text.endswith("-")
            result[i] = replace(labelled[i], starts=i == at[0] or (starts and not broken))
    return result


def _number(line: Line) -> int:
    """The number of an entry; 0 where it has none."""
    if line.mark.isdecimal():
        return int(line.mark)
    number = _NUMBER.match(line.text)
    return int(number[1] or number[2] or number[3]) if number else 0


def _hanging_indent(offsets: Sequence[int]) -> float:
    """How far the later lines of an entry are set in, in points; 0 where they are not."""
    inner = Counter(offset for offset in offsets if 5 < offset < 60)
    if not offsets or sum(inner.values()) < 0.08 * len(offsets):
        return 0.0
    return float(max(inner, key=lambda offset: (inner[offset], -offset)))


def _usual_gap(labelled: Sequence[Labelled], columns: Sequence[Sequence[int]]) -> float:
    gaps = Counter(
        round(labelled[b].line.base - labelled[a].line.base) for column in columns for a, b in pairwise(column)
    )
    return float(max(gaps, key=lambda gap: (gaps[gap], -gap))) if gaps else 0.0
