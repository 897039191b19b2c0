"""What a training needs, gathered and checked before anything is loaded onto a device."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from augment.models import ModelFiles
from training.base import engines, models
from training.dataset import JSON_FILES, read_split
from training.jobs import TrainJob
from training.preparing.preflight import Preflight, preflight
from training.prompts import encode
from training.selection import Selection, select


class Prepared(NamedTuple):
    """`selections` are the rows of "train" and "validation" as tokens."""

    files: ModelFiles
    tokenizer: Any
    stops: frozenset[int]
    selections: dict[str, Selection]
    checked: Preflight


def prepare(job: TrainJob, *, download: bool = True) -> Prepared:
    """Reads the rows and checks them. Raises QuireError where the model or its engine cannot be had, and as
    the preflight does."""
    engines.refuse(job.train)
    files = models.find(job.train, download=download)
    tokenizer = models.load_tokenizer(files)
    stops = models.stop_ids(files, tokenizer)
    # Also what is only judged by: a damaged row should not be found after hours of training.
    pairs = {name: read_split(job.dataset, name) for name in JSON_FILES}
    selections = {}
    for name in ("train", "validation"):
        rows = pairs[name]
        fitting = [pair for pair in rows if job.train.with_context or not pair.open_book]
        chosen = select(encode(fitting, tokenizer, stops, job.train), job.train, training=name == "train")
        beside = tuple(pair.id for pair in rows if pair.open_book and not job.train.with_context)
        selections[name] = replace(chosen, open_book=beside)
    answers = {pair.id: pair.answer for pair in pairs["train"]}
    originals = {pair.id for pair in pairs["train"] if pair.kind == "original"}
    checked = preflight(job, files, selections, answers, tokenizer, stops, originals)
    return Prepared(files, tokenizer, stops, selections, checked)


def told(checked: Preflight) -> list[tuple[str, str]]:
    """A preflight in words: what was looked at, and what was found."""
    rows, memory, lengths = checked.rows, checked.memory, checked.lengths
    widest = max(count for _, count in checked.histogram)
    bars = "".join(
        "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"[count * 7 // widest] for _, count in checked.histogram
    )
    left_out = {
        f"{count} {reason.replace('_', ' ')}"
        for counts in rows.values()
        for reason, count in counts.items()
        if count and reason not in ("read", "used")
    }
    parts = ", ".join(
        f"{name} {getattr(memory, name):.2f}" for name in ("weights", "learnt", "optimizer", "activations", "head")
    )
    return [
        ("rows", f"{rows['train']['used']} to learn from, {rows['validation']['used']} to validate on"),
        ("left out", ", ".join(sorted(left_out)) or "none"),
        (
            "tokens a row",
            f"{lengths['shortest']} to {lengths['longest']}, half of them up to {lengths['median']}  {bars}",
        ),
        ("learnt", f"{checked.supervised_share:.0%} of the tokens; each answer ends in {checked.end_of_turn!r}"),
        ("sample, read", checked.sample["read"]),
        ("sample, learnt", checked.sample["learnt"]),
        ("steps", f"{checked.steps}, of {checked.tokens} tokens in all"),
        ("memory", f"about {memory.total:.2f} GiB of {memory.free:.2f} free ({memory.device}): {parts}"),
        ("held at once", checked.held),
        ("disk", f"{checked.disk['needed']:.2f} GiB for checkpoints of {checked.disk['free']:.1f} free"),
        *(("warning", warning) for warning in checked.warnings),
    ]
