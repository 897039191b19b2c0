"""Pages as lines of type, and the columns they stand in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from extractors.pages.lines import Line

_INITIALS = re.compile(r"(?<!\S)[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of one page, in reading order."""

    number: int
    width: float
    height: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """Left and right edge of a column of text, in points."""

    left: float
    right: float

    @property
    def width(self) -> float:
        return self.right - self.left


@dataclass(frozen=True, slots=True)
class Typography:
    """The type of the running text: size and distance between baselines in points, font, and whether paragraphs
    begin with an indent."""

    size: float
    pitch: float
    font: str
    indented: bool


def reads_on(text: str) -> bool:
    """Whether a line is of sentences rather than of names, titles and addresses, which are written with capitals."""
    initials = _INITIALS.findall(text)
    return len(initials) >= 6 and sum(map(str.islower, initials)) > 0.6 * len(initials) and "@" not in text


def typography(sheets: Sequence[Sheet]) -> Typography:
    """The commonest type of the document's sentences, by characters, so that long lists of references do not count for
    much; nor do pages read by OCR where there are others."""
    sheets = [sheet for sheet in sheets if any(line.font for line in sheet.lines)] or sheets
    sizes: Counter[float] = Counter()
    for sheet in sheets:
        for line in sheet.lines:
            if line.upright and len(line.text) > 20:
                sizes[round(line.size * 2) / 2] += len(line.text) * (4 if reads_on(line.text) else 1)
    size = max(sizes, key=lambda s: (sizes[s], s)) if sizes else 10.0
    pitches: Counter[float] = Counter()
    fonts: Counter[str] = Counter()
    flush = indents = 0
    for sheet in sheets:
        for line in sheet.lines:
            if abs(line.size - size) < 0.6:
                fonts[line.font] += len(line.text)
        for a, b in pairwise(line for line in sheet.lines if line.upright and abs(line.size - size) < 0.6):
            pitch = b.base - a.base
            if 0.8 * size < pitch < 3 * size and a.width > 10 * size:
                pitches[round(pitch * 2) / 2] += 1
                shift = b.box[0] - a.box[0]
                if 0.7 * size < shift < 3 * size and a.text.endswith("."):
                    indents += 1
                elif abs(shift) < 0.3 * size and a.text.endswith(".") and pitch > 1.4 * size:
                    flush += 1
    pitch = max(pitches, key=lambda p: (pitches[p], -p)) if pitches else 1.2 * size
    font = max(fonts, key=lambda f: (fonts[f], f)) if fonts else ""
    return Typography(size=size, pitch=pitch, font=font, indented=indents > flush)


def is_foreign(sheet: Sheet, type_: Typography) -> bool:
    """Whether a page is set in other type than the document: read by OCR, or without a line of its text size."""
    if not any(line.font for line in sheet.lines):
        return bool(sheet.lines)
    long = [line for line in sheet.lines if line.upright and len(line.text) > 40]
    if any(-1.7 < line.size - type_.size < 1.2 and reads_on(line.text) for line in long):
        return False
    return sum(reads_on(line.text) for line in long) > max(9, 0.5 * len(long))


def usual_columns(pages: Iterable[list[Column]]) -> list[Column]:
    """The columns that most of `pages` have."""
    found: dict[tuple[int, ...], list[list[Column]]] = {}
    for page in pages:
        found.setdefault(tuple(round(x / 8) for column in page for x in (column.left, column.right)), []).append(page)
    return max(found.values(), key=len)[0] if found else []


def columns(sheet: Sheet, type_: Typography, usual: Sequence[Column] = ()) -> list[Column]:
    """The columns of a page: those of the `usual` ones that its lines fill, or else from the edges that its long lines
    share, and the usual ones beside them; one column if they share none."""
    long = [
        line
        for line in sheet.lines
        if line.upright and line.size > type_.size - 2 and line.width > 0.2 * sheet.width and line.cells == 1
    ]
    found = [c for c in usual if sum(_fills(line, c) for line in long) > 1]
    starts: Counter[int] = Counter()
    for line in long:
        starts[round(line.box[0])] += round(line.width)
    for left, _ in starts.most_common():
        members = [line for line in long if abs(line.box[0] - left) <= 2.5]
        if len(members) < 3:
            continue
        ends = Counter(round(line.box[2]) for line in members)
        right = max(ends, key=lambda e: (sum(n for x, n in ends.items() if abs(x - e) <= 2.5), e))
        over = [i for i, column in enumerate(found) if _overlap(column, left, right)]
        if not over:
            found.append(Column(float(left), float(right)))
        elif len(over) == 1:
            # Where indented lines outnumber the others, the column begins further left.
            column = found[over[0]]
            if abs(right - column.right) < 2 * type_.size and 0 < column.left - left < 6 * type_.size:
                found[over[0]] = Column(float(left), max(column.right, float(right)))
    found += [c for c in usual if not any(_overlap(column, c.left, c.right) for column in found)]
    if not found and long:
        found = [Column(min(line.box[0] for line in long), max(line.box[2] for line in long))]
    if len(found) == 1 and found[0].width < 0.55 * sheet.width:
        # The text may end with a line or two at the top of a second column.
        width, beside = found[0].width, [line.box[0] for line in sheet.lines if line.box[0] > found[0].right]
        if beside and min(beside) + width < sheet.width:
            found.append(Column(min(beside), min(beside) + width))
    return sorted(found, key=lambda column: column.left)


def _fills(line: Line, column: Column) -> bool:
    return abs(line.box[0] - column.left) < 3 and abs(line.box[2] - column.right) < 4


def _overlap(column: Column, left: float, right: float) -> bool:
    return right > column.left + 4 and left < column.right - 4


def column_of(line: Line, columns: Sequence[Column], sheet: Sheet) -> Column:
    """The column that holds most of `line`; a line wider than any spans them all."""
    if not columns:
        return Column(0.1 * sheet.width, 0.9 * sheet.width)
    if len(columns) > 1 and line.width > 1.1 * max(column.width for column in columns):
        return Column(columns[0].left, columns[-1].right)
    return max(columns, key=lambda c: min(c.right, line.box[2]) - max(c.left, line.box[0]))
