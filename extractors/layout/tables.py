"""The rows of tables."""

from __future__ import annotations

import re
from itertools import pairwise

from extractors.layout.captions import Float
from extractors.layout.context import Context
from extractors.layout.lists import BULLET
from extractors.layout.prose import sentence_ends
from extractors.pages.lines import Line

_WORD = re.compile(r"[^\W\d_]{3,}")


def is_row(at: Context, above: Float | None, prose: Line | None) -> bool:
    """Whether the line is a row of the table begun above it, or stands between a table's caption and its rows. `prose`
    is the last line of running text: one that its sentence goes on with is none."""
    line = at.line
    open_ = prose is not None and not sentence_ends(prose.text)
    if open_ and line.text[0].islower() and at.indent < 2 * line.size and abs(line.size - at.type_.size) < 0.6:
        return False
    if at.pitch == float("inf") or at.carries_on or (BULLET.match(line.text) and line.cells == 1):
        return False
    if above == "table" and at.follows("caption", "table"):
        return at.pitch < (4 if at.follows("caption") else 1.8) and not _is_text(at)
    return at.follows("table") and not at.breaks() and line.width < 0.5 * at.column.width


def _is_text(at: Context) -> bool:
    """Whether the line fills its column with words in the type of the text."""
    line = at.line
    words = _WORD.findall(line.text)
    full = at.indent < 3 * line.size and line.box[2] > at.column.right - line.size
    letters = sum(c.isalpha() for c in line.text)
    plain = line.cells == 1 and len(words) >= 5 and letters > 0.7 * len(line.text)
    return full and plain and abs(line.size - at.type_.size) < 0.6


def cells(text: str, gaps: tuple[int, ...]) -> str:
    """A row with its cells apart: "a | b | c"."""
    return " | ".join(text[a:b].strip() for a, b in pairwise((0, *gaps, len(text))))
