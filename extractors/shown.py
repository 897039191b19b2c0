"""Words of others as they may be shown: as UTF-8, on one line, and steering nothing."""

from __future__ import annotations

import re

STEERING = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")
"""Control characters, which steer a terminal, ends of lines, and marks that turn the direction of text."""


def shown(words: str | bytes) -> str:
    """The words, in which what is no UTF-8 and what steers became \\\\x or \\\\u followed by its number."""
    written = words.encode(errors="backslashreplace") if isinstance(words, str) else words
    text = written.decode(errors="backslashreplace")
    return STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
