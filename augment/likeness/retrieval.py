"""Self-retrieval: a question that stands alone finds its own passage among those of all documents."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from augment.language.stems import content
from augment.likeness.shingles import Numbers, different, numbers_of
from augment.records import QAPair
from extractors import cores
from extractors.ledger import LedgerEntry

K1, B = 1.2, 0.75
"""BM25's usual ones: how soon a word's repetition stops to count, and how much a long passage is held against it."""
ROWS = 256
NAME = "self-retrieval"


class Searched(NamedTuple):
    """A document as it is searched, in numbers of 64 bits for texts and words. What holds many texts is one array of
    their words, and one of how many each has.

    `texts`: a number for each passage, alike for the same text; `stems` and `lengths`: their content words. `asked`
    and `asked_lengths`: the different content words of its questions. `own`: for each question the place of its passage
    among the texts.
    """

    texts: Numbers
    stems: Numbers
    lengths: Numbers
    asked: Numbers
    asked_lengths: Numbers
    own: Numbers


def searched(questions: Sequence[str], own: Sequence[str], passages: Sequence[str]) -> Searched:
    """A document of some `passages` with its `questions`, of each of which `own` is the passage, by its text."""
    places = {text: place for place, text in enumerate(dict.fromkeys([*passages, *own]))}
    stems = [content(text) for text in places]
    asked = [sorted(set(content(question))) for question in questions]
    return Searched(
        texts=numbers_of(places),
        stems=numbers_of(word for words in stems for word in words),
        lengths=np.array([len(words) for words in stems], np.int64),
        asked=numbers_of(word for words in asked for word in words),
        asked_lengths=np.array([len(words) for words in asked], np.int64),
        own=np.array([places[text] for text in own], np.int64),
    )


def titled(title: str, passage: str) -> str:
    """A passage as it is searched, with the title of its document, which a question may name."""
    return f"{title}\n{passage}"


def self_retrieved(
    pairs: Sequence[QAPair], documents: Sequence[Searched], least: float
) -> tuple[list[QAPair], list[LedgerEntry]]:
    """Those of the `pairs` of all `documents`, in their order, whose question brings back its own passage from among
    all passages, and an entry for each that does not: 'Who won the game?' finds any game.

    The score, which each pair gets in its `checks`, is the BM25 of its passage as a share of the best passage's. With
    rank one alone a tie between two passages of one section would cost a good question.
    """
    kept: list[QAPair] = []
    entries: list[LedgerEntry] = []
    for pair, score in zip(pairs, shares_of_best(documents), strict=True):
        checked = pair.model_copy(update={"checks": {**pair.checks, NAME: round(score, 4)}})
        if score >= least:
            kept.append(checked)
        else:
            entries.append(_entry(checked))
    return kept, entries


def shares_of_best(documents: Sequence[Searched]) -> list[float]:
    """For each question of the `documents` the BM25 of its own passage, as a share of that of the best of all passages;
    1 for a question without a word that any passage holds. Robertson and Zaragoza (2009)."""
    if not sum(len(document.own) for document in documents):
        return []
    every = Searched(*map(np.concatenate, zip(*documents, strict=True)))
    ends = np.cumsum([0, *(len(document.texts) for document in documents)])
    own = every.own + np.repeat(ends[:-1], [len(document.own) for document in documents])
    # A text that stands in several documents is searched once.
    _, first, place = np.unique(every.texts, return_index=True, return_inverse=True)
    met = np.zeros(len(every.texts), bool)
    met[first] = True
    stems = every.stems[np.repeat(met, every.lengths)]
    words = different(np.sort(stems))
    columns = np.searchsorted(words, stems)
    rows = np.repeat(place[met], every.lengths[met])
    weighed = _weighed(csr_array((np.ones(len(rows), np.float32), (rows, columns)), (len(first), len(words))))
    by_word = weighed.T.tocsr()
    column = np.minimum(np.searchsorted(words, every.asked), max(len(words) - 1, 0))
    known = words[column] == every.asked if len(words) else np.zeros(len(every.asked), bool)
    row = np.repeat(np.arange(len(own)), every.asked_lengths)[known]
    asked = csr_array((np.ones(len(row), np.float32), (row, column[known])), (len(own), len(words)))
    mine = asked.multiply(weighed[place[own]]).sum(axis=1)

    one_of, same = _different(every)

    def best(start: int) -> Numbers:
        found = asked[one_of[start : start + ROWS]] @ by_word
        highest = np.zeros(found.shape[0], np.float32)
        some = np.diff(found.indptr) > 0
        if some.any():
            highest[some] = np.maximum.reduceat(found.data, found.indptr[:-1][some])
        return highest

    with ThreadPoolExecutor(cores.count()) as threads:  # which scipy lets run side by side
        highest = np.concatenate([*threads.map(best, range(0, len(one_of), ROWS))])[same]
    shares: list[float] = np.where(highest > 0, mine / np.where(highest > 0, highest, 1), 1.0).tolist()
    return shares


def _different(every: Searched) -> tuple[list[int], list[int]]:
    """One question of each set of those that have the same words, and for each question which of these it is."""
    ends = np.cumsum(every.asked_lengths).tolist()
    words = [every.asked[start:end].tobytes() for start, end in pairwise([0, *ends])]
    first: dict[bytes, int] = {}
    for question, found in enumerate(words):
        first.setdefault(found, question)
    number = {found: place for place, found in enumerate(first)}
    return list(first.values()), [number[found] for found in words]


def _weighed(counts: csr_array) -> csr_array:
    """From how often a text (row) holds a word (column) to what that word adds to its score."""
    texts = counts.shape[0]
    lengths = counts.sum(axis=1)
    rows = np.repeat(np.arange(texts), np.diff(counts.indptr))
    holders = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity = np.log1p((texts - holders + 0.5) / (holders + 0.5)).astype(np.float32)
    damped = counts.data + K1 * (1 - B + B * lengths[rows] / max(lengths.mean(), 1))
    score = rarity[counts.indices] * counts.data * np.float32(K1 + 1) / damped
    return csr_array((score.astype(np.float32), counts.indices, counts.indptr), counts.shape)


def _entry(pair: QAPair) -> LedgerEntry:
    return LedgerEntry(
        unit="pair",
        outcome="dropped",
        step=f"gate {NAME}",
        reason="finds another passage than its own",
        detail=f"{pair.question} | {pair.answer_span} [{pair.checks[NAME]:.2f} of the best]",
        source=pair.source,
        doc_id=pair.doc_id,
        page=pair.page,
        id=pair.id,
    )
