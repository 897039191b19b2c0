"""Which questions ask nearly the same, and which documents are kin by what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from augment.language.words import WORD
from augment.records import QAPair

if TYPE_CHECKING:
    from augment.likeness.shingles import Numbers

CHARACTERS = 5
"""Length of a question's shingles: it is too short for shingles of words."""


def near_questions(pairs: Sequence[QAPair], likeness: float) -> Iterator[tuple[int, int, float]]:
    """The places of pairs whose questions have a Jaccard likeness of at least `likeness` by their runs of 5 characters,
    the later place first, and that likeness."""
    yield from _near([asked(pair) for pair in pairs], likeness)


def neighbours(rows: Sequence[QAPair], others: Sequence[QAPair], likeness: float) -> Iterator[tuple[int, int, float]]:
    """The places of those of `rows` that ask nearly what one of `others` asks, that one's place, and how alike they
    are."""
    texts = [asked(pair) for pair in (*others, *rows)]
    for later, earlier, alike in _near(texts, likeness, since=len(others)):
        if earlier < len(others):
            yield later - len(others), earlier, alike


def asked(pair: QAPair) -> str:
    """The words of a question in lower case. The title that it names its document by weighs no more than one word, or
    all questions about a document of a long title would be alike."""
    return _words(pair.question.replace(f"“{pair.title}”", pair.doc_id[:8]))


def near_to(rows: Sequence[QAPair], others: Sequence[QAPair], likeness: float) -> set[int]:
    """The places of those of `rows` that ask nearly what one of `others` asks."""
    return {row for row, _, _ in neighbours(rows, others, likeness)}


def kin(
    pairs: Sequence[QAPair], contexts: Mapping[tuple[str, str], Numbers], likeness: float
) -> Iterator[tuple[str, str]]:
    """The doc_ids, two by two, of documents that are asked nearly the same, or about nearly the same passage.

    `contexts` holds the shingles of passages by their `place`; those that it lacks are made.
    """
    from augment.likeness.families import shingles_of_text
    from augment.likeness.shingles import alike, held

    for later, earlier, _ in near_questions(pairs, likeness):
        yield pairs[earlier].doc_id, pairs[later].doc_id
    places = sorted(set(map(place, pairs)))
    if places:
        found = [contexts[one] if one in contexts else shingles_of_text(one[1]) for one in places]
        for later, earlier, _ in alike(*held(found), likeness):
            yield places[earlier][0], places[later][0]


def place(pair: QAPair) -> tuple[str, str]:
    """The passage that a pair was asked of: its document and its text."""
    return pair.doc_id, pair.context


def _words(text: str) -> str:
    return " ".join(WORD.findall(text)).lower()


def _near(texts: Sequence[str], likeness: float, since: int = 0) -> Iterator[tuple[int, int, float]]:
    from augment.likeness.shingles import alike, held  # numpy and scipy cost half a second to load

    if texts:
        yield from alike(*held([_shingles(text) for text in texts]), likeness, since)


@lru_cache(1 << 17)
def _shingles(text: str) -> Numbers:
    """Of a question, which is looked at by deduplication, split, augmentation and card."""
    from augment.likeness.shingles import shingles_of_characters

    return shingles_of_characters(text, CHARACTERS)
