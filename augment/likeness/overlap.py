"""How near one answer comes to another, as SQuAD compares them (Rajpurkar et al. 2016)."""

from __future__ import annotations

import re
import string
from collections import Counter

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> list[str]:
    """The words of an answer without case, punctuation and articles."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def exact(written: str, true: str) -> float:
    """1 where the answers are the same."""
    return float(normalise(written) == normalise(true))


def f1(written: str, true: str) -> float:
    """Harmonic mean of the shares of words that two answers have in common. Two empty answers agree."""
    ours, theirs = normalise(written), normalise(true)
    if not ours or not theirs:
        return float(ours == theirs)
    return 2 * (Counter(ours) & Counter(theirs)).total() / (len(ours) + len(theirs))
