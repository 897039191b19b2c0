"""Which questions ask nearly the same, and which documents are kin by what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from augment.language.words import WORD
from augment.records import QAPair

if TYPE_CHECKING:
    from augment.likeness.shingles import Numbers

OF_QUESTIONS, OF_PASSAGES = 5, 20
"""Characters of a shingle. Passages are long enough for runs that are no mere bits of words."""


def near_questions(pairs: Sequence[QAPair], likeness: float) -> Iterator[tuple[int, int, float]]:
    """The places of pairs whose questions have a Jaccard likeness of at least `likeness` by their runs of 5 characters,
    the later place first, and that likeness."""
    yield from _near([asked(pair) for pair in pairs], OF_QUESTIONS, likeness)


def neighbours(rows: Sequence[QAPair], others: Sequence[QAPair], likeness: float) -> Iterator[tuple[int, int, float]]:
    """The places of those of `rows` that ask nearly what one of `others` asks, that one's place, and how alike they
    are."""
    texts = [asked(pair) for pair in (*others, *rows)]
    for later, earlier, alike in _near(texts, OF_QUESTIONS, likeness, since=len(others)):
        if earlier < len(others):
            yield later - len(others), earlier, alike


def asked(pair: QAPair) -> str:
    """The words of a question in lower case. The title that it names its document by weighs no more than one word, or
    all questions about a document of a long title would be alike."""
    return _words(pair.question.replace(f"“{pair.title}”", pair.doc_id[:8]))


def near_to(rows: Sequence[QAPair], others: Sequence[QAPair], likeness: float) -> set[int]:
    """The places of those of `rows` that ask nearly what one of `others` asks."""
    return {row for row, _, _ in neighbours(rows, others, likeness)}


def kin(pairs: Sequence[QAPair], likeness: float) -> Iterator[tuple[str, str]]:
    """The doc_ids, two by two, of documents that are asked nearly the same, or about nearly the same passage."""
    for later, earlier, _ in near_questions(pairs, likeness):
        yield pairs[earlier].doc_id, pairs[later].doc_id
    places = sorted({(pair.doc_id, pair.context) for pair in pairs})
    for later, earlier, _ in _near([_words(context) for _, context in places], OF_PASSAGES, likeness):
        yield places[earlier][0], places[later][0]


def _words(text: str) -> str:
    return " ".join(word.lower() for word in WORD.findall(text))


def _near(texts: Sequence[str], length: int, likeness: float, since: int = 0) -> Iterator[tuple[int, int, float]]:
    # numpy and scipy cost half a second to load
    from augment.likeness.shingles import alike, held, shingles_of_characters

    of_one = _of_question if length == OF_QUESTIONS else partial(shingles_of_characters, length=length)
    if texts:
        yield from alike(*held([of_one(text) for text in texts]), likeness, since)


@lru_cache(1 << 17)
def _of_question(text: str) -> Numbers:
    """The shingles of a question, which is looked at by deduplication, split, augmentation and card."""
    from augment.likeness.shingles import shingles_of_characters

    return shingles_of_characters(text, OF_QUESTIONS)
