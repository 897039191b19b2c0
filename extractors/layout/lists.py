"""The marks of list items."""

from __future__ import annotations

import re

from extractors.layout.context import Context

BULLET = re.compile(r"[•◦▪‣∙·■□►➢✓●○⋄★]\s*(?=\S)|[-–—*]\s+(?=\S)")
NUMBER = re.compile(r"(\(?\d{1,2}[.)]|\([a-z]\)|[a-z]\)|\(?[ivx]{1,4}\)|[ivx]{1,4}\.)\s+(?=\S)")
_PLAIN_BULLETS = frozenset("•▪‣■►➢✓●○◦⋄★")


def is_bullet(text: str) -> bool:
    """Whether `text` begins with a sign that nothing but a list item begins with."""
    return text[:1] in _PLAIN_BULLETS and len(text) > 1


def hangs(at: Context) -> bool:
    """Whether the line stands out to the left of the next one, as the first of an item does."""
    if not at.following:
        return False
    below = at.following[0]
    near = 0 < below.base - at.line.base < 1.5 * at.type_.pitch
    return near and 0.5 * at.line.size < below.box[0] - at.line.box[0] < 5 * at.line.size


def without_mark(text: str) -> str:
    """A list item without its bullet or number."""
    mark = BULLET.match(text) or NUMBER.match(text)
    return text[mark.end() :] if mark else text
