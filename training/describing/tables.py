"""What a training came to, in tables: the losses by step, the held-out questions, and how much of the model was
trained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from extractors.records import Record

ROWS = 40
"""Rows of the losses at most; of more evaluations the last of each group stands, and the best."""

UNVALIDATED = 10
"""Rows where nothing was validated."""


class LossRow(Record):
    """The mean training loss of the steps since the row before, and the validation loss at `step`."""

    step: int
    training: float | None
    validation: float | None
    best: bool = False


class ScoreRow(Record):
    """One held-out set, answered with the adapters or without: the share of answers that are exactly right, the share
    of answer tokens that were the likeliest, the mean F1 of the words of the answers, the loss on the true answers."""

    name: str
    who: str
    rows: int
    accuracy: float
    token_accuracy: float
    f1: float
    loss: float


def losses_by_step(history: Sequence[Mapping[str, Any]], most: int = ROWS) -> list[LossRow]:
    """A row for each validation in the "history" of metrics.json, and one for the losses after the last.

    Where nothing was validated, rows at even distances. The row of the lowest validation loss is the best, the one
    before the first step apart: what is published has been trained.
    """
    training = [(int(entry["step"]), float(entry["loss"])) for entry in history if "loss" in entry]
    validation = {int(entry["step"]): float(entry["eval_loss"]) for entry in history if "eval_loss" in entry}
    best = min((step for step in validation if step), key=validation.__getitem__, default=None)
    last = max((step for step, _ in training), default=0)
    if validation:
        steps = sorted({*_thinned(sorted(validation), most), *([] if best is None else [best]), last} - {0})
        steps = [0, *steps] if 0 in validation else steps
    else:
        steps = _thinned([step for step, _ in training], min(most, UNVALIDATED))
    rows, before = [], -1
    for step in steps:
        since = [loss for at, loss in training if before < at <= step]
        rows.append(
            LossRow(
                step=step,
                training=fmean(since) if since else None,
                validation=validation.get(step),
                best=step == best,
            )
        )
        before = step
    return [row for row in rows if row.training is not None or row.validation is not None]


def scores(sets: Mapping[str, Mapping[str, Any]]) -> list[ScoreRow]:
    """Base and adapters on each of the "sets" of metrics.json."""
    return [
        ScoreRow(
            name=name,
            who=who,
            rows=held["questions"],
            accuracy=held[who]["exact_match"],
            token_accuracy=held[who]["token_accuracy"],
            f1=held[who]["f1"],
            loss=held[who]["loss"],
        )
        for name, held in sets.items()
        for who in ("base", "adapters")
    ]


def trained_share(trainable: Mapping[str, Any]) -> str:
    """The "trainable" of metrics.json in the words of PEFT."""
    parameters, total = trainable["parameters"], trainable["all"]
    return f"trainable params: {parameters:,} || all params: {total:,} || trainable%: {100 * parameters / total:.4f}"


def _thinned(steps: Sequence[int], most: int) -> list[int]:
    """Every so many of them, the last included."""
    if not steps:
        return []
    each = math.ceil(len(steps) / most)
    return list(reversed(list(reversed(steps))[::each]))
