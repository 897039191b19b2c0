"""Acronyms with their long forms, where a text gives both."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from augment.language.spelling import Spelling
from augment.language.words import FUNCTION_WORDS
from augment.rules.acronym import long_form

IN_BRACKETS = re.compile(r"(?<=\w) \((?P<short>[A-Za-z][\w-]{1,9})\)")
CLAUSE_END = ".,;:()\n"


def aliases(texts: Iterable[str]) -> dict[str, str]:
    """Long form by acronym, both singular and as within a sentence, from "long form (LF)" in `texts`.

    An acronym is left out where it has two long forms, or where it is not sure how its long form is written.
    """
    found: dict[str, set[str]] = {}
    for text in texts:
        for short, long in _given(text):
            found.setdefault(short, set()).add(long)
    return {short: longs.pop() for short, longs in sorted(found.items()) if len(longs) == 1 and "" not in longs}


@lru_cache(1 << 16)
def _given(text: str) -> tuple[tuple[str, str], ...]:
    """The acronyms that a text gives, and their long forms, '' where it is not sure how they are written. A passage is
    looked at for each pair of it."""
    given = []
    for brackets in IN_BRACKETS.finditer(text):
        before = text[: brackets.start()]
        before = before[1 + max(map(before.rfind, CLAUSE_END)) :]
        start = long_form(before, brackets["short"])
        if start is None:
            continue
        short, long = brackets["short"], before[start:]
        if long.split()[0].lower() in FUNCTION_WORDS:
            continue  # its first letter was taken from an article: "the Functioning …" for TFEU
        if not before[:start].strip():
            # The capital of a sentence's start does not belong to the words.
            long = Spelling.of([text]).within(long) or ""
        if short.endswith("s") and long.endswith("s"):
            short, long = short[:-1], long[:-1]
        given.append((short, long))
    return tuple(given)
