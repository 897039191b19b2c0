"""The same pair twice, in one document or across documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from augment.gates import by_rule
from augment.language.words import WORD, is_name
from augment.records import QAPair
from extractors.ledger import LedgerEntry

CHARACTERS = 5
"""Length of a pair's shingles: its question is too short for shingles of words."""


def deduplicate(pairs: Sequence[QAPair], threshold: float) -> tuple[list[QAPair], list[LedgerEntry]]:
    """The pairs without exact and near duplicates, in the order given, and an entry for each that was dropped.

    Two pairs are one where their questions are the same, or where the characters of question and span have a Jaccard
    likeness of at least `threshold` and their names and numbers agree. Of one question with two answers only one pair
    is kept: asked without its document it is ambiguous. Which pair is kept depends on the pairs and not on their order:
    a rule's before a model's, then the smallest id.
    """
    ranked = sorted(range(len(pairs)), key=lambda index: (not by_rule(pairs[index]), pairs[index].id))
    questions = [_normal(pair.question) for pair in pairs]
    asked: dict[str, int] = {}
    lost: dict[int, tuple[int, str]] = {}
    for index in ranked:
        first = asked.setdefault(questions[index], index)
        if first != index:
            same = _normal(pairs[first].answer_span) == _normal(pairs[index].answer_span)
            lost[index] = first, "same question" if same else "same question, another answer"
    distinct = [index for index in ranked if index not in lost]
    for later, earlier in _near([pairs[index] for index in distinct], threshold):
        index, twin = distinct[later], distinct[earlier]
        if index not in lost and twin not in lost:
            lost[index] = twin, "near duplicate"
    kept = [pair for index, pair in enumerate(pairs) if index not in lost]
    return kept, [_entry(pairs[index], pairs[twin], reason) for index, (twin, reason) in sorted(lost.items())]


def doubles(pairs: Sequence[QAPair], threshold: float) -> Iterator[tuple[int, int]]:
    """The places of pairs that say the same, two by two: the later one, and one before it that is a duplicate of it."""
    asked: dict[str, int] = {}
    for index, pair in enumerate(pairs):
        first = asked.setdefault(_normal(pair.question), index)
        if first != index:
            yield index, first
    yield from _near(pairs, threshold)


def _near(pairs: Sequence[QAPair], threshold: float) -> Iterator[tuple[int, int]]:
    """The places of near duplicates, the later one first, in order."""
    from augment.likeness.shingles import alike, held, shingles_of_characters

    if not pairs:
        return
    texts = [f"{pair.question} {pair.answer_span}" for pair in pairs]
    holds, sizes = held([shingles_of_characters(_normal(text), CHARACTERS) for text in texts])
    for later, earlier, _ in sorted(alike(holds, sizes, threshold)):
        if _facts(texts[later]) == _facts(texts[earlier]):
            yield later, earlier


@lru_cache(1 << 17)
def _normal(text: str) -> str:
    return " ".join(WORD.findall(text)).lower()


def _facts(text: str) -> frozenset[str]:
    """The numbers and names that tell one fact from another of the same wording."""
    return frozenset(word for word in WORD.findall(text) if is_name(word) or any(map(str.isdigit, word)))


def _entry(pair: QAPair, twin: QAPair, reason: str) -> LedgerEntry:
    return LedgerEntry(
        unit="pair",
        outcome="dropped",
        step="deduplicate",
        reason=reason,
        detail=f"{pair.question} | {pair.answer_span} [kept: {twin.id} of {twin.source}: {twin.question}]",
        source=pair.source,
        doc_id=pair.doc_id,
        page=pair.page,
        id=pair.id,
    )
