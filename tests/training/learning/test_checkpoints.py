"""Checkpoints: whole, known when damaged, of one job; and a training that is killed and goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.training.faults import Faulty, furthest, plain, run
from tests.training.made_up import make_job
from training.adapters import read_manifest, read_metrics
from training.jobs import Event, TrainJob
from training.learning.checkpoints import MARKER, job_key, last_checkpoint, write_checkpoint
from training.sft import train


def write(new: Path, step: int) -> None:
    (new / "weights").write_text(f"weights {step}")


def filled(folder: Path, *steps: int) -> Path:
    job = folder / "job"
    for step in steps:
        write_checkpoint(job, step, lambda new, step=step: write(new, step))
    return job


def test_the_last_of_two_is_taken(tmp_path: Path):
    job = filled(tmp_path, 1, 2, 10)
    assert {path.name for path in job.iterdir()} == {"checkpoint-2", "checkpoint-10"}
    last = last_checkpoint(job, pytest.fail)
    assert last is not None and last.name == "checkpoint-10" and (last / "weights").read_text() == "weights 10"
    assert last_checkpoint(tmp_path / "none", pytest.fail) is None


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda path: (path / "weights").write_text("weights 1O"), "weights is not what was written"),
        (lambda path: (path / "weights").write_text(""), "weights is not what was written"),
        (lambda path: (path / "weights").unlink(), "weights is missing"),
        (lambda path: (path / MARKER).unlink(), f"{MARKER} is missing"),
        (lambda path: (path / MARKER).write_text("{"), "it cannot be read"),
        (lambda path: (path / MARKER).write_text("[]"), "it cannot be read"),
        (lambda path: (path / MARKER).write_text('{"job": "other"}'), "it is of another job"),
    ],
)
def test_a_damaged_one_is_told_and_the_one_before_it_is_taken(tmp_path: Path, damage: Any, word: str):
    job = filled(tmp_path, 5, 10)
    damage(job / "checkpoint-10")
    told: list[str] = []
    last = last_checkpoint(job, told.append)
    assert last is not None and last.name == "checkpoint-5"
    assert len(told) == 1 and word in told[0] and told[0].startswith("checkpoint-10 is left out")
    assert not (job / "checkpoint-10").exists()


def test_one_that_is_broken_off_leaves_what_there_was(tmp_path: Path):
    job = filled(tmp_path, 5)

    def half(new: Path) -> None:
        (new / "weights").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_checkpoint(job, 10, half)
    last = last_checkpoint(job, pytest.fail)
    assert last is not None and last.name == "checkpoint-5"
    assert filled(tmp_path, 10) == job and not (job / "writing").exists()


def test_it_belongs_to_one_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    job = make_job(tmp_path, "starter", batch=4, accumulation=2)

    def key(dataset: str = "data", revision: str = "base", seed: int = 3407, version: str = "", **changes: Any) -> str:
        settings = job.train.model_copy(update=changes)
        return job_key(job.model_copy(update={"train": settings, "seed": seed, "version": version}), dataset, revision)

    keys = [key(), key("other"), key(revision="other"), key(seed=1), key(version="2"), key(rank=8), key(batch=2)]
    with monkeypatch.context() as patch:
        patch.setattr("training.learning.checkpoints.package_versions", lambda settings: {"torch": "1.0"})
        keys.append(key())
    assert len(set(keys)) == len(keys)
    assert key() == key(batch=2, accumulation=4) == key(gradient_checkpointing=True) == key(checkpoint_minutes=1)


def test_they_are_asked_for_as_often_as_the_settings_say(monkeypatch: pytest.MonkeyPatch):
    from transformers import TrainerControl, TrainerState, TrainingArguments

    from training.learning.callbacks import Periodic

    now = [1000.0]
    monkeypatch.setattr("training.learning.callbacks.time.monotonic", lambda: now[0])
    periodic, asked = Periodic(minutes=5), []
    for step in range(1, 13):  # a step takes a minute and forty seconds, and every second one tells its loss
        now[0] += 100
        control = TrainerControl()
        periodic.on_step_end(TrainingArguments(use_cpu=True), TrainerState(global_step=step, logging_steps=2), control)
        asked += [step] if control.should_save else []
    assert asked == [4, 8, 12]


def test_one_that_goes_on_is_told_the_time_of_the_steps_left(monkeypatch: pytest.MonkeyPatch):
    from transformers import TrainerControl, TrainerState, TrainingArguments

    from training.learning import probe

    monkeypatch.setattr(probe, "probe", lambda trainer, tokens: {"training_s": tokens / 100})
    events: list[dict[str, Any]] = []
    for step in (0, 6):
        probing = probe.Probe(None, 800, events.append)  # type: ignore[arg-type]
        state = TrainerState(global_step=step, max_steps=8)
        probing.on_train_begin(TrainingArguments(use_cpu=True), state, TrainerControl())
    assert [event["training_s"] for event in events] == [8, 2]


def test_a_full_disk_costs_checkpoints_and_not_the_training(
    tmp_path: Path, tiny_qwen: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("training.learning.trainer.write_checkpoint", full)
    _, trained, events = run(plain(tmp_path, tiny_qwen, checkpoint_minutes=0, max_steps=3))
    told = [event["what"] for event in events if event["event"] == "unsaved"]
    assert trained["steps"] == 3 and len(told) == 2
    assert told[0] == "No checkpoint could be written after step 1: [Errno 28] No space left on device"


def killed(job: TrainJob, at: int) -> list[Event]:
    """The events of a real child, killed with SIGKILL after it told so many steps."""
    path = job.work / "job.json"
    path.write_text(job.model_dump_json())
    process = subprocess.Popen(
        [sys.executable, "-m", "training.sft", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "QUIRE_PARENT": str(os.getpid())},
    )
    assert process.stdout is not None
    events = []
    for line in process.stdout:
        events.append(json.loads(line))
        if events[-1]["event"] == "step" and events[-1]["step"] == at:
            process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    return events


def published(job: TrainJob) -> dict[str, Any]:
    """All that does not tell the time, and of what does the losses."""
    files = {
        name: (job.adapters / name).read_bytes() for name in (*read_manifest(job.adapters)["files"], "manifest.json")
    }
    return {**files, "history": read_metrics(job.adapters)["history"]}


@pytest.mark.slow
def test_killed_anywhere_and_run_again_it_gives_the_same_bytes(tmp_path: Path, tiny_qwen: Path):
    """With dropout, four-bit weights, early stopping and the best checkpoint; killed twice, the second time after it
    went on from a checkpoint, with one that was damaged meanwhile."""
    jobs = []
    for name in ("calm", "rough"):
        (tmp_path / name).mkdir()
        jobs.append(
            make_job(tmp_path / name, tiny_qwen, dropout=0.1, epochs=4, patience=2, checkpoint_minutes=0, batch=2)
        )
    calm, rough = jobs
    train(calm, lambda _: None)
    steps = sorted(random.Random("killed").sample(range(3, 28), 2))
    resumed = []
    for at in (*steps, None):
        events: list[Event] = []
        if at is None:
            train(rough, events.append)
        else:
            events = killed(rough, at)
        resumed += [event["step"] for event in events if event["event"] == "resumed"]
        if at == steps[0]:
            checkpoints = sorted(rough.work.glob("checkpoints/*/checkpoint-*"), key=lambda path: path.stat().st_mtime)
            (checkpoints[-1] / "optimizer.pt").write_bytes(b"")
            assert len(checkpoints) == 2
        assert [event["event"] for event in events].count("damaged") == (at == steps[1])
    assert resumed[0] in (steps[0] - 2, steps[0] - 1) and -1 <= resumed[1] - steps[1] <= 1 and len(resumed) == 2
    assert published(rough) == published(calm)
    assert not (rough.work / "checkpoints").exists()


def test_what_was_stopped_goes_on_with_other_micro_batches(faulty: type[Faulty], tmp_path: Path, tiny_qwen: Path):
    whole, _, _ = run(plain(tmp_path / "whole", tiny_qwen))
    job = plain(tmp_path / "stopped", tiny_qwen, checkpoint_minutes=0)
    faulty.form, faulty.fault = KeyboardInterrupt(), lambda where, times: where == "optimizer" and times == 6
    with pytest.raises(KeyboardInterrupt):  # in its fifth step; the state is allocated by one of no size
        run(job)
    faulty.fault = lambda where, times: False
    smaller = job.model_copy(
        update={"train": job.train.model_copy(update={"batch": 1, "accumulation": 8, "micro_batch": "batch"})}
    )
    weights, trained, events = run(smaller)
    assert [event["step"] for event in events if event["event"] == "resumed"] == [4]
    assert furthest(whole, weights) <= 1e-6 and trained["steps"] == 8
    assert [entry["step"] for entry in trained["history"]] == [0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8]
