"""What is looked at before the first step: rows, lengths, labels, the end of the turn, memory and disk."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from augment.models import ModelFiles
from extractors.errors import QuireError
from extractors.records import Record
from training.jobs import NotTrainable, TrainJob
from training.memory.available import GIB, free_disk
from training.preparing.estimate import MemoryEstimate
from training.preparing.layout import lay_out
from training.prompts import IGNORED, Encoded
from training.selection import Selection, total_steps, total_tokens
from training.settings import TrainSettings
from training.strategies import STRATEGIES

BINS = 10

CHECKPOINTS = 3
"""That stand side by side: two, and the one being written."""

READ_BACK = 1000
"""Rows whose answers are read back from their tokens."""


class Preflight(Record):
    """What was found, as it stands in metrics.json under "preflight"."""

    rows: dict[str, dict[str, int]]
    lengths: dict[str, int]
    histogram: tuple[tuple[int, int], ...]
    """Longest length of a bin in tokens, and its training examples."""
    supervised_share: float
    sample: dict[str, str]
    end_of_turn: str
    steps: int
    tokens: int
    """Of the whole training."""
    memory: MemoryEstimate
    held: str
    """At once, in words."""
    disk: dict[str, float]
    warnings: tuple[str, ...] = ()


def preflight(
    job: TrainJob,
    files: ModelFiles,
    selections: dict[str, Selection],
    answers: Mapping[str, str],
    tokenizer: Any,
    stops: frozenset[int],
    originals: Collection[str] = (),
) -> Preflight:
    """What is known before the first step; `answers` are those of the training rows by id, `originals` the ids of those
    that are no variants, of which one is shown.

    Raises NotTrainable where training would learn nothing or never learn to stop, QuireError where it cannot end.
    """
    train = selections["train"]
    _something_to_train(job, train)
    _learns_to_stop(train.examples, tokenizer, stops)
    lengths = sorted(len(example) for example in train.examples)
    supervised = sum(label != IGNORED for example in train.examples for label in example.labels)
    judged = [len(example) for example in selections["validation"].examples]
    layout = lay_out(files, job.train, lengths, judged)
    memory = layout.memory
    needed, free = CHECKPOINTS * (memory.learnt + memory.optimizer), free_disk(job.work) / GIB
    if free < needed:
        raise QuireError(
            f"The disk of {job.work} has {free:.1f} GiB free; the checkpoints of this training take {needed:.1f} GiB.",
            fix="Free some, or choose another output folder.",
        )
    return Preflight(
        rows={name: selection.counts() for name, selection in selections.items()},
        lengths={
            "shortest": lengths[0],
            "median": lengths[len(lengths) // 2],
            "ninetieth_percentile": lengths[int(0.9 * (len(lengths) - 1))],
            "longest": lengths[-1],
        },
        histogram=_histogram(lengths),
        supervised_share=round(supervised / sum(lengths), 4),
        sample=_sample(next((one for one in train.examples if one.id in originals), train.examples[0]), tokenizer),
        end_of_turn=tokenizer.decode([train.examples[0].completion[-1]]),
        steps=total_steps(len(lengths), job.train),
        tokens=total_tokens(train.examples, job.train),
        memory=memory,
        held=str(layout.room),
        disk={"needed": round(needed, 3), "free": round(free, 3)},
        warnings=(
            *_warnings(job.train, selections, memory),
            *_misread(train.examples[:READ_BACK], answers, tokenizer),
        ),
    )


def _something_to_train(job: TrainJob, train: Selection) -> None:
    if train.examples:
        return
    counts = train.counts()
    if not counts["read"]:
        raise NotTrainable(f"{job.dataset} has no training rows.", fix="Build it from more documents: `quire build`.")
    if counts["unlabelled"] and counts["unlabelled"] >= counts["too_long"] + counts["outliers"]:
        raise NotTrainable(
            "Every label would be masked: the prompt format leaves nothing of the answers to learn from "
            f"({counts['unlabelled']} of {counts['read']} rows).",
            fix="Set train.prompt to 'question' or 'instruction', or use a model whose chat template writes answers.",
        )
    raise NotTrainable(
        f"None of {counts['read']} training rows is short enough: {counts['too_long']} are longer than "
        f"train.max_length = {job.train.max_length} tokens, {counts['outliers']} longer than "
        f"train.outlier_tokens = {job.train.outlier_tokens}.",
        fix="Raise these settings" + (", or set train.with_context to false." if job.train.with_context else "."),
    )


def _learns_to_stop(examples: Sequence[Encoded], tokenizer: Any, stops: frozenset[int]) -> None:
    endless = [example for example in examples if example.completion[-1] not in stops]
    if endless:
        names = ", ".join(sorted(repr(tokenizer.decode([token])) for token in stops))
        raise NotTrainable(
            f"{len(endless)} of {len(examples)} training rows do not end in a token at which generation stops "
            f"({names}), so the model would never learn to stop. The first ends in "
            f"{tokenizer.decode(list(endless[0].completion[-8:]))!r}.",
            fix="Use the instruct variant of this model, or set train.prompt to 'question' or 'instruction'.",
        )


def _histogram(lengths: Sequence[int]) -> tuple[tuple[int, int], ...]:
    width = max(1, math.ceil(lengths[-1] / BINS))
    edges = range(width, lengths[-1] + width, width)
    return tuple((edge, sum(edge - width < length <= edge for length in lengths)) for edge in edges)


def _sample(example: Encoded, tokenizer: Any) -> dict[str, str]:
    return {
        "id": example.id,
        "read": tokenizer.decode(list(example.prompt)),
        "learnt": tokenizer.decode(list(example.completion)),
    }


def _warnings(settings: TrainSettings, selections: dict[str, Selection], memory: MemoryEstimate) -> list[str]:
    warnings = []
    for name, selection in selections.items():
        for reason, count in selection.counts().items():
            if count and reason not in ("read", "used"):
                warnings.append(f"{count} {name} rows are left out: {reason.replace('_', ' ')}.")
    if memory.total > memory.free:
        warnings.append(
            f"Training should take about {memory.total:.1f} GiB, and {memory.free:.1f} GiB are free: "
            "fewer examples will be held at once, which takes longer."
        )
    low, high = STRATEGIES[settings.strategy].RATES
    if not low <= settings.learning_rate <= high:
        warnings.append(
            f"train.learning_rate = {settings.learning_rate:g} is unusual where train.strategy = "
            f"{settings.strategy!r}: from {low:g} to {high:g} is common."
        )
    if settings.patience and not selections["validation"].examples:
        warnings.append("There are no validation rows, so training neither stops early nor picks a best checkpoint.")
    return warnings


def _misread(examples: Sequence[Encoded], answers: Mapping[str, str], tokenizer: Any) -> list[str]:
    """Answers that the prompt format and the tokenizer do not give back as they were."""
    read = {example.id: tokenizer.decode(list(example.completion), skip_special_tokens=True) for example in examples}
    wrong = [name for name, text in read.items() if text.split() != answers[name].split()]
    if not wrong:
        return []
    return [
        f"{len(wrong)} of {len(read)} answers are learnt otherwise than they are written, such as "
        f"{read[wrong[0]].strip()!r} for {answers[wrong[0]]!r}."
    ]
