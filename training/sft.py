"""Trains adapters in a process of its own: QLoRA by TRL's SFTTrainer, on a GPU or on the processor.

    python -m training.sft JOB.json

JOB.json is a `training.jobs.TrainJob`. Start it with `training.jobs.run`, which yields its events:

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
    {"event": "done", "steps", "trained_s"}
    {"event": "error", "status", "message", "fix"}

Run again after it was stopped, it goes on from its last checkpoint; adapters of the same job that are there already are
left as they are. It ends with 0 when the adapters are published, 3 where there was nothing to train, 1 for all else.
`training.evaluate` judges them.
"""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any

from augment.models import ModelFiles
from training.adapters import came_from, package_versions, read_metrics, write_adapters
from training.dataset import dataset_hash, read_split
from training.dataset import read_manifest as read_dataset_manifest
from training.jobs import Emit, TrainJob, child
from training.learning.checkpoints import job_key
from training.learning.fitting import CURVES, fit
from training.preparing.prepared import Prepared, prepare


def train(job: TrainJob, emit: Emit) -> None:
    """Preflight, training and publication. Raises NotTrainable and QuireError as the preflight does, and where the loss
    stops being a number."""
    source = read_dataset_manifest(job.dataset)
    prepared = prepare(job)
    lineage = _lineage(job, prepared.files, source)
    if not came_from(job.adapters, lineage):  # they did where a run was killed before it noted that they are finished
        _train(job, prepared, lineage, emit)
    shutil.rmtree(job.work / "checkpoints", ignore_errors=True)
    metrics = read_metrics(job.adapters)
    emit({"event": "done", "steps": metrics["steps"], "trained_s": metrics["timings"]["trained_s"]})


def _train(job: TrainJob, prepared: Prepared, lineage: dict[str, Any], emit: Emit) -> None:
    files, tokenizer, _, selections, checked = prepared
    emit({"event": "preflight", **checked.model_dump()})
    started = time.monotonic()
    checkpoints = job.work / "checkpoints" / job_key(job, lineage["dataset"], files.revision)
    weights, trained = fit(job, files, tokenizer, selections, checkpoints, emit)
    metrics = {
        **trained,
        "preflight": checked.model_dump(mode="json"),
        "timings": {"trained_s": round(time.monotonic() - started, 1)},
    }
    shutil.rmtree(job.adapters / CURVES, ignore_errors=True)
    shutil.move(job.work / CURVES, job.adapters / CURVES)  # where the Hugging Face hub looks for them
    write_adapters(job.adapters, weights, lineage, metrics)


def _lineage(job: TrainJob, files: ModelFiles, source: dict[str, Any]) -> dict[str, Any]:
    """What the adapters come from. The rows are named as they are on disk, edited by hand or not."""
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
        "settings": {"train": job.train.model_dump(mode="json")},
        "seed": job.seed,
        "version": job.version,
        "packages": package_versions(job.train),
    }


if __name__ == "__main__":
    sys.exit(child(train))
