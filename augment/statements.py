"""Sentences as a reader wants them as answers: no citation marks, and every character traced to its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from augment.records import Passage

_YEAR = r"(?:19|20)\d\d[a-z]?"
_NAME = r"(?!(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? )[A-ZÀ-Ž][\w'’-]+"
_NAMED_YEAR = rf"{_NAME}(?:(?:,? and|,? &|,) {_NAME})*(?: et al\.?)?,? {_YEAR}(?:, {_YEAR})*"
_PARTS = r"(?:[Ff]ig(?:ure|s)?|[Tt]ab(?:le)?|[Ss]ec(?:tion|s)?|[Ee]q(?:uation|s)?|[Aa]ppendix|[Cc]hapter|[Aa]lgorithm)"
MARKS = re.compile(
    rf"""
      \s?\[\d+(?:\s?[,;–-]\s?\d+)*\]                                                # [12], [3, 4-7]
    | \s?[(\[](?:see\ |e\.g\.,?\ |cf\.\ )?{_NAMED_YEAR}(?:;\ ?{_NAMED_YEAR})*[)\]]    # (Smith et al., 2017)
    | (?<=al\.)\s\({_YEAR}\)                                                        # Smith et al. (2017)
    | \s?\((?:see\ )?(?:also\ )?(?:the\ )?{_PARTS}s?\.?\ [^()]*\)                     # (see Figure 3)
    | (?:(?<=[a-z]{{3}})|(?<=[a-z][.,;:)]))[⁰¹²³⁴⁵⁶⁷⁸⁹]+                              # a footnote mark
    """,
    re.VERBOSE,
)


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
    """The sentence at `start` to `end` of `passage.text`, its marks dropped and its white space single."""
    raw = passage.text[start:end]
    dropped = [match.span() for match in MARKS.finditer(raw)]
    kept: list[tuple[str, int]] = []
    for index, character in enumerate(raw):
        if any(left <= index < right for left, right in dropped):
            continue
        if character.isspace():
            if not kept or kept[-1][0] == " ":
                continue
            character = " "
        kept.append((character, start + index))
    while kept and kept[-1][0] == " ":
        kept.pop()
    return Statement(
        text="".join(character for character, _ in kept),
        places=tuple(place for _, place in kept),
        range=(start, end),
    )


def statements(passage: Passage) -> Iterator[Statement]:
    """The sentences of `passage`, in order."""
    return (statement(passage, start, end) for start, end in passage.sentences)
