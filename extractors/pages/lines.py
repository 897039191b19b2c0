"""The lines of a page, in the order in which they were written into the file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from math import inf, isfinite
from typing import Any

from extractors.cleaning import clean
from extractors.pages.glyphs import MATHEMATICAL, UNKNOWN
from extractors.pages.textlayer import written
from extractors.pages.writing import Style, Writer, baseline, closed_up
from extractors.records import Box

_BOLD = re.compile(r"bold|black|heavy|medi(?!um\b)|cmbx|sfbx|demi|-bd", re.IGNORECASE)
_ITALIC = re.compile(r"ital|obli|slant|cmti|sfti|cmsl", re.IGNORECASE)
_MONO = re.compile(
    r"cour|mono(?!type)|nimbusmon|typewriter|(cm|sf|ec|lm|tx|t1x)(sl|it|v|csc)?tt|consol|menlo", re.IGNORECASE
)
_GUTTER, _COLUMN = 0.8, 12
"""Ems between two pieces, and of their widths, from which they stand in two columns that were written row by row."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of type. `base` is its baseline, `size` its type size in points, `math` the share of its letters in
    mathematical fonts, `gaps` where in `text` the pieces after wide gaps begin, `mark` a raised mark before its first
    word, `lead` the number of characters of a bold beginning and `lead_gap` the ems of space after it."""

    text: str
    box: Box
    base: float
    size: float
    page: int
    bold: bool = False
    italic: bool = False
    mono: bool = False
    upright: bool = True
    math: float = 0.0
    gaps: tuple[int, ...] = ()
    mark: str = ""
    lead: int = 0
    lead_gap: float = 0.0
    font: str = ""

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def cells(self) -> int:
        """The number of pieces that wide gaps divide the line into."""
        return len(self.gaps) + 1


@lru_cache(maxsize=4096)
def _style(font: str, flags: int) -> Style:
    return Style(
        bold=bool(flags & 16) or bool(_BOLD.search(font)),
        italic=bool(flags & 2) or bool(_ITALIC.search(font)),
        mono=bool(flags & 8) or bool(_MONO.search(font)),
        math=bool(MATHEMATICAL.search(font)),
    )


@dataclass(slots=True)
class _Row:
    """What stands in one row of a page: pieces of PyMuPDF's spans, each with the room before it in points."""

    pieces: list[tuple[float, list[dict[str, Any]]]]
    box: Box
    block: int
    upright: bool


def text_lines(page: dict[str, Any], number: int) -> list[Line]:
    """The lines of one page from its text layer, pieces that stand in one row joined. Stream order is kept."""
    pieces = [
        (index, line, text)
        for index, block in enumerate(page["blocks"])
        for line in block["lines"]
        if (text := written(line).strip()) and isfinite(sum([*line["bbox"], *[span["size"] for span in line["spans"]]]))
    ]
    margin = _line_numbers([(line, text) for _, line, text in pieces], page["width"])
    rows: list[_Row] = []
    for index, line, _ in pieces:
        spans, box = line["spans"], line["bbox"]
        upright = abs(line["dir"][0]) > 0.9 and box not in margin
        last = rows[-1] if rows and rows[-1].upright else None
        if last and upright and _one_row(last.box, box, spans, index == last.block):
            last.pieces.append((box[0] - last.box[2], spans))
            last.box = last.box[0], min(last.box[1], box[1]), max(last.box[2], box[2]), max(last.box[3], box[3])
        else:
            rows.append(_Row([(0.0, spans)], box, index, upright))
    return [line for line in (_line(row, number) for row in rows) if line.text]


def _line_numbers(lines: list[tuple[dict[str, Any], str]], width: float) -> set[Box]:
    """Where the line numbers of a draft stand: eight or more numbers in one column of the margin, counting up."""
    numbers: dict[int, list[tuple[int, Box]]] = {}
    left, right = width, 0.0
    for line, text in lines:
        if len(text) > 30 and abs(line["dir"][0]) > 0.9:
            left, right = min(left, line["bbox"][0]), max(right, line["bbox"][2])
        elif len(text) <= 4 and text.isdecimal():
            numbers.setdefault(round(line["bbox"][2] / 4), []).append((int(text), line["bbox"]))
    found: set[Box] = set()
    for column in numbers.values():
        outside = all(box[2] < left or box[0] > right or right == 0 for _, box in column)
        rising = sum(b[0] > a[0] and b[1][1] > a[1][1] for a, b in pairwise(column))
        if len(column) >= 8 and outside and rising >= 0.9 * (len(column) - 1):
            found.update(box for _, box in column)
    return found


