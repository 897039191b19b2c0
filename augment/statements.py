"""Sentences as a reader wants them as answers: no citation marks, and every character traced to its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from augment.records import Passage

# Spaces are written [ ], since the whole is read verbosely.
_YEAR = r"(?:19|20)\d\d[a-z]?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?[ ]"
_NAME = rf"(?!{_MONTH})[A-ZÀ-Ž][\w'’-]+"
_CITED = rf"{_NAME}(?:(?:,?[ ]and|,?[ ]&|,)[ ]{_NAME})*(?:[ ]et[ ]al\.?)?,?[ ]{_YEAR}(?:,[ ]{_YEAR})*"
_PART = r"(?:[Ff]ig(?:ure)?|[Tt]ab(?:le)?|[Ss]ec(?:tion)?|[Ee]q(?:uation)?|[Aa]ppendix|[Cc]hapter|[Aa]lgorithm)s?\.?"
_LABEL = r"[A-Z][A-Za-z+]{1,6}\d\d[a-z]?"
MARKS = re.compile(
    rf"""
      \s?\[(?:\d+|{_LABEL})(?:\s?[,;–-]\s?(?:\d+|{_LABEL}))*\]       # [12], [3, 4-7], [Cop87]
    | \s?[(\[](?:(?:see|e\.g\.,?|cf\.)[ ])?{_CITED}(?:;[ ]?{_CITED})*[)\]] # (Smith et al., 2017)
    | (?<=al\.)\s\({_YEAR}\)                                        # Smith et al. (2017)
    | \s?\((?:see[ ])?(?:also[ ])?(?:the[ ])?{_PART}[ ][^()]*\)       # (see Figure 3)
    | (?:(?<=[a-z]{{3}})|(?<=[a-z][.,;:)]))[⁰¹²³⁴⁵⁶⁷⁸⁹]+              # a footnote mark
    | \s+(?=[,.;:)](?:\s|$))                                        # a space left before a comma
    """,
    re.VERBOSE,
)

_CARRIED = re.compile(r"\b(?:in|of|by|from|with|to|see|and|at|on|as|for|than|cf\.|e\.g\.,?)\s?$")

_CONNECTIVE = re.compile(
    r"(?:However|Moreover|Furthermore|Additionally|In addition|Nevertheless|Nonetheless|Therefore|Thus|Hence"
    r"|Consequently|As a result|Indeed|Of course|Interestingly|Notably|Importantly|Overall),\s+(?=\S)"
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a passage. `places[i]` is where the character `text[i]` stands in the passage."""

    text: str
    places: tuple[int, ...]
    range: tuple[int, int]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` stands in the passage."""
        return self.places[start], self.places[end - 1] + 1


def statement(passage: Passage, start: int, end: int) -> Statement:
    """The sentence at `start` to `end` of `passage.text`, its marks dropped and its white space single.

    A mark that is a word of the sentence ("as shown in [12]") stays, for the sentence would not be whole without. An
    opening that only ties the sentence to the one before ("However, ") goes.
    """
    opening = _CONNECTIVE.match(passage.text, start, end)
    first = opening.end() if opening else start
    raw = passage.text[first:end]
    dropped = [match.span() for match in MARKS.finditer(raw) if not _CARRIED.search(raw[: match.start()])]
    kept: list[tuple[str, int]] = []
    for index, character in enumerate(raw):
        if any(left <= index < right for left, right in dropped):
            continue
        if character.isspace():
            if not kept or kept[-1][0] == " ":
                continue
            character = " "
        if character == "." and "".join(c for c, _ in kept[-4:]) == " al.":
            continue
        kept.append((character, first + index))
    while kept and kept[-1][0] == " ":
        kept.pop()
    text = "".join(character for character, _ in kept)
    return Statement(
        text=text[:1].upper() + text[1:] if opening else text,
        places=tuple(place for _, place in kept),
        range=(start, end),
    )


def statements(passage: Passage) -> Iterator[Statement]:
    """The sentences of `passage`, in order."""
    return (statement(passage, start, end) for start, end in passage.sentences)


def balanced(text: str) -> bool:
    """Whether brackets and double quotes in `text` come in pairs."""
    awaited: list[str] = []
    for character in text:
        if character in _CLOSING:
            awaited.append(_CLOSING[character])
        elif character in ")]}" and (not awaited or awaited.pop() != character):
            return False
    return not awaited and text.count('"') % 2 == 0 and text.count("“") == text.count("”")
