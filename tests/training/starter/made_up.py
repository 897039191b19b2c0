"""Text and questions of a small grammar, for the starter language model."""

from __future__ import annotations

import random
from typing import Any

from training.starter.corpus import Source
from training.starter.recipe import SIZES

SMALL = SIZES["smoke"]


ABSTRACTS = Source(path="text/abstracts.jsonl", licence="made here")


METHODS = (
    "The pruned network",
    "Layer normalization",
    "The attention map",
    "A sparse expert",
    "Label smoothing",
)


VERBS = ("improves", "reduces", "stabilizes", "approximates", "replaces")


OBJECTS = (
    "the training loss",
    "gradient variance",
    "the memory of the decoder",
    "calibration",
    "the learning rate",
)


PLACES = (
    "on long documents",
    "in low-resource settings",
    "with small batches",
    "under label noise",
    "at test time",
)


def sentence(rng: random.Random) -> str:
    return f"{rng.choice(METHODS)} {rng.choice(VERBS)} {rng.choice(OBJECTS)} {rng.choice(PLACES)}."


def row(rng: random.Random, number: int) -> dict[str, Any]:
    """An answer-aware row of two sentences, the second of which holds the answer."""
    before, said = sentence(rng), sentence(rng)
    answer = next(words for words in OBJECTS if words in said)
    question = f"What changes {said.rstrip('.').split()[-1]} in this case?"
    if number % 5 == 0:
        question = f"Which secret number is {number} here?"
    return {
        "source": "made",
        "split": "test" if number % 5 == 0 else "train",
        "context": f"{before} {said}",
        "question": question,
        "answer": answer,
        "answer_start": len(before) + 1 + said.index(answer),
    }
