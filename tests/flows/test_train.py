"""What a person is told of a training: before it, and while it runs."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from extractors.errors import QuireError
from flows import train as module
from flows.settings import load
from tests.flows import pretend
from tests.training.made_up import make_dataset
from training.jobs import Event

EVENTS: list[Event] = [
    {"event": "waiting", "for": "GPU 0"},
    {"event": "preflight", "warnings": ["3 train rows are left out: too long."], "steps": 9},
    {"event": "damaged", "what": "checkpoint-4 is left out: optimizer.pt is missing."},
    {"event": "resumed", "step": 2},
    {"event": "unsaved", "what": "No checkpoint could be written after step 9: [Errno 28] No space left on device"},
    {"event": "probe", "training_s": 61.7, "tokens_per_second": 4200},
    {"event": "memory", "place": "training", "step": 2, "error": "CUDA out of memory", "action": "half of it"},
    {
        **{"event": "step", "step": 3, "steps": 9, "loss": 1.5},
        **{"tokens_per_second": 4000, "memory_gib": 2.5, "seconds_left": 9.0},
    },
    {"event": "generating", "set": "test", "model": "base", "done": 1, "of": 2},
]


class Shown:
    """Stands for the progress artifact."""

    told: ClassVar[list[object]] = []

    def __init__(self, key: str) -> None:
        type(self).told.clear()

    def tell(self, done: int, of: int, now: str) -> None:
        type(self).told.append((done, of, now))

    def finish(self) -> None:
        type(self).told.append("finished")


def test_events_are_logged_and_what_matters_is_said(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(module, "get_run_logger", lambda: logging.getLogger("of the run"))
    monkeypatch.setattr(module, "Live", Shown)
    said: list[str] = []
    monkeypatch.setattr(module, "say", said.append)
    with caplog.at_level(logging.INFO, "of the run"):
        assert list(module.followed((event for event in EVENTS), "Training")) == EVENTS
    levels = {record.message.partition(" ")[0]: record.levelname for record in caplog.records}
    assert levels == {
        **{
            "waiting": "INFO",
            "preflight": "INFO",
            "resumed": "INFO",
            "probe": "INFO",
            "step": "INFO",
            "generating": "INFO",
        },
        **{"damaged": "WARNING", "memory": "WARNING", "unsaved": "WARNING"},
    }
    assert "place=training step=2 error=CUDA out of memory action=half of it" in caplog.text
    assert said == [
        "Waiting for GPU 0, which another training holds.",
        "3 train rows are left out: too long.",
        "checkpoint-4 is left out: optimizer.pt is missing.",
        "Training goes on after step 2.",
        "No checkpoint could be written after step 9: [Errno 28] No space left on device; the training goes on.",
        "The steps should take 62 s, at 4200 tokens a second.",
        "Memory ran out in training; it goes on with half of it. Nothing is lost.",
    ]
    assert Shown.told == [(3, 9, "loss 1.500, 4000 tokens/s, 2.5 GiB, 0:00:09 left"), "finished"]


def test_what_to_type_to_go_on_is_what_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings = load(out=tmp_path / "out")
    monkeypatch.setattr(sys, "argv", ["/venv/bin/quire", "train", "--set", "train.model=my model"])
    assert module.training_job(settings).command == "quire train --set 'train.model=my model'"
    monkeypatch.setattr(sys, "argv", ["/venv/lib/prefect/engine.py"])
    assert module.training_job(settings).command == f"quire train --out {tmp_path / 'out'}"


def test_a_training_is_foreseen_without_starting_it(tmp_path: Path):
    settings = load(out=tmp_path / "out")
    make_dataset(settings.out / "dataset")
    before = sorted(path.name for path in settings.out.rglob("*"))
    words = dict(module.foresee(settings))
    assert words["rows"] == "28 to learn from, 8 to validate on"
    assert words["steps"].startswith("12, of ") and "GiB of" in words["memory"]
    assert words["sample, read"] and words["sample, learnt"]
    assert sorted(path.name for path in settings.out.rglob("*")) == before


@pytest.fixture
def started(server: str, tmp_path: Path) -> Iterator[Callable[..., list[str]]]:
    """Trains or judges in the output folder of a test, with these settings; tells the children that were started."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    make_dataset(tmp_path / "out" / "dataset")

    def perform(*overrides: str, command: str = "train") -> list[str]:
        notes = tmp_path / "started"
        notes.unlink(missing_ok=True)
        pretend.performed(load(out=tmp_path / "out", overrides=overrides), notes, command)
        return notes.read_text().splitlines() if notes.exists() else []

    with temporary_settings({PREFECT_API_URL: server}):
        yield perform


@pytest.mark.slow
def test_what_changed_is_done_again_and_nothing_else(started: Callable[..., list[str]], tmp_path: Path):
    adapters, dataset = tmp_path / "out" / "adapters", tmp_path / "out" / "dataset"
    both, judging = ["sft", "evaluate"], ["evaluate"]
    assert started() == both
    assert started() == []
    assert started("evaluate.draws=500") == judging
    assert json.loads((adapters / "README.md").read_text())["judged"]["draws"] == 500
    assert started() == judging
    assert started(command="evaluate") == judging and started() == []
    assert started("train.rank=8") == both
    assert started() == both
    (adapters / "adapter_model.safetensors").unlink()
    assert started() == both
    (adapters / "adapter_model.safetensors").write_text("damaged")
    assert started() == both
    rows = (dataset / "train.json").read_text()
    (dataset / "train.json").write_text(rows.partition("\n")[2])
    assert started() == both
    (dataset / "train.json").write_text(rows)
    assert started() == both


@pytest.mark.slow
def test_killed_between_training_and_judging_it_goes_on_with_judging(
    started: Callable[..., list[str]], server: str, tmp_path: Path
):
    killed = subprocess.run(
        [sys.executable, "-m", "tests.flows.pretend", tmp_path / "out", tmp_path / "first", "die"],
        env={**os.environ, "PREFECT_API_URL": server},
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert (tmp_path / "first").read_text().split() == ["sft", "evaluate"]
    assert started() == ["evaluate"]
    assert started() == []


def test_what_is_not_there_or_damaged_is_named(tmp_path: Path):
    settings = load(out=tmp_path / "out")
    for command in (module.train, module.evaluate):
        with pytest.raises(QuireError, match=r"There is no dataset in .*/out/dataset\. Run `quire build` first\."):
            command(settings)
    dataset = make_dataset(settings.out / "dataset")
    with pytest.raises(QuireError, match=r"There are no adapters in .*/out/adapters\. Run `quire train` first\."):
        module.evaluate(settings)
    (dataset / "manifest.json").write_text("{")
    with pytest.raises(QuireError, match=r"manifest\.json is damaged\. Run `quire build` again\."):
        module.train(settings)
