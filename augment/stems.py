"""The words of a text that carry its content, cut to stems so that 'reduce' meets 'reduces'."""

from __future__ import annotations

import re

from augment.words import AUXILIARIES, FUNCTION_WORDS, NUMBERS, QUESTION_WORDS, WORD

_FRAME = (FUNCTION_WORDS | AUXILIARIES | QUESTION_WORDS) - NUMBERS
_ENDING = re.compile(r"(?:’s|'s|ations?|ments?|ings?|ied|ies|ed|es|s|e|ly|y)$")


def stem(word: str) -> str:
    """A word without its ending, by shape."""
    word = word.lower()
    return _ENDING.sub("", word) if len(word) > 4 and word.isalpha() else word.removesuffix("s")


def content(text: str) -> list[str]:
    """Stems of the content words of `text`, in order; hyphenated words part by part."""
    words = (part for word in WORD.findall(text) for part in word.split("-"))
    return [stem(word) for word in words if word and word.lower() not in _FRAME]


def covered(text: str, by: str) -> float:
    """The share of the content words of `text` that stand in `by`; 1 where it has none."""
    wanted = content(text)
    present = set(content(by))
    return sum(word in present for word in wanted) / len(wanted) if wanted else 1.0
