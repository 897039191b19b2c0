"""TensorBoard's files hold the losses of metrics.json."""

from __future__ import annotations

import struct
from collections import defaultdict
from pathlib import Path

import pytest
from tensorboardX.proto.event_pb2 import Event as Written

from training.adapters import read_metrics
from training.jobs import Event, TrainJob


def curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """The scalars by name; a record is its length, a checksum, an event, and another checksum."""
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    (file,) = folder.iterdir()
    data, at = file.read_bytes(), 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        event = Written.FromString(data[at + 12 : at + 12 + length])
        for value in event.summary.value:
            found[value.tag].append((event.step, value.simple_value))
        at += length + 16
    return found


def test_tensorboard_has_every_loss_that_metrics_json_has(trained: tuple[TrainJob, list[Event]]) -> None:
    job, events = trained
    history, found = read_metrics(job.adapters)["history"], curves(job.adapters / "runs")
    for key, name in (("loss", "step/loss"), ("eval_loss", "evaluation/eval_loss")):
        told = [(entry["step"], pytest.approx(entry[key])) for entry in history if key in entry]
        assert told and found[name] == told
    steps = sum(event["event"] == "step" for event in events)
    assert len(found["step/tokens_per_second"]) == len(found["step/memory_gib"]) == steps
