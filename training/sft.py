"""Trains adapters in a process of its own: QLoRA by TRL's SFTTrainer, on a GPU or on the processor.

    python -m training.sft JOB.json

JOB.json is a `training.jobs.TrainJob`: the folders of the dataset, of the adapters and of the work files, the sections
"train" and "evaluate" of the settings, and the seed. Start it with `training.jobs.run`, which yields its events:

    {"event": "waiting", "for": "GPU ..."}                                         another training holds the device
    {"event": "preflight", ...}                                                    as in metrics.json
    {"event": "probe", "step_s", "tokens_per_second", "training_s", "peak_memory_gib", "tokens_held"}
    {"event": "step", "step", "steps", "epoch", "loss", "learning_rate", "gradient_norm", "token_accuracy",
     "tokens_per_second", "memory_gib", "seconds_left"}
    {"event": "evaluation", "step", "steps", "epoch", "eval_loss", "eval_token_accuracy"}
    {"event": "memory", "place", "step", "error", "action"}                        it ran out, and training went on
    {"event": "damaged", "what"}                                                   a checkpoint that is left out
    {"event": "unsaved", "what"}                                                   one that could not be written
    {"event": "resumed", "step"}                                                   continued from a checkpoint
    {"event": "generating", "set", "model", "done", "of"}                          answers made of a held-out set
    {"event": "done", "verdict": {"outcome", "sentence"}, "steps", "trained_s", "judged_s"}
    {"event": "error", "status", "message", "fix"}

Run again after it was stopped, it goes on from its last checkpoint. It ends with 0 when the adapters are published,
3 where there was nothing to train, 1 for all else.
"""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any

from augment.models import ModelFiles
from training import models
from training.adapters import package_versions, write_adapters
from training.checkpoints import job_key
from training.dataset import dataset_hash, read_split
from training.dataset import read_manifest as read_dataset_manifest
from training.evaluate import evaluate
from training.fitting import CURVES, fit
from training.inference import generate
from training.jobs import Emit, Event, TrainJob, child
from training.prepared import prepare


def train(job: TrainJob, emit: Emit) -> None:
    """Preflight, training, a fresh start of the adapters, evaluation, and publication. Raises NotTrainable and
    QuireError as the preflight does, and where the loss stops being a number."""
    source = read_dataset_manifest(job.dataset)
    files, tokenizer, stops, selections, checked = prepare(job)
    emit({"event": "preflight", **checked.model_dump()})

    started = time.monotonic()
    key = job_key(job, dataset_hash(job.dataset), files.revision)
    weights, trained = fit(job, files, tokenizer, selections, job.work / "checkpoints" / key, emit)
    trained_s = time.monotonic() - started

    model = models.load_adapted(files, job.train, weights)
    first = selections["train"].examples[0]
    (proof,) = generate(model, tokenizer, stops, [first.prompt], job.evaluate.max_new_tokens)
    lacks: list[Event] = []
    judged = evaluate(model, tokenizer, stops, job, job.train, _noting(lacks, emit))
    judged_s = time.monotonic() - started - trained_s

    metrics = {
        **judged,
        **trained,
        "memory_events": [*trained["memory_events"], *lacks],
        "preflight": checked.model_dump(mode="json"),
        "reloaded": {"prompt": checked.sample["read"], "answer": proof},
        "timings": {"trained_s": round(trained_s, 1), "judged_s": round(judged_s, 1)},
    }
    write_adapters(job.adapters, weights, _lineage(job, files, source), metrics)
    shutil.rmtree(job.adapters / CURVES, ignore_errors=True)
    shutil.move(job.work / CURVES, job.adapters / CURVES)  # where the Hugging Face hub looks for them
    shutil.rmtree(job.work / "checkpoints", ignore_errors=True)
    emit({"event": "done", "verdict": judged["verdict"], "steps": trained["steps"], **metrics["timings"]})


def _noting(lacks: list[Event], emit: Emit) -> Emit:
    """Emits, and keeps each lack of memory."""

    def noting(event: Event) -> None:
        if event["event"] == "memory":
            lacks.append({name: value for name, value in event.items() if name != "event"})
        emit(event)

    return noting


def _lineage(job: TrainJob, files: ModelFiles, source: dict[str, Any]) -> dict[str, Any]:
    """What the adapters came from. The rows are named as they are on disk, edited by hand or not."""
    rows = dataset_hash(job.dataset)
    sides = {pair.doc_id: name for name in ("test", "validation", "train") for pair in read_split(job.dataset, name)}
    return {
        "base": {"model": job.train.model, "name": files.name, "revision": files.revision},
        "dataset": rows,
        "dataset_edited": rows != source["dataset"],
        "documents": [
            {
                "doc_id": document["doc_id"],
                "source": document["source"],
                "side": sides.get(document["doc_id"], "none"),
            }
            for document in source["documents"]
        ],
        "settings": {
            "train": job.train.model_dump(mode="json"),
            "evaluate": job.evaluate.model_dump(mode="json"),
        },
        "seed": job.seed,
        "packages": package_versions(),
    }


if __name__ == "__main__":
    sys.exit(child(train))
