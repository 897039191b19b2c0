"""Self-retrieval: a question that stands alone finds its own passage among those of all documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from augment.language.stems import content
from augment.records import QAPair
from extractors.ledger import LedgerEntry

K1, B = 1.2, 0.75
"""BM25's usual ones: how soon a word's repetition stops to count, and how much a long passage is held against it."""
ROWS = 256
NAME = "self-retrieval"


def self_retrieved(
    pairs: Sequence[QAPair], passages: Sequence[str], least: float
) -> tuple[list[QAPair], list[LedgerEntry]]:
    """The pairs whose question brings back its own passage from among `passages`, each `titled`, and an entry for each
    that does not: 'Who won the game?' finds any game.

    The score, which each pair gets in its `checks`, is the BM25 of its passage as a share of the best passage's. With
    rank one alone a tie between two passages of one section would cost a good question.
    """
    own = [titled(pair.title, pair.context) for pair in pairs]
    scores = shares_of_best([pair.question for pair in pairs], own, passages)
    kept: list[QAPair] = []
    entries: list[LedgerEntry] = []
    for pair, score in zip(pairs, scores, strict=True):
        checked = pair.model_copy(update={"checks": {**pair.checks, NAME: round(score, 4)}})
        if score >= least:
            kept.append(checked)
        else:
            entries.append(_entry(checked))
    return kept, entries


def titled(title: str, passage: str) -> str:
    """A passage as it is searched, with the title of its document, which a question may name."""
    return f"{title}\n{passage}"


def shares_of_best(questions: Sequence[str], own: Sequence[str], passages: Sequence[str]) -> list[float]:
    """For each question the BM25 of its `own` passage, as a share of that of the best of `passages`; 1 for a question
    without a word that any passage holds. Robertson and Zaragoza (2009)."""
    import numpy as np
    from scipy.sparse import csr_array

    places = {text: row for row, text in enumerate(dict.fromkeys([*passages, *own]))}
    words: dict[str, int] = {}
    counts = [Counter(content(text)) for text in places]
    weighed = _matrix(counts, words, grow=True)
    lengths = np.array([count.total() for count in counts], np.float32)
    rows = np.repeat(np.arange(len(counts)), np.diff(weighed.indptr))
    holders = np.bincount(weighed.indices, minlength=weighed.shape[1])
    rarity = np.log1p((len(counts) - holders + 0.5) / (holders + 0.5)).astype(np.float32)
    damped = weighed.data + K1 * (1 - B + B * lengths[rows] / max(lengths.mean(), 1)) if len(counts) else weighed.data
    weighed = csr_array(
        (rarity[weighed.indices] * weighed.data * (K1 + 1) / damped, weighed.indices, weighed.indptr), weighed.shape
    )
    asked = _matrix([Counter(set(content(question))) for question in questions], words, grow=False)
    owned = weighed[[places[text] for text in own]]
    shares: list[float] = []
    for first in range(0, len(questions), ROWS):
        some = asked[first : first + ROWS]
        best = (some @ weighed.T).max(axis=1).toarray().ravel()
        mine = some.multiply(owned[first : first + ROWS]).sum(axis=1)
        shares += np.where(best > 0, mine / np.where(best > 0, best, 1), 1.0).tolist()
    return shares


def _matrix(counts: Sequence[Counter[str]], words: dict[str, int], *, grow: bool) -> Any:
    """Which text (row) holds which word (column) how often; a new word gets a column, or is left out."""
    import numpy as np
    from scipy.sparse import csr_array

    columns: list[int] = []
    values: list[int] = []
    ends = [0]
    for count in counts:
        for word, number in count.items():
            column = words.setdefault(word, len(words)) if grow else words.get(word, -1)
            if column >= 0:
                columns.append(column)
                values.append(number)
        ends.append(len(columns))
    shape = (len(counts), len(words))
    return csr_array((np.array(values, np.float32), np.array(columns, np.int32), np.array(ends)), shape)


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
