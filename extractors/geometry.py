"""Pages as lines of type, and the columns they stand in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from extractors.lines import Line


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


def typography(sheets: Sequence[Sheet]) -> Typography:
    """The commonest type of the document, by characters."""
    sizes: Counter[float] = Counter()
    for sheet in sheets:
        for line in sheet.lines:
            if line.upright and len(line.text) > 20:
                sizes[round(line.size * 2) / 2] += len(line.text)
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


def columns(sheet: Sheet, type_: Typography) -> list[Column]:
    """The columns of a page, from the edges that its long lines share; one column if they share none."""
    long = [
        line
        for line in sheet.lines
        if line.upright and line.size > type_.size - 2 and line.width > 0.2 * sheet.width and line.cells == 1
    ]
    starts = Counter(round(line.box[0]) for line in long)
    found: list[Column] = []
    for left, _ in starts.most_common():
        members = [line for line in long if abs(line.box[0] - left) <= 2.5]
        if len(members) < 3:
            continue
        ends = Counter(round(line.box[2]) for line in members)
        right = max(ends, key=lambda e: (sum(n for x, n in ends.items() if abs(x - e) <= 2.5), e))
        over = [i for i, column in enumerate(found) if right > column.left + 4 and left < column.right - 4]
        if not over:
            found.append(Column(float(left), float(right)))
        elif len(over) == 1:
            # Where indented lines outnumber the others, the column begins further left.
            column = found[over[0]]
            if abs(right - column.right) < 2 * type_.size and 0 < column.left - left < 6 * type_.size:
                found[over[0]] = Column(float(left), max(column.right, float(right)))
    if not found and long:
        found = [Column(min(line.box[0] for line in long), max(line.box[2] for line in long))]
    if len(found) == 1 and found[0].width < 0.55 * sheet.width:
        # The text may end with a line or two at the top of a second column.
        width, beside = found[0].width, [line.box[0] for line in sheet.lines if line.box[0] > found[0].right]
        if beside and min(beside) + width < sheet.width:
            found.append(Column(min(beside), min(beside) + width))
    return sorted(found, key=lambda column: column.left)


def column_of(line: Line, columns: Sequence[Column], sheet: Sheet) -> Column:
    """The column that holds most of `line`; a line wider than any spans them all."""
    if not columns:
        return Column(0.1 * sheet.width, 0.9 * sheet.width)
    if len(columns) > 1 and line.width > 1.1 * max(column.width for column in columns):
        return Column(columns[0].left, columns[-1].right)
    return max(columns, key=lambda c: min(c.right, line.box[2]) - max(c.left, line.box[0]))
