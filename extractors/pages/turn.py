"""How a page is turned to be read, where its lines do not run level and to the right."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractors.records import Box

if TYPE_CHECKING:
    import pymupdf


@dataclass(frozen=True, slots=True)
class Turn:
    """How a page was turned to be read: quarters to the left, and then `angle` degrees to the left about its middle.
    `width` and `height` are those of the page as it lies in the file, in points."""

    width: float
    height: float
    quarters: int = 0
    angle: float = 0.0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height after the turn."""
        return (self.height, self.width) if self.quarters % 2 else (self.width, self.height)

    def back(self, box: Box) -> Box:
        """Where a box on the turned page stands on the page as it lies in the file."""
        width, height = self.size
        sine, cosine = math.sin(math.radians(self.angle)), math.cos(math.radians(self.angle))
        x, y = (box[0] + box[2] - width) / 2, (box[1] + box[3] - height) / 2
        shift_x, shift_y = x * cosine - y * sine - x, x * sine + y * cosine - y
        x0, y0, x1, y1 = box[0] + shift_x, box[1] + shift_y, box[2] + shift_x, box[3] + shift_y
        if self.quarters == 1:
            return self.width - y1, x0, self.width - y0, x1
        if self.quarters == 2:
            return self.width - x1, self.height - y1, self.width - x0, self.height - y0
        if self.quarters == 3:
            return y0, self.height - x1, y1, self.height - x0
        return x0, y0, x1, y1


def level(content: dict[str, Any], page: pymupdf.Page) -> Turn:
    """Have `content` stand as the page is shown, and then with most of its lines level: how it was turned for that.

    MuPDF leaves it as it lies in the file, where a landscape page may run up the side.
    """
    import pymupdf

    if page.rotation:
        _transform(content, page.rotation_matrix)
    shown = page.rect
    width, height = shown.width, shown.height
    lines = [line for block in content["blocks"] for line in block["lines"]]
    quarters = 0
    if any(line["dir"] != (1.0, 0.0) for line in lines):
        ways = Counter[tuple[int, int]]()
        for line in lines:
            x, y = line["dir"]
            ways[round(x), round(y)] += len(line["spans"])
        quarters = _QUARTERS.get(max(ways, key=ways.__getitem__), 0)
    turn = Turn(width, height, quarters)
    if quarters == 1:
        _transform(content, pymupdf.Matrix(0, -1, 1, 0, 0, width))
    elif quarters == 2:
        _transform(content, pymupdf.Matrix(-1, 0, 0, -1, width, height))
    elif quarters == 3:
        _transform(content, pymupdf.Matrix(0, 1, -1, 0, height, 0))
    content["width"], content["height"] = turn.size
    return turn


_QUARTERS = {(0, 1): 1, (-1, 0): 2, (0, -1): 3}
"""Quarters to the left that set lines level, by the direction in which they run; y grows downwards."""


def _transform(content: dict[str, Any], matrix: pymupdf.Matrix) -> None:
    import pymupdf

    for block in content["blocks"]:
        block["bbox"] = tuple(pymupdf.Rect(block["bbox"]) * matrix)
        for line in block["lines"]:
            x, y = line["dir"]
            line["dir"] = (x * matrix.a + y * matrix.c, x * matrix.b + y * matrix.d)
            line["bbox"] = tuple(pymupdf.Rect(line["bbox"]) * matrix)
            for span in line["spans"]:
                span["bbox"] = tuple(pymupdf.Rect(span["bbox"]) * matrix)
                span["origin"] = tuple(pymupdf.Point(span["origin"]) * matrix)
