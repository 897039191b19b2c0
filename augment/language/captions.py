"""Captions: their labels, and what keeps a sentence of theirs from being read without its figure or table."""

from __future__ import annotations

import re

from augment.language.standing import dangling
from augment.language.words import AUXILIARIES, FINITE, PICTURED, VERBS, WORD
from augment.records import Passage

_NUMBER = r"(?:[A-Z]{0,2}\.?\d+(?:[.-]\d+)*[a-z]?|[IVXLC]+|[A-Z])"
_LABEL = re.compile(
    r"(?:(?:(?:extended data|supplementary|appendix|online) )?"
    r"(?:figures?|figs?\.?|tables?|tabs?\.|algorithm|listing|scheme|chart|plate|exhibit|box)"
    rf"\s*(?-i:{_NUMBER})(?![\w-])\s*(?:\([a-z]\)\s*)?(?:[:.|—–-]\s*|(?=[A-Z(\[]|$)))"
    r"|(?:\([a-z]\)|[a-z]\))\s+",
    re.IGNORECASE,
)
_MEASURED = re.compile(r"[=±≈≤≥%]|\b[a-z] ?[<>] ?\d")
_SAYING = AUXILIARIES | {form for form, verb in FINITE.items() if "*" not in VERBS[verb]}


def label_end(caption: str) -> int:
    """Where the label of a caption ends: of 'Figure 3: The loss' at the 'T', of one without a label at its start."""
    end = 0
    while label := _LABEL.match(caption, end):
        end = label.end()
    return end


def pictured(sentence: str) -> str:
    """What ties a sentence of a caption to its figure or table: a word for what is drawn, listed or measured there, or
    that it only names what is shown. Empty where nothing does."""
    words = [word.lower() for word in WORD.findall(sentence)]
    if not _SAYING.intersection(words):
        return "names what is shown"
    if measured := _MEASURED.search(sentence):
        return measured[0]
    return next((word for word in words if not PICTURED.isdisjoint((word, word.split("-")[0]))), "")


def leaning(sentence: str, passage: Passage, *, follows: bool = False) -> str:
    """What keeps a sentence of `passage` from being read alone, or behind one that can be (`follows`); in a caption
    that is stricter. Empty where nothing."""
    return dangling(sentence, follows=follows) or (pictured(sentence) if passage.caption else "")
