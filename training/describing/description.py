"""What a dataset's card tells of its rows: how many of what, how long, what of the documents they cover, which are near
training, and some to look at."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from augment.records import QAPair
from training.describing.leakage import leakage
from training.settings import EvaluateSettings
from training.split import SPLITS

SAMPLES = 20
SECTIONS = 60
"""Sections that a card lists; a corpus may have thousands."""
FEW = EvaluateSettings().min_documents


class SectionRow(NamedTuple):
    """A section of a document: its passages of body text, how many of them have a pair, and its rows."""

    source: str
    section: str
    passages: int
    with_pair: int
    rows: int


def described(
    splits: Mapping[str, Sequence[QAPair]], documents: Sequence[Mapping[str, Any]], seed: int
) -> dict[str, Any]:
    """The facts that the template of the card is filled with. `documents` are those of the manifest; `seed` chooses the
    samples."""
    rows = [(name, pair) for name, pairs in splits.items() for pair in pairs]
    originals = sorted((pair for _, pair in rows if pair.kind == "original"), key=lambda pair: pair.id)
    drawn = random.Random(f"{seed}:card").sample(originals, min(SAMPLES, len(originals)))
    families = {name: len({pair.family for pair in splits.get(name, ())}) for name in (*SPLITS, *splits)}
    sections = _sections(documents, rows)
    bare = [row for row in sections if not row.with_pair]
    return {
        "splits": {name: len(pairs) for name, pairs in splits.items()},
        "kinds": sorted({pair.kind for _, pair in rows}),
        "kinds_by_split": {name: Counter(pair.kind for pair in pairs) for name, pairs in splits.items() if pairs},
        "families_by_split": families,
        "few_families": {name: families[name] for name in ("validation", "test") if 0 < families[name] < FEW},
        "open_book": sum(pair.open_book for _, pair in rows),
        "split_of": {
            pair.doc_id: "train" if name == "test_seen" else name for name in SPLITS for pair in splits.get(name, ())
        },
        "body": {
            "passages": sum(row.passages for row in sections),
            "with_pair": sum(row.with_pair for row in sections),
        },
        "captions": [sum(document[of] for document in documents) for of in ("captions", "captions_with_pair")],
        "sections": sections[:SECTIONS],
        "more_sections": max(0, len(sections) - SECTIONS),
        "bare_sections": bare[:SECTIONS],
        "more_bare_sections": max(0, len(bare) - SECTIONS),
        "lengths": {
            what: _spread([len(getattr(pair, what).split()) for pair in originals])
            for what in ("question", "answer", "answer_span", "context")
            if originals
        },
        "samples": sorted(drawn, key=lambda pair: (pair.source, pair.char_start, pair.id)),
        "leakage": leakage(splits),
    }


def _sections(documents: Sequence[Mapping[str, Any]], rows: Sequence[tuple[str, QAPair]]) -> list[SectionRow]:
    """The sections of all documents in reading order."""
    count = Counter((pair.doc_id, pair.section) for _, pair in rows)
    return [
        SectionRow(
            document["source"],
            told["section"],
            told["passages"],
            told["with_pair"],
            count[document["doc_id"], told["section"]],
        )
        for document in documents
        for told in document["sections"]
    ]


def _spread(lengths: Sequence[int]) -> tuple[int, int, int, int]:
    """The 5th, 50th and 95th percentile, and the greatest."""
    ordered = sorted(lengths)
    low, middle, high = (ordered[round(share * (len(ordered) - 1))] for share in (0.05, 0.5, 0.95))
    return low, middle, high, ordered[-1]
