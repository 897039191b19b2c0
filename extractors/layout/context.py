"""What a line is judged by: its column, the type of the text, and the lines before and after it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from extractors.layout.geometry import Column, Sheet, Typography
from extractors.pages.lines import Line
from extractors.records import BlockKind

TERMINATED = re.compile(r"[.!?:;][\"'”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line, what it is, and whether a new block begins with it. `loose` where that is a guess from the line alone,
    and the caption or the formula beside it decides."""

    line: Line
    kind: BlockKind
    starts: bool
    level: int | None = None
    loose: bool = False


@dataclass(slots=True)
class Context:
    """Where a line stands. `last` is the line before it with its kind, furniture left out, and `following` are the next
    ones of the page. `pitch` is the distance to `last` in baselines of the text, infinite over a column or page;
    `carries_on` says that the line can only be the next one of the open paragraph."""

    line: Line
    sheet: Sheet
    column: Column
    type_: Typography
    last: Labelled | None
    following: Sequence[Line]
    pitch: float
    carries_on: bool

    def follows(self, *kinds: BlockKind) -> bool:
        """Whether the line before is of one of `kinds`."""
        return self.last is not None and self.last.kind in kinds

    def breaks(self) -> bool:
        """Whether the line is set apart from the one before, by distance or by size."""
        return self.last is None or self.pitch > 1.5 or abs(self.last.line.size - self.line.size) > 0.6

    def continues(self, kind: BlockKind) -> bool:
        """Whether the line carries on a block of small type such as a caption."""
        last = self.last
        if last is None or last.kind != kind or self.line.cells > 2:
            return False
        near = self.pitch * self.type_.pitch < 1.45 * max(self.line.size, last.line.size)
        overlap = min(self.line.box[2], last.line.box[2]) - max(self.line.box[0], last.line.box[0])
        return near and abs(self.line.size - last.line.size) < 0.6 and overlap > 0

    @property
    def indent(self) -> float:
        """Distance from the left edge of the column, in points."""
        return self.line.box[0] - self.column.left


def context(
    line: Line, sheet: Sheet, column: Column, type_: Typography, last: Labelled | None, following: Sequence[Line]
) -> Context:
    """What `line` is judged by."""
    pitch = float("inf")
    before = last.line if last else None
    if before is not None and before.page == line.page and line.base >= before.base - 2:
        pitch = (line.base - before.base) / type_.pitch
    carries_on = (
        last is not None
        and before is not None
        and last.kind in ("paragraph", "list")
        and pitch < 1.35
        and abs(before.size - line.size) < 0.6
        and before.box[2] > column.right - 3 * line.size
        and not TERMINATED.search(before.text)
    )
    return Context(line, sheet, column, type_, last, following, pitch, carries_on)
