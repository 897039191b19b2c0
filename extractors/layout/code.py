"""Listings and the steps of algorithms."""

from __future__ import annotations

import re

from extractors.layout.captions import Float
from extractors.layout.context import Context

_STEP = re.compile(r"\d{1,3}\s?:\s")


def is_code(at: Context) -> bool:
    """Whether the line is set in the type of a typewriter, or is a row of signs between such lines."""
    line = at.line
    if line.size > at.type_.size + 1 or at.carries_on:
        return False
    signs = at.follows("code") and at.pitch < 2 and not any(c.isalpha() for c in line.text)
    return line.mono or signs


def is_step(at: Context, above: Float | None) -> bool:
    """Whether the line is of an algorithm: under its caption as far as the lines follow closely, or numbered "1:"."""
    last = at.last.line if at.last and at.follows("caption", "code") else at.line
    below = (at.line.base - last.base) / at.type_.pitch
    if above == "algorithm" and last is not at.line and last.page == at.line.page and -1.5 < below < 1.75:
        return True
    if not _STEP.match(at.line.text) or at.carries_on:
        return False
    return at.follows("code") or any(_STEP.match(line.text) for line in at.following[:3])
