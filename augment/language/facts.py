"""What a question must keep when it is put in other words: numbers, units, names, negation and its kind."""

from __future__ import annotations

import re

from augment.language.words import FUNCTION_WORDS, QUESTION_WORDS, is_name

TOKEN = re.compile(r"[^\W_](?:[\w./+%-]*[\w+%])?")
NUMBER = re.compile(r"[\d.,]*\d[\d.,]*%?")
NEGATION = re.compile(r"\b(?:not|no|never|neither|nor|without|none|cannot)\b|n['\u2019]t\b", re.IGNORECASE)
KINDS = (
    ("number", r"how (?:many|much|large|long|often|big)|what (?:number|size|share)|the (?:number|size|amount) of"),
    ("reason", r"why|(?:what|which) reason"),
    ("time", r"when|(?:what|which) (?:year|date|time|month|decade)"),
    ("person", r"who|whom|whose"),
    ("place", r"where|(?:what|which) (?:place|country|city)"),
    ("manner", r"how|in (?:what|which) way"),
    ("thing", r"what|which"),
)
"""Kinds of questions, by the words that ask. The first that is found counts."""


def question_kind(question: str) -> str:
    """What is asked for: a number, reason, time, person, place, manner or thing; '' where nothing is asked."""
    return next((kind for kind, asks in KINDS if re.search(rf"\b(?:{asks})\b", question, re.IGNORECASE)), "")


def names(text: str) -> frozenset[str]:
    """The names and terms of `text` that show by their shape: a capital (but at the start), a digit or a hyphen."""
    tokens = TOKEN.findall(text)
    return frozenset(
        token
        for place, token in enumerate(tokens)
        if not NUMBER.fullmatch(token)
        and (is_name(token) or "-" in token or (place > 0 and token[0].isupper()) or re.search(r"\d", token))
    )


def quantities(text: str) -> list[tuple[str, str]]:
    """The numbers of `text`, each with the word after it, which may be its unit."""
    tokens = TOKEN.findall(text)
    return sorted(
        (token, following.lower() if following.lower() not in FUNCTION_WORDS else "")
        for token, following in zip(tokens, [*tokens[1:], ""], strict=True)
        if NUMBER.fullmatch(token)
    )


def content_words(text: str) -> frozenset[str]:
    """The words of `text`, in small letters, that carry its meaning."""
    return frozenset(TOKEN.findall(text.lower())) - FUNCTION_WORDS - QUESTION_WORDS


def changed(question: str, rewritten: str) -> str:
    """Which fact of `question` is not in `rewritten`, or is new there; '' where all are kept."""
    said = frozenset(TOKEN.findall(question))
    if quantities(question) != quantities(rewritten):
        return "a number changed"
    if not names(question) <= frozenset(TOKEN.findall(rewritten)) or not names(rewritten) <= said:
        return "a name changed"
    if len(NEGATION.findall(question)) != len(NEGATION.findall(rewritten)):
        return "negation changed"
    if question_kind(question) != question_kind(rewritten):
        return "another kind of question"
    return ""


def distance(first: str, second: str) -> float:
    """Edits of a character (Levenshtein) from `first` to `second`, as a share of the longer one's length.

    By the bit vectors of Myers (1999), as Hyyrö (2001) has them: a column of the table is two numbers, of where it
    rises and where it falls.
    """
    if not first or not second:
        return float(first != second)
    places: dict[str, int] = {}
    for place, letter in enumerate(first):
        places[letter] = places.get(letter, 0) | 1 << place
    edits, last, whole = len(first), 1 << (len(first) - 1), (1 << len(first)) - 1
    rises, falls = whole, 0
    for letter in second:
        same = places.get(letter, 0)
        across = (((same & rises) + rises) ^ rises) | same
        up, down = falls | ~(across | rises) & whole, rises & across
        edits += bool(up & last) - bool(down & last)
        up, down = up << 1 | 1, down << 1
        rises, falls = (down | ~(same | falls | up)) & whole, up & (same | falls) & whole
    return edits / max(len(first), len(second))
