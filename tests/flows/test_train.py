"""What a person is told of a training: before it, and while it runs."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from extractors.errors import QuireError
from flows import train as module
from flows.settings import load
from tests.training.made_up import make_dataset, make_job
from training.dataset import read_manifest
from training.jobs import Event, TrainJob

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


def test_events_are_logged_and_what_matters_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    def events(job: TrainJob, kind: str) -> Iterator[Event]:
        assert kind == "training.sft"
        yield from EVENTS

    monkeypatch.setattr(module, "run", events)
    monkeypatch.setattr(module, "get_run_logger", lambda: logging.getLogger("of the run"))
    said: list[str] = []
    monkeypatch.setattr(module, "say", said.append)
    with caplog.at_level(logging.INFO, "of the run"):
        module._run(make_job(tmp_path, "starter"), "training.sft")
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


def test_what_to_type_to_go_on_is_what_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings = load(out=tmp_path / "out")
    monkeypatch.setattr(sys, "argv", ["/venv/bin/quire", "train", "--set", "train.model=my model"])
    assert module._job(settings).command == "quire train --set 'train.model=my model'"
    monkeypatch.setattr(sys, "argv", ["/venv/lib/prefect/engine.py"])
    assert module._job(settings).command == f"quire train --out {tmp_path / 'out'}"


def test_a_training_is_foreseen_without_starting_it(tmp_path: Path):
    settings = load(out=tmp_path / "out")
    make_dataset(settings.out / "dataset")
    before = sorted(path.name for path in settings.out.rglob("*"))
    words = dict(module.foresee(settings))
    assert words["rows"] == "28 to learn from, 8 to validate on"
    assert words["steps"].startswith("12, of ") and "GiB of" in words["memory"]
    assert words["sample, read"] and words["sample, learnt"]
    assert sorted(path.name for path in settings.out.rglob("*")) == before


def test_rows_edited_by_hand_are_trained_on_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings = load(out=tmp_path / "out")
    dataset = make_dataset(settings.out / "dataset")
    inputs: list[Sequence[str]] = []
    monkeypatch.setattr(module, "ensure", lambda step, outputs, settings_hash, given, job: inputs.append(given))
    monkeypatch.setattr(module, "verdict", lambda out: "")
    module.train(settings)
    assert inputs[0][0] == read_manifest(dataset)["dataset"]
    first, *others = (dataset / "train.json").read_text().splitlines(keepends=True)
    (dataset / "train.json").write_text("".join(others))
    module.train(settings)
    (dataset / "train.json").write_text("".join([first, *others]))
    module.train(settings)
    assert inputs[0] == inputs[2] != inputs[1]


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
