"""What a dataset's card tells of its rows: how many of what, how long, which are near training, and some to look at."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from augment.records import QAPair
from training.leakage import leakage

SAMPLES = 20
SECTIONS = 40
"""Sections that a card lists; a corpus may have thousands."""


def described(splits: Mapping[str, Sequence[QAPair]], seed: int) -> dict[str, Any]:
    """The facts that the template of the card is filled with. `seed` chooses the samples."""
    rows = [(name, pair) for name, pairs in splits.items() for pair in pairs]
    sections = Counter((pair.source, pair.section) for _, pair in rows)
    originals = sorted((pair for _, pair in rows if pair.kind == "original"), key=lambda pair: pair.id)
    drawn = random.Random(f"{seed}:card").sample(originals, min(SAMPLES, len(originals)))
    return {
        "splits": {name: len(pairs) for name, pairs in splits.items()},
        "kinds": sorted({pair.kind for _, pair in rows}),
        "kinds_by_split": {name: Counter(pair.kind for pair in pairs) for name, pairs in splits.items() if pairs},
        "split_of": {pair.doc_id: "train" if name == "test_seen" else name for name, pair in rows},
        "sections": sorted(sections.items())[:SECTIONS],
        "more_sections": max(0, len(sections) - SECTIONS),
        "lengths": {
            what: _spread([len(getattr(pair, what).split()) for pair in originals])
            for what in ("question", "answer", "answer_span", "context")
            if originals
        },
        "samples": sorted(drawn, key=lambda pair: (pair.source, pair.char_start, pair.id)),
        "leakage": leakage(splits),
    }


def _spread(lengths: Sequence[int]) -> tuple[int, int, int, int]:
    """The 5th, 50th and 95th percentile, and the greatest."""
    ordered = sorted(lengths)
    low, middle, high = (ordered[round(share * (len(ordered) - 1))] for share in (0.05, 0.5, 0.95))
    return low, middle, high, ordered[-1]
