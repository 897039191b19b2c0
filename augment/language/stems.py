"""The words of a text that carry its content, cut to stems so that 'reduce' meets 'reduces' and 'reduction'."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from augment.language.words import AUXILIARIES, FUNCTION_WORDS, NUMBERS, QUESTION_WORDS, WORD

if TYPE_CHECKING:
    from nltk.stem.snowball import EnglishStemmer

_FRAME = (FUNCTION_WORDS | AUXILIARIES | QUESTION_WORDS) - NUMBERS


@lru_cache(1 << 16)
def stem(word: str) -> str:
    """A word without its ending, by Porter's Snowball stemmer for English; an acronym only loses its plural."""
    if word.removesuffix("s").isupper():
        return word.removesuffix("s").lower()
    return str(_stemmer().stem(word.removesuffix("’s")))


@lru_cache(1)
def _stemmer() -> EnglishStemmer:
    from nltk.stem.snowball import EnglishStemmer

    return EnglishStemmer()


def content(text: str) -> list[str]:
    """Stems of the content words of `text`, in order; hyphenated words part by part."""
    words = (part for word in WORD.findall(text) for part in word.split("-"))
    return [stem(word) for word in words if word and word.lower() not in _FRAME]


@lru_cache(64)
def _stems(text: str) -> frozenset[str]:
    """The content words of a text that is looked at for each question about it."""
    return frozenset(content(text))


def covered(text: str, by: str) -> float:
    """The share of the content words of `text` that stand in `by`; 1 where it has none."""
    wanted = content(text)
    present = _stems(by)
    return sum(word in present for word in wanted) / len(wanted) if wanted else 1.0
