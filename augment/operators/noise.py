"""Slips in the question: of the keyboard, of spelling by ear, of grammar and of punctuation.

The facts in it stay as they are. Touched are only small words that carry no term: function words, verbs, nouns that
mean little alone. Never touched are numbers, in digits or in letters, negations, words with a capital, digit or hyphen,
titles in quotes, words of the answer, and the question word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from random import Random

from augment.language.words import (
    FUNCTION_WORDS,
    NUMBERS,
    PARTICIPLES,
    QUESTION_WORDS,
    RELATIONAL,
    VERBS,
    past,
    third_person,
)
from augment.operators import draw, operator, variant
from augment.records import QAPair
from augment.settings import AugmentSettings

GENERATOR = "noise@2"

WORD = re.compile(r"“[^”]*”?|(?<!\S)[a-z]+(?=[,.;:?!]*(?:\s|$))")
ANSWER_WORD = re.compile(r"\w+")
NEGATIONS = frozenset({"cannot", "neither", "never", "no", "none", "nor", "not", "nothing", "without"})
UNTOUCHED = QUESTION_WORDS | NUMBERS | NEGATIONS

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
TOUCHING = {(0, -1), (0, 1), (1, -1), (1, 0), (-1, 0), (-1, 1)}
"""Rows and columns from a key to those beside it; each row of keys stands half a key to the right of the one above."""
NEIGHBOURS = {
    key: "".join(
        other
        for near, line in enumerate(KEYS)
        for place, other in enumerate(line)
        if (near - row, place - column) in TOUCHING
    )
    for row, keys in enumerate(KEYS)
    for column, key in enumerate(keys)
}
GRAMMAR = {
    "is": "are",
    "are": "is",
    "was": "were",
    "were": "was",
    "has": "have",
    "have": "has",
    "does": "do",
    "do": "does",
    "a": "an",
    "an": "a",
    "the": "",
}
"""The wrong number of a verb, the wrong article, or none."""
SOUNDS_LIKE = {
    **{"accept": "except", "affect": "effect", "affects": "effects", "effect": "affect", "allowed": "aloud"},
    **{"by": "buy", "its": "it's", "lose": "loose", "made": "maid", "of": "off", "passed": "past", "past": "passed"},
    **{"principle": "principal", "than": "then", "their": "there", "then": "than", "there": "their"},
    **{"through": "threw", "to": "too", "too": "to", "used": "use", "whole": "hole", "would": "wood", "write": "right"},
}
"""What is written for a word by ear."""

Word = tuple[int, int, str]
"""Start, end and text of a word that may be touched; or of what is put in its place."""


@cache
def common_words() -> frozenset[str]:
    """The words of common_words.txt."""
    lines = (files("augment.language") / "common_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@cache
def small_words() -> frozenset[str]:
    """Words of four letters or more that carry no term: nouns, and verbs that are nouns as well, are left out."""
    verbs = [verb for verb, marks in VERBS.items() if "*" not in marks]
    forms = {form for verb in verbs for form in (verb, third_person(verb), past(verb))} | PARTICIPLES
    return frozenset(word for word in (FUNCTION_WORDS | forms | RELATIONAL) - UNTOUCHED if len(word) > 3)


def _neighbour(word: str, at: int, random: Random) -> str:
    return word[:at] + random.choice(NEIGHBOURS[word[at]]) + word[at + 1 :]


def _swapped(word: str, at: int, random: Random) -> str:
    at = min(at, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _dropped(word: str, at: int, random: Random) -> str:
    return word[:at] + word[at + 1 :]


def _doubled(word: str, at: int, random: Random) -> str:
    return word[:at] + word[at] + word[at:]


TYPED: tuple[Callable[[str, int, Random], str], ...] = (_neighbour, _swapped, _dropped, _doubled)
PUNCTUATION = (("?", " ?"), (", ", " "), (", ", " , "))


def _typing(question: str, words: Sequence[Word], context: str, random: Random) -> Word | None:
    """A letter wrong, dropped, doubled, or two that change places, but in the first; never so that it is a word."""
    for start, end, word in words:
        if word in small_words() and word.isascii():
            slip = random.choice(TYPED)(word, random.randrange(1, len(word)), random)
            if slip != word and slip not in common_words() and slip not in small_words() and slip not in context:
                return start, end, slip
    return None


def _grammar(question: str, words: Sequence[Word], context: str, random: Random) -> Word | None:
    for start, end, word in words:
        if word in GRAMMAR:
            slip = GRAMMAR[word]
            return (start, end, slip) if slip else (start, end + 1, "")
    return None


def _by_ear(question: str, words: Sequence[Word], context: str, random: Random) -> Word | None:
    return next(((start, end, SOUNDS_LIKE[word]) for start, end, word in words if word in SOUNDS_LIKE), None)


def _in_term(question: str, word: Word) -> bool:
    """Whether a word may belong to its neighbour: "question" in "question answering", or "expected" in
    "expected calibration error"."""
    start, end, text = word
    noun, participle = text in RELATIONAL, text.endswith("ed") or text in PARTICIPLES
    if not (noun or participle):
        return False
    before = question[:start].lower().split()[-1:]
    after = question[end:].strip("? ").split(maxsplit=1)[:1] if question.startswith(" ", end) else []
    alone = FUNCTION_WORDS.issuperset(after)
    if noun:
        return not (alone and FUNCTION_WORDS.issuperset(before))
    return not alone and not QUESTION_WORDS.issuperset(before)


def _case(question: str, words: Sequence[Word], context: str, random: Random) -> Word | None:
    return next(((start, end, word.capitalize()) for start, end, word in words if word in small_words()), None)


def _punctuation(question: str, words: Sequence[Word], context: str, random: Random) -> Word | None:
    mark, slip = random.choice(PUNCTUATION)
    at = question.rfind(mark)
    if at < 0 or question[at - 1].isdigit() or question.find("”", at) > 0:
        mark, slip, at = *PUNCTUATION[0], question.rfind("?")
    return (at, at + len(mark), slip) if at > 0 else None


SLIPS = (*(_typing,) * 6, *(_grammar, _by_ear) * 2, _case, _punctuation)


@operator("noise", rate=0.5)
def noise(pairs: Sequence[QAPair], corpus: Sequence[QAPair], settings: AugmentSettings, seed: int) -> list[QAPair]:
    """A copy of each pair with one or two slips in its question; none where nothing may be touched."""
    noisy = []
    for pair in pairs:
        question, slips = slipped(pair.question, pair.answer_span, pair.context, draw(seed, "noise", pair))
        if question != pair.question:
            checks = {"slips_per_character": round(slips / len(pair.question), 4)}
            noisy.append(variant(pair, "noise", GENERATOR, checks, question=question))
    return noisy


def slipped(question: str, answer: str, context: str, random: Random) -> tuple[str, int]:
    """`question` with one slip, or two from 40 characters on, and how many were made: 3 to 5 in 100 characters."""
    wanted = 1 if len(question) < 40 else 2
    kept = UNTOUCHED.union(ANSWER_WORD.findall(answer.lower()))
    words = [(*found.span(), found[0]) for found in WORD.finditer(question) if found[0] not in kept]
    words = [word for word in words if not word[2].startswith("“") and not _in_term(question, word)]
    random.shuffle(words)
    edits: list[Word] = []
    for kind in [*(random.choice(SLIPS) for _ in range(2 * wanted)), _grammar, _punctuation]:
        slip = kind(question, words, context, random) if len(edits) < wanted else None
        if slip is not None and all(slip[1] <= start or end <= slip[0] for start, end, _ in edits):
            edits.append(slip)
            words = [word for word in words if word[1] <= slip[0] or slip[1] <= word[0]]
    for start, end, text in sorted(edits, reverse=True):
        question = question[:start] + text + question[end:]
    return question, len(edits)
