"""Training and judging in no time: children that write what the real ones do, and a flow that starts them.

    python -m tests.flows.pretend OUT STARTED [die]

trains into OUT and notes in STARTED which children it started; with "die" it is killed as the second one starts.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

from prefect import flow

from extractors.files import sha256_of
from flows import train as module
from flows.settings import Settings, load
from training.adapters import CARD, MANIFEST, read_metrics, write_adapters, write_metrics
from training.dataset import dataset_hash
from training.jobs import Event, TrainJob


def child(job: TrainJob, name: str) -> Generator[Event, None, None]:
    """What `training.jobs.run` is, without a model."""
    if name == "training.sft":
        weights = job.work / "adapters"
        weights.mkdir(parents=True)
        (weights / "adapter_model.safetensors").write_text(job.train.model_dump_json())
        write_adapters(
            job.adapters, weights, {"dataset": dataset_hash(job.dataset)}, {"history": [{"step": 1, "loss": 1}]}
        )
    else:
        card = {"of": sha256_of(job.adapters / MANIFEST), "judged": job.evaluate.model_dump()}
        write_metrics(job.adapters, {**read_metrics(job.adapters), "verdict": {"sentence": "Cannot tell."}})
        (job.adapters / CARD).write_text(json.dumps(card))
    yield {"event": "done"}


def performed(settings: Settings, started: Path, command: str = "train", die: bool = False) -> None:
    """Train or evaluate with such children. `started` gets a line for each."""

    def run(job: TrainJob, name: str) -> Generator[Event, None, None]:
        with started.open("a") as notes:
            notes.write(f"{name.removeprefix('training.')}\n")
        if die and name == "training.evaluate":
            os.kill(os.getpid(), signal.SIGKILL)
        return child(job, name)

    replaced: dict[str, Any] = {"run": run, "show_results": lambda out: None}
    real = {name: getattr(module, name) for name in replaced}
    vars(module).update(replaced)
    try:
        flow(getattr(module, command))(settings)
    finally:
        vars(module).update(real)


if __name__ == "__main__":
    performed(load(out=Path(sys.argv[1])), Path(sys.argv[2]), die="die" in sys.argv)
