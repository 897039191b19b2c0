"""Slips of the keyboard in the question; the facts in it stay as they are.

Only plain lower-case words are touched: never a number, a word with a capital, digit or hyphen (names and terms), a
word of the answer or the question word. Libraries' defaults change the numbers in four questions of five.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from random import Random

from augment.operators import draw, operator, variant
from augment.records import QAPair
from augment.settings import AugmentSettings
from augment.words import QUESTION_WORDS

GENERATOR = "noise@1"

PLAIN_WORD = re.compile(r"(?<!\S)[a-z]{4,}(?=[,.;:?!]*(?:\s|$))")
ANSWER_WORD = re.compile(r"\w+")

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


@cache
def common_words() -> frozenset[str]:
    """The words of common_words.txt."""
    lines = (files("augment") / "common_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _neighbour(word: str, at: int, random: Random) -> str:
    return word[:at] + random.choice(NEIGHBOURS[word[at]]) + word[at + 1 :]


def _swapped(word: str, at: int, random: Random) -> str:
    at = min(at, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _dropped(word: str, at: int, random: Random) -> str:
    return word[:at] + word[at + 1 :]


def _doubled(word: str, at: int, random: Random) -> str:
    return word[:at] + word[at] + word[at:]


def _capital(word: str, at: int, random: Random) -> str:
    return word.capitalize()


SLIPS: tuple[Callable[[str, int, Random], str], ...] = (
    *(_neighbour, _swapped, _dropped, _doubled) * 4,
    _capital,
)
PUNCTUATION = (("?", " ?"), (", ", " "), (", ", " , "))


@operator("noise", rate=0.5)
def noise(pairs: Sequence[QAPair], settings: AugmentSettings, seed: int) -> list[QAPair]:
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
    kept = QUESTION_WORDS.union(ANSWER_WORD.findall(answer.lower()))
    words = [found.span() for found in PLAIN_WORD.finditer(question) if found[0] not in kept]
    random.shuffle(words)
    edits: list[tuple[int, int, str]] = []
    if random.random() < 0.1 or not words:
        edits += _punctuation_slip(question, random)
    for start, end in words:
        if len(edits) == wanted:
            break
        word = question[start:end]
        slip = random.choice(SLIPS)(word, random.randrange(1, len(word)), random)
        if slip != word and slip not in common_words() and slip not in context:
            edits.append((start, end, slip))
    for start, end, slip in sorted(edits, reverse=True):
        question = question[:start] + slip + question[end:]
    return question, len(edits)


def _punctuation_slip(question: str, random: Random) -> list[tuple[int, int, str]]:
    mark, slip = random.choice(PUNCTUATION)
    at = question.rfind(mark)
    return [(at, at + len(mark), slip)] if at >= 0 else []
