"""Displayed formulas."""

from __future__ import annotations

import re

from extractors.layout.context import Context
from extractors.layout.lists import is_bullet
from extractors.pages.lines import Line

_NUMBER = re.compile(r"\(([A-Z]\.?)?\d{1,3}(\.\d{1,3})?[a-z]?['′]?\)$")
_WORD = re.compile(r"[^\W\d_]{3,}")
_PLAIN_WORD = re.compile(r"(?<!\S)[^\W\d_]{3,}(?=[.,:;]?(\s|$))")


def is_numbered(line: Line) -> bool:
    """Whether `line` ends in the number of an equation."""
    return bool(_NUMBER.search(line.text))


def is_equation(at: Context) -> bool:
    """Whether the line is a displayed formula or a piece of one: set in from the edge, with few words."""
    line = at.line
    if is_bullet(line.text):
        return False
    words = len(_PLAIN_WORD.findall(line.text))
    if not words and line.math > 0.4 and not at.carries_on and (at.follows("equation") or "=" in line.text):
        return True
    number = is_numbered(line)
    most = 6 if number and line.math > 0.2 and "=" in line.text else 3
    if words <= most and (number or line.math > 0.3 or "=" in line.text):
        indented = at.indent > 1.2 * line.size or (number and line.cells > 1 and (line.math > 0.2 or not words))
        if indented and line.cells <= (4 if number else 2):
            return not at.carries_on or line.math > 0.5
    near = at.follows("equation") and at.pitch < 2
    return near and words <= 1 and (line.math > 0 or len(line.text) < 12) and not _WORD.fullmatch(line.text)


def is_within_line(at: Context) -> bool:
    """Whether the line is a formula set in the last line of the open paragraph, not below it."""
    last = at.last
    if last is None or last.kind not in ("paragraph", "list") or last.line.page != at.line.page:
        return False
    beside = abs(at.line.base - last.line.base) < 0.6 * at.type_.pitch and at.line.box[0] > last.line.box[0]
    return beside and at.line.box[0] < last.line.box[2] + 2 * at.type_.size
