"""Acronyms with their long forms, where a text gives both."""

from __future__ import annotations

import re
from collections.abc import Iterable

from augment.rules.acronym import long_form

IN_BRACKETS = re.compile(r"(?<=\w) \((?P<short>[A-Za-z][\w-]{1,9})\)")
CLAUSE_END = re.compile(r"[.,;:()]")


def aliases(texts: Iterable[str]) -> dict[str, str]:
    """Long form by acronym from "long form (LF)" in `texts`; an acronym that has two of them is left out."""
    found: dict[str, set[str]] = {}
    for text in texts:
        for brackets in IN_BRACKETS.finditer(text):
            before = CLAUSE_END.split(text[: brackets.start()])[-1]
            start = long_form(before, brackets["short"])
            if start is None:
                continue
            short, long = brackets["short"], before[start:]
            if short.endswith("s") and long.endswith("s"):
                short, long = short[:-1], long[:-1]
            found.setdefault(short, set()).add(long)
    return {
        short: min(longs) for short, longs in sorted(found.items()) if len({long.lower() for long in longs}) == 1
    }
