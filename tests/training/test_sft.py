"""A real QLoRA training on the processor, end to end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from extractors.files import sha256_of
from training.jobs import TrainJob, run

MakeJob = Callable[..., TrainJob]


@pytest.mark.slow
def test_training_lowers_the_loss_and_publishes_adapters_that_reload(tiny_qwen: Path, make_job: MakeJob) -> None:
    job = make_job(tiny_qwen, epochs=8, patience=2, gradient_checkpointing=True)
    events = list(run(job))

    kinds = [event["event"] for event in events]
    assert kinds[0] == "preflight" and kinds[-1] == "done"
    assert {"step", "evaluation", "generating"} < set(kinds)
    metrics = json.loads((job.adapters / "metrics.json").read_text())
    losses = [entry["eval_loss"] for entry in metrics["history"] if "eval_loss" in entry]
    assert losses[-1] < 0.8 * losses[0]
    assert metrics["best_eval_loss"] == min(losses[1:])
    assert metrics["sets"]["test"]["adapters"]["loss"] < metrics["sets"]["test"]["base"]["loss"]
    assert metrics["verdict"]["outcome"] == "cannot tell"  # one document held out
    manifest = json.loads((job.adapters / "manifest.json").read_text())
    for name, file in manifest["files"].items():
        assert sha256_of(job.adapters / name) == file["sha256"]
