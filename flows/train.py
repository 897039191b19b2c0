"""Dataset to adapters: training in a child process, whose events become logs and an exit status."""

from __future__ import annotations

import json
import logging
import shlex
import sys
from pathlib import Path

from prefect import get_run_logger, task

from augment.models import ModelFiles, locate
from extractors.errors import QuireError
from extractors.files import sha256_of
from extractors.ledger import LedgerEntry
from flows.corpus import replace_entries
from flows.progress import bar, say
from flows.settings import Settings, hash_of
from flows.steps import KEPT, ensure
from training import adapters
from training.dataset import dataset_hash, read_manifest
from training.jobs import TrainJob, run
from training.models import STARTER
from training.prepared import prepare, told


def train(settings: Settings) -> None:
    """Train adapters on the dataset in the output folder and judge them, unless those there came from just this.

    Raises QuireError if there is no dataset or the base model cannot be had, NotTrainable if training could not
    have taught anything.
    """
    dataset = read_manifest(settings.out / "dataset")
    try:
        base = base_model(settings)
    except QuireError as error:
        lack = LedgerEntry(unit="run", outcome="dropped", step="train", reason="no base model", detail=str(error))
        replace_entries(settings.out, "train", [lack])
        raise
    replace_entries(settings.out, "train", [])
    folder, rows = settings.out / "adapters", dataset_hash(settings.out / "dataset")
    versions = json.dumps(adapters.package_versions(), sort_keys=True)
    ensure(
        train_adapters,
        [folder / name for name in ("manifest.json", "adapter_model.safetensors", "metrics.json", "README.md")],
        hash_of(settings.train, settings.evaluate, settings.seed, versions),
        # A document without a row is in the lineage of the adapters too.
        [rows, base.revision, *(document["doc_id"] for document in dataset["documents"])],
        _job(settings),
    )
    say(verdict(settings.out))


def base_model(settings: Settings) -> ModelFiles:
    """The base model's files, downloaded where that is needed. Raises QuireError where they cannot be had."""
    return locate(settings.train.model, settings.train.revision, STARTER, setting="train.model")


def evaluate(settings: Settings) -> None:
    """Judge the adapters in the output folder again, on the dataset in the output folder."""
    read_manifest(settings.out / "dataset")
    adapters.read_manifest(settings.out / "adapters")
    _run(_job(settings), "training.evaluate")
    say(verdict(settings.out))


def verdict(out: Path) -> str:
    """The sentence that says whether the adapters beat their base model."""
    return str(json.loads((out / "adapters" / "metrics.json").read_bytes())["verdict"]["sentence"])


@task(name="train", task_run_name="train {job.train.model}", **{**KEPT, "retries": 0})
def train_adapters(key: str, job: TrainJob) -> str:
    """A dataset to adapters, card, metrics and manifest; the sha256 of the manifest."""
    _run(job, "training.sft")
    return sha256_of(job.adapters / "manifest.json")


def _run(job: TrainJob, module: str) -> None:
    """Run the child; its events go to the log of the task, its steps to the terminal."""
    logger = get_run_logger()
    with bar("Training" if module == "training.sft" else "Judging", None) as advance:
        for event in run(job, module):
            kind, told = event["event"], {name: value for name, value in event.items() if name != "event"}
            logger.log(
                logging.WARNING if kind in ("memory", "damaged", "unsaved") else logging.INFO,
                "%s %s",
                kind,
                " ".join(f"{name}={value}" for name, value in told.items()),
            )
            if kind == "step":
                now = f"loss {event['loss']:.3f}, {event['tokens_per_second']} tokens/s, {event['memory_gib']:.1f} GiB"
                advance(now, event["step"], event["steps"])
            elif kind == "generating":
                advance(f"{event['model']} answers {event['set']}", event["done"], event["of"])
            elif kind == "preflight":
                for warning in event["warnings"]:
                    say(warning)
            elif kind in SAID:
                say(SAID[kind].format(**event))


SAID = {
    "waiting": "Waiting for {for}, which another training holds.",
    "resumed": "Training goes on after step {step}.",
    "damaged": "{what}",
    "unsaved": "{what}; the training goes on.",
    "probe": "The steps should take {training_s:.0f} s, at {tokens_per_second} tokens a second.",
    "memory": "Memory ran out in {place}; it goes on with {action}. Nothing is lost.",
}
"""What a person at the terminal is told of an event."""


def _job(settings: Settings) -> TrainJob:
    out = settings.out.absolute()
    program, *words = sys.argv
    return TrainJob(
        dataset=out / "dataset",
        adapters=out / "adapters",
        work=settings.work.absolute() / "train",
        train=settings.train,
        evaluate=settings.evaluate,
        seed=settings.seed,
        command=shlex.join(["quire", *words]) if Path(program).name == "quire" else f"quire train --out {settings.out}",
    )


def foresee(settings: Settings) -> list[tuple[str, str]]:
    """What the training on the dataset in the output folder would begin with, in words; nothing is downloaded."""
    return told(prepare(_job(settings), download=False).checked)
