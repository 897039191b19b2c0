"""Checkpoints that appear whole or not at all, are known when damaged, and belong to one job."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from extractors.files import sha256, sha256_of, write_whole
from training.adapters import package_versions
from training.jobs import TrainJob

KEPT = 2
"""The last one, and the one before it, should the last be damaged."""

MARKER = "checkpoint.json"
"""The key of the job and the sha256 of every file; written last."""

NOT_OF_THE_RESULT = {
    *("batch", "accumulation", "eval_batch", "micro_batch", "checkpoint_minutes"),
    *("gradient_checkpointing", "padding", "head", "base_weights", "processes", "parallel"),
}
"""Settings of training that may differ where one is continued: the step learns from the same examples all the same."""


def job_key(job: TrainJob, dataset: str, revision: str) -> str:
    """What must be the same for one training to be continued by another: dataset and base model by their hashes, the
    seed, every setting but how many examples are held at once, and the versions of the step and of the packages."""
    settings = job.train.model_dump(mode="json", exclude=NOT_OF_THE_RESULT)
    settings["examples_a_step"] = job.train.examples_a_step
    parts = [dataset, revision, job.seed, settings, job.version, package_versions(job.train)]
    return sha256(json.dumps(parts, sort_keys=True))[:16]


def write_checkpoint(folder: Path, step: int, fill: Callable[[Path], None]) -> Path:
    """A checkpoint of the job whose checkpoints stand in `folder`, with the files that `fill` writes into the folder it
    is given; older ones than the last two are removed."""
    writing, whole = folder / "writing", folder / f"checkpoint-{step}"
    shutil.rmtree(writing, ignore_errors=True)
    writing.mkdir(parents=True)
    fill(writing)
    files = {}
    for path in sorted(path for path in writing.rglob("*") if path.is_file()):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        files[path.relative_to(writing).as_posix()] = sha256_of(path)
    write_whole(writing / MARKER, json.dumps({"job": folder.name, "step": step, "files": files}, indent=2))
    _flush(writing)
    shutil.rmtree(whole, ignore_errors=True)
    writing.rename(whole)
    _flush(folder)
    for old in _by_step(folder)[KEPT:]:
        shutil.rmtree(old)
    return whole


def last_checkpoint(folder: Path, tell: Callable[[str], None]) -> Path | None:
    """The last whole checkpoint in `folder`, if there is one. Damaged ones are told and removed."""
    for checkpoint in _by_step(folder):
        damage = _damage(checkpoint, folder.name)
        if not damage:
            return checkpoint
        tell(f"{checkpoint.name} is left out: {damage}.")
        shutil.rmtree(checkpoint)
    return None


def _damage(checkpoint: Path, key: str) -> str:
    """What is wrong with a checkpoint; nothing where it is whole."""
    try:
        marker = json.loads((checkpoint / MARKER).read_bytes())
        if marker["job"] != key:
            return "it is of another job"
        for name, expected in marker["files"].items():
            if sha256_of(checkpoint / name) != expected:
                return f"{name} is not what was written"
    except FileNotFoundError as error:
        return f"{Path(str(error.filename)).name} is missing"
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        return f"it cannot be read ({type(error).__name__})"
    return ""


def step_of(checkpoint: Path) -> int:
    """The optimizer steps done when it was written."""
    return int(checkpoint.name.rpartition("-")[2])


def _by_step(folder: Path) -> list[Path]:
    """The newest first."""
    found = [path for path in folder.glob("checkpoint-*") if path.name.rpartition("-")[2].isdecimal()]
    return sorted(found, key=step_of, reverse=True)


def _flush(folder: Path) -> None:
    """Makes the names in a folder last through a loss of power, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
