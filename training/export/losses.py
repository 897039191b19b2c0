"""The loss of whole models on the same held-out answers, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augment.records import QAPair
from extractors.errors import QuireError
from extractors.files import sha256
from extractors.records import Record
from training.dataset import dataset_hash, read_split
from training.inference import Budget, Likelihood, likelihood
from training.judging.verdict import Difference, difference
from training.prompts import Encoded, encode
from training.selection import select
from training.settings import EvaluateSettings, TrainSettings

SETS = ("test", "test_seen", "validation")
"""The first of these that has a row is measured on."""


class Loss(Record):
    """Mean negative log-likelihood of an answer's token; `over` is that less the reference's, by documents."""

    model: str
    loss: float | None
    over: Difference | None
    mib: float | None
    """On disk."""

    def cells(self) -> tuple[str, str, str, str]:
        """A row of a table, as text."""
        return (
            self.model,
            "" if self.loss is None else f"{self.loss:.4f}",
            "" if self.over is None else _signed(self.over),
            "" if self.mib is None else f"{self.mib:.1f}",
        )


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Rows of one set as tokens; none, and the reason, where there are none to measure on."""

    name: str = ""
    pairs: tuple[QAPair, ...] = ()
    examples: tuple[Encoded, ...] = ()
    why_not: str = ""


def held_out(
    dataset: Path,
    trained_on: str,
    tokenizer: Any,
    stops: frozenset[int],
    train: TrainSettings,
    most: int,
    seed: int,
) -> HeldOut:
    """At most `most` pairs, those of the verdict, of the dataset that the adapters were trained on.

    There are none where `dataset` is not there or is another one: what is held out there they may have been trained on.
    """
    try:
        now = dataset_hash(dataset)
    except QuireError as error:
        return HeldOut(why_not=error.message)
    if now != trained_on:
        return HeldOut(
            why_not=f"The adapters were trained on dataset {trained_on[:12]}, and {dataset} now holds {now[:12]}."
        )
    for name in SETS:
        pairs = sorted(read_split(dataset, name), key=lambda pair: sha256(f"{seed}:judged:{pair.id}"))[:most]
        examples = select(encode(pairs, tokenizer, stops, train), train, training=False).examples
        if examples:
            by_id = {pair.id: pair for pair in pairs}
            return HeldOut(name, tuple(by_id[example.id] for example in examples), examples)
    return HeldOut(why_not="The dataset holds nothing out.")


class Losses:
    """The losses of one model after the other; memory that runs out halves the batch of those that follow."""

    def __init__(self, rows: HeldOut, tokenizer: Any, evaluate: EvaluateSettings, seed: int) -> None:
        self.rows = rows
        self._tokenizer = tokenizer
        self._budget = Budget(evaluate.batch_tokens)
        self._draws, self._seed = evaluate.draws, seed
        self._found: list[tuple[str, list[Likelihood], int | None]] = []

    def measure(self, name: str, model: Any, size: int | None = None) -> None:
        """Note the likelihoods that a model in evaluation mode, of `size` bytes on disk, finds."""
        found = likelihood(model, self._tokenizer, self.rows.examples, self._budget) if self.rows.examples else []
        self._found.append((name, found, size))

    def beside(self, reference: str) -> list[Loss]:
        """The losses in the order they were measured, and how far each is from that of `reference`."""
        (standard,) = [found for name, found, _ in self._found if name == reference]
        return [
            Loss(
                model=name,
                loss=_mean(found) if found else None,
                over=None if not found or name == reference else self._over(found, standard),
                mib=None if size is None else size / 2**20,
            )
            for name, found, size in self._found
        ]

    def _over(self, found: Sequence[Likelihood], standard: Sequence[Likelihood]) -> Difference:
        return difference(
            [pair.family or pair.doc_id for pair in self.rows.pairs],  # near-duplicate documents count once
            [own.nll - other.nll for own, other in zip(found, standard, strict=True)],
            [own.tokens for own in found],
            self._draws,
            self._seed,
        )


def _mean(found: Sequence[Likelihood]) -> float:
    return sum(one.nll for one in found) / sum(one.tokens for one in found)


def _signed(over: Difference) -> str:
    if over.low is None or over.high is None:
        return f"{over.value:+.4f}"
    return f"{over.value:+.4f} ({over.low:+.4f} to {over.high:+.4f})"
