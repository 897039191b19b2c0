"""Two processes that share a training, as `accelerate launch` starts them, on the processor."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from extractors.errors import QuireError
from tests.training.faults import furthest
from tests.training.made_up import make_job
from training import evaluate, jobs, ranks
from training.adapters import read_metrics
from training.jobs import Event, TrainJob, run
from training.settings import TrainSettings
from training.sft import train

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel signals the death of a parent on Linux alone"
)


def plainly(folder: Path, model: Path, **settings: object) -> TrainJob:
    """In float32, without dropout. The last step of an epoch has one example: nothing for the second process."""
    folder.mkdir(exist_ok=True)
    few = {"strategy": "lora", "dropout": 0, "learning_rate": 2e-4, "epochs": 3, "patience": 3}
    return make_job(folder, model, **{**few, "batch": 9, "accumulation": 1, **settings})


@pytest.fixture(scope="module")
def alone(tiny_qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainJob:
    job = plainly(tmp_path_factory.mktemp("alone"), tiny_qwen)
    train(job, lambda _: None)
    return job


def test_what_several_cannot_do_is_refused():
    with pytest.raises(ValueError, match="strategy must be lora"):
        TrainSettings(parallel="fsdp")
    with pytest.raises(ValueError, match="one process alone"):
        TrainSettings(engine="unsloth", processes=2)
    assert TrainSettings(strategy="lora", parallel="fsdp", processes=2).parallel == "fsdp"


@pytest.mark.parametrize(
    ("allowed", "place", "own"), [(None, "", "0"), (None, "1", "1"), ("4,7", "", "4"), ("4,7", "1", "7"), ("", "1", "")]
)
def test_each_takes_the_gpu_of_its_place(allowed: str | None, place: str, own: str, monkeypatch: pytest.MonkeyPatch):
    for name, value in {"CUDA_VISIBLE_DEVICES": allowed, "LOCAL_RANK": place or None}.items():
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert ranks.own_gpu() == own


def weights(job: TrainJob) -> dict[str, torch.Tensor]:
    return load_file(job.adapters / "adapter_model.safetensors")


def losses(job: TrainJob) -> list[float]:
    return [entry.get("loss", entry.get("eval_loss")) for entry in read_metrics(job.adapters)["history"]]


def accuracies(job: TrainJob) -> list[float]:
    return [entry["token_accuracy"] for entry in read_metrics(job.adapters)["history"] if "token_accuracy" in entry]


UNEVEN = """
import sys, torch
from training import jobs, ranks, sft
from training.learning import sharing

real, times = sharing.SharedTrainer.compute_loss, [0]

def compute_loss(trainer, model, *arguments, **named):
    if ranks.rank() == 1 and model.training:
        times[0] += 1
        if times[0] in (3, 6):
            raise torch.OutOfMemoryError("CUDA out of memory.")
    return real(trainer, model, *arguments, **named)