def _one_row(row: Box, piece: Box, spans: list[dict[str, Any]], same_block: bool) -> bool:
    """Whether the piece `spans` carries on `row` to the right, as a cell, a formula or the rest of a loose line."""
    overlap = min(row[3], piece[3]) - max(row[1], piece[1])
    if piece[0] <= row[0] or overlap <= 0.5 * min(row[3] - row[1], piece[3] - piece[1]):
        return False
    gap, size = piece[0] - row[2], max(span["size"] for span in spans)
    if gap <= -1.2 * size:
        return False
    columns = gap > _GUTTER * size and min(row[2] - row[0], piece[2] - piece[0]) > _COLUMN * size
    return same_block or (gap < 2.5 * size and not columns)


def _line(row: _Row, number: int) -> Line:
    first = row.pieces[0][1]
    if len(row.pieces) == 1 and len(first) == 1 and UNKNOWN not in first[0]["text"]:
        return _plain(row, first[0], number)
    body = _body(row)
    writer = Writer(round(body["size"], 1) or 0.1, baseline(body))
    runs: list[tuple[Style, str]] = []
    left, top, right, bottom = inf, inf, -inf, -inf
    for gap, spans in row.pieces:
        if gap > 0:
            writer.skip(gap)
        for span in spans:
            solid = span["text"].strip()
            style = _style(span["font"], span["flags"])
            if solid:
                x0, y0, x1, y1 = span["bbox"]
                left, top, right, bottom = min(left, x0), min(top, y0), max(right, x1), max(bottom, y1)
                runs.append((style, solid))
            writer.write(span, solid, style)
    text, gaps = writer.finish()
    bold, italic, mono, math = _shares(runs)
    return Line(
        text=text,
        box=(left, top, right, bottom),
        base=writer.base,
        size=writer.size,
        page=number,
        bold=bold > 0.8,
        italic=italic > 0.8,
        mono=mono > 0.8,
        upright=row.upright,
        math=math,
        gaps=gaps,
        mark=writer.mark,
        lead=max(writer.lead, 0),
        lead_gap=writer.lead_gap,
        font=body["font"],
    )


def _plain(row: _Row, span: dict[str, Any], number: int) -> Line:
    """A line that is one span, as most are: it has neither scripts nor cells."""
    bold, italic, mono, math = _style(span["font"], span["flags"])
    return Line(
        text=closed_up(clean(span["text"])),
        box=span["bbox"],
        base=baseline(span),
        size=round(span["size"], 1) or 0.1,
        page=number,
        bold=bold,
        italic=italic,
        mono=mono,
        upright=row.upright,
        math=float(math),
        font=span["font"],
    )


def _shares(runs: list[tuple[Style, str]]) -> tuple[float, float, float, float]:
    """How much of a line is bold, italic, monospaced and mathematical, by its letters if it has any."""
    first = runs[0][0]
    if all(style == first for style, _ in runs):
        bold, italic, mono, math = map(float, first)
        return bold, italic, mono, math
    weights = [sum(map(str.isalpha, solid)) or int(style.math) for style, solid in runs]
    if not any(weights):
        weights = [len(solid) for _, solid in runs]
    total = sum(weights)
    bold, italic, mono, math = (
        sum(n for (style, _), n in zip(runs, weights, strict=True) if style[i]) / total for i in range(4)
    )
    return bold, italic, mono, math


def _body(row: _Row) -> dict[str, Any]:
    """The longest span of the size that most of the row's characters have."""
    first = row.pieces[0][1]
    if len(first) == 1 and len(row.pieces) == 1:
        return first[0]
    sizes: dict[float, int] = {}
    longest: dict[float, dict[str, Any]] = {}
    for _, spans in row.pieces:
        for span in spans:
            size, length = round(span["size"], 1), len(span["text"])
            sizes[size] = sizes.get(size, 0) + length
            if size not in longest or length > len(longest[size]["text"]):
                longest[size] = span
    return longest[max(sizes, key=lambda size: (sizes[size], size))]


def split_lead(line: Line) -> tuple[Line, Line]:
    """A line that begins in bold as two: the bold beginning and the rest."""
    at = line.box[0] + line.width * line.lead / max(len(line.text), 1)
    x0, y0, x1, y1 = line.box
    first_text, rest_text = line.text[: line.lead].rstrip(), line.text[line.lead :].lstrip()
    cut = len(line.text) - len(rest_text)
    first = replace(
        line,
        text=first_text,
        box=(x0, y0, at, y1),
        bold=True,
        lead=0,
        gaps=tuple(gap for gap in line.gaps if gap < len(first_text)),
    )
    rest = replace(
        line,
        text=rest_text,
        box=(at, y0, x1, y1),
        bold=False,
        lead=0,
        mark="",
        gaps=tuple(gap - cut for gap in line.gaps if gap > cut),
    )
    return first, rest
