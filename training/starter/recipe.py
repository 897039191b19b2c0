"""Shapes, rates and schedules of the starter language model, by name."""

from __future__ import annotations

from extractors.records import Record


class Recipe(Record):
    """Sizes and rates; every width is a multiple of 64, the block of NF4 weights.

    `batch` and `micro_batch` count sequences; `warmup`, `fall` and `chat` count steps, of which `fall` and `chat` are
    the last ones; `conversations` is their share of a batch in the `chat` steps, `passages` the share of them that have
    one before the question, `longest_answer` the most words of an answer; at most `documents` are read of each source;
    one document in `held_out_every` is not trained on; `turned_questions` come from abstracts, beside those that people
    asked; the card's figures are of `measured` documents of a kind and questions.
    """

    vocabulary: int = 6144
    hidden: int = 256
    layers: int = 5
    intermediate: int = 704
    heads: int = 4
    key_value_heads: int = 2
    length: int = 256
    batch: int = 16
    micro_batch: int = 8
    compile: bool = True
    steps: int = 4500
    warmup: int = 100
    fall: int = 2300
    chat: int = 1100
    conversations: float = 0.5
    passages: float = 0.5
    longest_answer: int = 50
    muon_rate: float = 5e-3
    adam_rate: float = 3e-3
    weight_decay: float = 0.1
    documents: int | None = None
    held_out_every: int = 200
    turned_questions: int = 30_000
    measured: int = 300
    seed: int = 3407


class Progress(Record):
    """What is spent so far; `tokens` counts repeated ones."""

    step: int = 0
    seconds: float = 0.0
    tokens: int = 0


SIZES = {
    "cpu": Recipe(),
    "cpu-answers": Recipe(
        steps=240,
        warmup=20,
        fall=220,
        chat=240,
        conversations=0.6875,
        passages=0.3333,
        longest_answer=18,
        muon_rate=2e-3,
        adam_rate=1e-3,
    ),
    "gpu": Recipe(
        vocabulary=16_384,
        hidden=512,
        layers=8,
        intermediate=1408,
        heads=8,
        key_value_heads=4,
        length=512,
        batch=256,
        micro_batch=64,
        steps=6000,
        warmup=200,
        fall=3000,
        chat=600,
        turned_questions=60_000,
    ),
    "smoke": Recipe(
        vocabulary=512,
        hidden=128,
        layers=2,
        intermediate=192,
        heads=2,
        key_value_heads=1,
        length=64,
        batch=8,
        compile=False,
        steps=40,
        warmup=4,
        fall=24,
        chat=16,
        documents=1000,
        held_out_every=10,
        turned_questions=1000,
        measured=10,
    ),
}
"""`cpu` takes about an hour and a half on one core. `cpu-answers` goes on from its weights (`--start`) for minutes, on
short answers alone, most of them without a passage: in long ones a model this small goes round in circles, and never
ends its turn. `gpu` has 32 million parameters, for one large card."""
