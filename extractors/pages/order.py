"""The order of the lines of a page. Papers are written in the order in which they are read, and that order is kept; it
is made anew only for a page that was written row by row over its columns, or block by block at random."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby, pairwise
from typing import Any

from extractors.pages.textlayer import written

Lines = list[dict[str, Any]]

_FEWEST = 12
"""Long lines from which the order of a page can be judged."""
_SAME_ROW = 3.0
"""Points between the baselines of what stands in one row."""


def in_reading_order(page: dict[str, Any]) -> dict[str, Any]:
    """`page`, PyMuPDF's "dict", as it is, or with its lines sorted where nobody can have meant their order.

    Lines that span both columns divide a page into bands; each band is read down its left column and then down its
    right one. Each run of lines becomes a block. What is rotated goes to the end.
    """
    lines = [line for block in page["blocks"] for line in block["lines"] if line["spans"]]
    if _runs_down(lines, 0.2 * page["width"]):
        return page
    upright = [line for line in lines if abs(line["dir"][0]) > 0.9]
    gutter = _gutter(upright, page["width"])
    if not _is_broken(upright, gutter):
        return page
    runs = [_rows(run) for run in _bands(upright, gutter)]
    rest = [line for line in lines if abs(line["dir"][0]) <= 0.9]
    return {**page, "blocks": [{"type": 0, "lines": run} for run in [*runs, *([line] for line in rest)] if run]}


def _runs_down(lines: Lines, long: float) -> bool:
    """Whether hardly a line longer than `long` points begins above the one before it or beside it, as on most pages."""
    boxes = [box for line in lines if (box := line["bbox"])[2] - box[0] > long]
    beside_or_above = [b[3] < a[1] or (b[0] > a[2] and b[1] < a[3]) for a, b in pairwise(boxes)]
    return beside_or_above.count(True) <= 2


def _gutter(lines: Lines, width: float) -> float | None:
    """The middle of the white strip between two columns, in points; None on a page of one column."""
    long = [line["bbox"] for line in lines if _width(line) > 0.2 * width]
    middles = [0.5 * width, *((0.35 + 0.01 * step) * width for step in range(31))]
    for x in sorted(middles, key=lambda x: sum(box[0] < x < box[2] for box in long)):
        left, right = [b for b in long if b[2] <= x], [b for b in long if b[0] >= x]
        if min(len(left), len(right)) < 5:
            return None
        return float(max(b[2] for b in left) + min(b[0] for b in right)) / 2
    return None


def _is_broken(lines: Lines, gutter: float | None) -> bool:
    """Whether long lines go on in the other column, or above the line before in the same one, again and again. Of 900
    pages as their authors wrote them none climbs more than once, and none crosses the gutter more than seven times."""
    widest = max((_width(line) for line in lines), default=0.0)
    long = [line for line in lines if _width(line) > (0.3 if gutter else 0.6) * widest]
    sides = [_side(line, gutter) for line in long]
    if len(long) < _FEWEST:
        return False
    crossings = sum(a != b and 0 not in (a, b) for a, b in pairwise(sides))
    climbs = sum(
        bool(a == b and below["bbox"][3] < above["bbox"][1])
        for (a, b), (above, below) in zip(pairwise(sides), pairwise(long), strict=True)
    )
    return climbs > 2 or climbs + crossings > 7


def _bands(lines: Lines, gutter: float | None) -> Iterable[Lines]:
    """The lines in runs that are read one after the other."""
    if gutter is None:
        yield lines
        return
    across = _across(lines, gutter)
    for spans, band in groupby(sorted(lines, key=_base), key=lambda line: id(line) in across):
        found = list(band)
        if spans:
            yield found
        else:
            yield [line for line in found if _side(line, gutter) < 0]
            yield [line for line in found if _side(line, gutter) > 0]


def _across(lines: Lines, gutter: float) -> set[int]:
    """The identities of the lines that stand over both columns, the short pieces of a wide table's rows among them."""
    found = {id(line) for line in lines if _side(line, gutter) == 0}
    for row in _by_row(lines):
        cells = [line for line in row if not written(line).strip().isdecimal()]  # line numbers stand in any row
        short = all(_width(line) < 0.35 * gutter for line in row)
        if len(cells) > 3 and short and {_side(line, gutter) for line in cells} >= {-1, 1}:
            found.update(map(id, row))
    return found


def _rows(lines: Lines) -> Lines:
    """`lines` from top to bottom, and those of one row from left to right."""
    return [line for row in _by_row(lines) for line in sorted(row, key=lambda line: float(line["bbox"][0]))]


def _by_row(lines: Lines) -> list[Lines]:
    rows: list[Lines] = []
    for line in sorted(lines, key=_base):
        if rows and _base(line) - _base(rows[-1][0]) < _SAME_ROW:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _side(line: dict[str, Any], gutter: float | None) -> int:
    """-1 left of the gutter, 1 right of it, 0 across; all lines of a page of one column are on the same side."""
    if gutter is None or line["bbox"][2] <= gutter + 2:
        return -1
    return 1 if line["bbox"][0] >= gutter - 2 else 0


def _base(line: dict[str, Any]) -> float:
    return float(line["spans"][0]["origin"][1])


def _width(line: dict[str, Any]) -> float:
    return float(line["bbox"][2] - line["bbox"][0])
