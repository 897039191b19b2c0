"""Which rows of a split a training uses, and how many steps and tokens that makes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from training.prompts import Encoded
from training.settings import TrainSettings


@dataclass(frozen=True, slots=True)
class Selection:
    """The examples of one split that are used, and the ids of those that are not."""

    examples: tuple[Encoded, ...]
    too_long: tuple[str, ...] = ()
    outliers: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()
    open_book: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        dropped = {name: len(getattr(self, name)) for name in ("too_long", "outliers", "unlabelled", "open_book")}
        return {"read": len(self.examples) + sum(dropped.values()), "used": len(self.examples), **dropped}


def select(examples: Sequence[Encoded], settings: TrainSettings, *, training: bool) -> Selection:
    """Leaves out what is longer than `max_length`, what has no label and, in training, outliers in length."""
    kept: list[Encoded] = []
    too_long: list[str] = []
    outliers: list[str] = []
    unlabelled: list[str] = []
    for example in examples:
        if len(example) > settings.max_length:
            too_long.append(example.id)
        elif training and 0 < settings.outlier_tokens < len(example):
            outliers.append(example.id)
        elif not example.completion:
            unlabelled.append(example.id)
        else:
            kept.append(example)
    return Selection(tuple(kept), tuple(too_long), tuple(outliers), tuple(unlabelled))


def total_steps(rows: int, settings: TrainSettings) -> int:
    """Optimizer steps of the whole training, as the trainer counts them."""
    if settings.max_steps > 0:
        return settings.max_steps
    return math.ceil(settings.epochs * math.ceil(rows / settings.examples_a_step))


def total_tokens(examples: Sequence[Encoded], settings: TrainSettings) -> int:
    """Tokens of the whole training, prompts included and padding not."""
    limited = settings.max_steps * settings.examples_a_step / len(examples)
    return round((limited if settings.max_steps > 0 else settings.epochs) * sum(map(len, examples)))