sharing.SharedTrainer.compute_loss = compute_loss
sys.exit(jobs.child(sft.train))
"""


@pytest.mark.slow
def test_two_go_on_from_one_learn_the_same_and_run_out_of_memory_each_for_itself(
    alone: TrainJob, tmp_path: Path, tiny_qwen: Path, monkeypatch: pytest.MonkeyPatch
):
    def stop(event: Event) -> None:
        if event["event"] == "step" and event["step"] == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(plainly(tmp_path, tiny_qwen, checkpoint_minutes=0), stop)

    (tmp_path / "uneven.py").write_text(UNEVEN)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path.cwd()}")
    monkeypatch.setattr(jobs, "LEARNING", ("uneven",))
    job = plainly(tmp_path, tiny_qwen, processes=2)
    events = list(run(job, "uneven"))
    assert [event["event"] for event in events].count("preflight") == 1 and events[-1]["event"] == "done"
    assert {"event": "resumed", "step": 5} in events
    assert [event["place"] for event in events if event["event"] == "memory"] == ["training", "training"]
    assert losses(job) == pytest.approx(losses(alone), abs=2e-6) and len(losses(job)) == 12 + 4
    assert accuracies(job) == pytest.approx(accuracies(alone), abs=1e-6)
    assert furthest(weights(job), weights(alone)) < 1e-6
    assert (job.work / "log.txt").read_text().count("'train_loss'") == 2


@pytest.mark.slow
def test_where_one_fails_all_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "odd.py").write_text(
        "import sys, time\n"
        "from training import jobs, ranks\n"
        "sys.exit(jobs.child(lambda job, emit: {}['odd'] if ranks.rank() == 1 else time.sleep(600)))\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path.cwd()}")
    monkeypatch.setattr(jobs, "LEARNING", ("odd",))
    job = plainly(tmp_path, Path("starter"), processes=2)
    with pytest.raises(QuireError, match=r"failed: KeyError: 'odd'"):
        list(run(job, "odd"))
    assert not processes_of(job)


@pytest.mark.slow
def test_they_end_with_whoever_started_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "sleeper.py").write_text(
        "import os, time\n"
        "from extractors.processes import die_with_parent\n"
        "die_with_parent(int(os.environ['QUIRE_PARENT']))\n"
        'print(\'{"event": "here"}\', flush=True)\ntime.sleep(600)\n'
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path.cwd()}")
    monkeypatch.setattr(jobs, "LEARNING", ("sleeper",))
    job = plainly(tmp_path, Path("starter"), processes=2)
    events = run(job, "sleeper")
    assert [next(events), next(events)] == [{"event": "here"}] * 2
    assert len(processes_of(job)) == 3
    events.close()
    end = time.monotonic() + 5
    while processes_of(job) and time.monotonic() < end:
        time.sleep(0.05)
    assert not processes_of(job)


def processes_of(job: TrainJob) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().decode()
            state = (process / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if str(job.work / "job.json") in line and state != "Z" and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


SPREAD = """
import sys, torch
from torch.distributed.tensor import DTensor
from training import jobs, ranks, sft
from training.learning import sharing

real = sharing.SharedTrainer.compute_loss

def compute_loss(trainer, model, *arguments, **named):
    once = ranks.rank() == 1 and not (trainer._checkpoints / sharing.ROOM).exists()
    if once and model.training and trainer.state.global_step == 4:
        raise torch.OutOfMemoryError("CUDA out of memory.")
    return real(trainer, model, *arguments, **named)

def train(job, emit):
    jobs_trainer = sharing.SharedTrainer.__init__
    def made(trainer, **named):
        jobs_trainer(trainer, **named)
        frozen = [value for value in trainer.model.parameters() if not value.requires_grad]
        held = sum(value.to_local().numel() for value in frozen) / sum(value.numel() for value in frozen)
        emit({"event": "holds", "share": held})
    sharing.SharedTrainer.__init__ = made
    sft.train(job, emit)

sharing.SharedTrainer.compute_loss = compute_loss
sys.exit(jobs.child(train))
"""


@pytest.mark.slow
def test_a_base_that_is_spread_over_two_learns_the_same_and_starts_again_where_memory_ran_out(
    alone: TrainJob, tmp_path: Path, tiny_qwen: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "spread.py").write_text(SPREAD)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path.cwd()}")
    monkeypatch.setattr(jobs, "LEARNING", ("spread",))
    job = plainly(tmp_path, tiny_qwen, processes=2, parallel="fsdp")
    events = list(run(job, "spread"))
    kinds = [event["event"] for event in events]
    assert [event["share"] for event in events if event["event"] == "holds"] == [pytest.approx(0.5, abs=0.01)] * 2
    assert kinds.count("memory") == 1 and {"event": "resumed", "step": 4} in events
    assert losses(job) == pytest.approx(losses(alone), abs=2e-6)
    assert furthest(weights(job), weights(alone)) < 1e-6

    judged = list(run(job, "training.evaluate"))
    evaluate.judge_adapters(alone, lambda _: None)
    assert judged[-1]["event"] == "done" and [event["event"] for event in judged].count("forgetting") == 1
    one, other = (read_metrics(each.adapters)["sets"]["test"] for each in (job, alone))
    for who in ("base", "few_shot", "adapters"):
        assert one[who] == pytest.approx(other[who], rel=1e-5, abs=1e-5)
    assert (job.adapters / "README.md").exists()
