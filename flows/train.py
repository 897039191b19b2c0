"""Dataset to adapters to a verdict: training and judging, each in a child process whose events become logs, a bar and
an artifact."""

from __future__ import annotations

import json
import logging
import shlex
import sys
from collections.abc import Generator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from prefect import get_run_logger, task

from augment.models import ModelFiles, locate
from extractors.errors import QuireError
from extractors.files import sha256_of
from extractors.ledger import LedgerEntry
from flows.corpus import replace_entries
from flows.kept import VERSIONS, step_key
from flows.live import Live
from flows.progress import bar, say
from flows.results import show_results
from flows.settings import Settings, hash_of
from flows.steps import KEPT, anew, ensure
from training import adapters
from training.base.engines import refuse
from training.base.models import STARTER
from training.dataset import dataset_hash, read_manifest
from training.jobs import Event, TrainJob, run
from training.preparing.prepared import prepare, told


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
    versions = json.dumps(adapters.package_versions(settings.train), sort_keys=True)
    job = training_job(settings)
    ensure(
        train_adapters if adapters.whole(folder) else anew(train_adapters),  # the manifest says nothing of damage
        [folder / adapters.MANIFEST],
        hash_of(settings.train, settings.seed, versions),
        # A document without a row is in the lineage of the adapters too.
        [rows, base.revision, *(document["doc_id"] for document in dataset["documents"])],
        job,
    )
    ensure(judge_adapters, [folder / adapters.CARD], *_judged_by(settings), job)
    _tell(settings.out)


def _judged_by(settings: Settings) -> tuple[str, list[str]]:
    """The hashes of the settings, and of what is read, on which the verdict hangs."""
    manifest = sha256_of(settings.out / "adapters" / adapters.MANIFEST)
    return hash_of(settings.evaluate, settings.seed), [manifest, dataset_hash(settings.out / "dataset")]


def base_model(settings: Settings) -> ModelFiles:
    """The base model's files, downloaded where that is needed. Raises QuireError where they cannot be had, or nothing
    could train it here."""
    refuse(settings.train)
    return locate(settings.train.model, settings.train.revision, STARTER, setting="train.model")


def evaluate(settings: Settings) -> None:
    """Judge the adapters in the output folder again, on the dataset in the output folder."""
    read_manifest(settings.out / "dataset")
    adapters.read_manifest(settings.out / "adapters")
    settings_hash, inputs = _judged_by(settings)
    key = step_key(judge_adapters.name, settings_hash, hash_of(inputs))
    anew(judge_adapters).submit(key, training_job(settings)).result()
    _tell(settings.out)


def _tell(out: Path) -> None:
    """The verdict and the tables of the adapters in an output folder, at the terminal."""
    say(adapters.read_metrics(out / "adapters")["verdict"]["sentence"])
    show_results(out)


@task(name="train", task_run_name="train {job.train.model}", **{**KEPT, "retries": 0})
def train_adapters(key: str, job: TrainJob) -> str:
    """A dataset to adapters, metrics and manifest; the sha256 of the manifest."""
    for _ in followed(run(job, "training.sft"), "Training"):
        pass
    return sha256_of(job.adapters / adapters.MANIFEST)


@task(name="judge", task_run_name="judge", **{**KEPT, "retries": 0})
def judge_adapters(key: str, job: TrainJob) -> str:
    """Adapters to a verdict in their metrics and on their card; the sha256 of the card."""
    for _ in followed(run(job, "training.evaluate"), "Judging"):
        pass
    return sha256_of(job.adapters / adapters.CARD)


def followed(events: Generator[Event, None, None], title: str) -> Generator[Event, None, None]:
    """Passes on the events of a child, each told of before: in the log of the run, at the terminal, and the steps of a
    training in a progress artifact too."""
    logger, live = get_run_logger(), Live("training")
    with closing(events), bar(title, None) as advance:
        for event in events:
            kind, told = event["event"], {name: value for name, value in event.items() if name != "event"}
            logger.log(
                logging.WARNING if kind in ("memory", "damaged", "unsaved") else logging.INFO,
                "%s %s",
                kind,
                " ".join(f"{name}={value}" for name, value in told.items()),
            )
            if kind == "step":
                now = _in_words(event)
                advance(now, event["step"], event["steps"])
                left = timedelta(seconds=round(event["seconds_left"]))  # at the terminal the bar tells it
                live.tell(event["step"], event["steps"], f"{now}, {left} left")
            elif kind == "generating":
                who = "base with examples" if event["model"] == "few_shot" else event["model"]
                advance(f"{event['set']}: {who}", event["done"], event["of"])
            elif kind == "preflight":
                for warning in event["warnings"]:
                    say(warning)
            elif kind in SAID:
                say(SAID[kind].format(**event))
            yield event
        live.finish()


def _in_words(step: Event) -> str:
    return f"loss {step['loss']:.3f}, {step['tokens_per_second']} tokens/s, {step['memory_gib']:.1f} GiB"


SAID = {
    "waiting": "Waiting for {for}, which another training holds.",
    "resumed": "Training goes on after step {step}.",
    "damaged": "{what}",
    "unsaved": "{what}; the training goes on.",
    "probe": "The steps should take {training_s:.0f} s, at {tokens_per_second} tokens a second.",
    "memory": "Memory ran out in {place}; it goes on with {action}. Nothing is lost.",
}
"""What a person at the terminal is told of an event."""


def training_job(settings: Settings) -> TrainJob:
    """What the child processes of these settings do."""
    out = settings.out.absolute()
    program, *words = sys.argv
    return TrainJob(
        dataset=out / "dataset",
        adapters=out / "adapters",
        work=settings.work.absolute() / "train",
        train=settings.train,
        evaluate=settings.evaluate,
        seed=settings.seed,
        version=VERSIONS["train"],
        command=shlex.join(["quire", *words]) if Path(program).name == "quire" else f"quire train --out {settings.out}",
    )


def foresee(settings: Settings) -> list[tuple[str, str]]:
    """What the training on the dataset in the output folder would begin with, in words; nothing is downloaded."""
    return told(prepare(training_job(settings), download=False).checked)
