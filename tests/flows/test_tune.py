"""`quire tune`, on a tiny model: killed, gone on with, and its winner as a preset."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from prefect import flow
from prefect.settings import PREFECT_API_URL, temporary_settings

from extractors.errors import QuireError
from flows import tune as module
from flows.settings import load
from flows.tune import write_preset
from tests.flows.real_run import post, quire
from tests.training.made_up import make_dataset
from tests.training.test_findings import make_trial
from tests.training.tiny_models import make_qwen
from training.findings import Findings, findings
from training.jobs import Event
from training.settings import TrainSettings


def found(**train: object) -> Findings:
    trials = [make_trial(1, [2.0]), make_trial(2, [1.5], train=TrainSettings.model_validate(train))]
    told = findings(trials, load().evaluate, 7)
    assert told is not None
    return told


def test_the_winner_is_a_preset_that_holds_all_that_was_set(tmp_path: Path):
    mine = tmp_path / "mine.toml"
    mine.write_text("seed = 5\n[augment]\nrates = {noise = 0.5}\n[dataset]\npush_to_hub = 'me/rows'\n")
    chosen = {"train.model": "/models/one", "train.batch": 3, "tune.trials": 2, "workers": 2}
    settings = load(config=mine, overrides=[f"{name}={value}" for name, value in chosen.items()], out=tmp_path / "out")
    winner = settings.train.model_copy(update={"learning_rate": 3.4e-4, "rank": 32, "alpha": 64, "epochs": 5.0})
    path = write_preset(settings, found(**winner.model_dump()))
    loaded = load(str(path))
    assert loaded.train == winner
    assert (loaded.seed, loaded.ask, loaded.augment) == (5, settings.ask, settings.augment)
    assert loaded.dataset.push_to_hub == "" and loaded.workers == 0 and loaded.tune == load().tune
    assert loaded.preset == "tuned" and path.read_text().startswith("# starter, tuned. Cannot tell whether trial 2")


def test_no_file_is_ever_overwritten(tmp_path: Path):
    settings = load(out=tmp_path)
    (tmp_path / "tuned.toml").write_text("mine")
    first = write_preset(settings, found(learning_rate=1e-4))
    other = write_preset(settings, found(learning_rate=2e-4))
    assert (first.name, other.name) == ("tuned-2.toml", "tuned-3.toml")
    assert write_preset(settings, found(learning_rate=1e-4)) == first
    assert (tmp_path / "tuned.toml").read_text() == "mine" and len(list(tmp_path.iterdir())) == 3


@pytest.mark.slow
@pytest.mark.usefixtures("shared_server")
def test_a_search_that_was_killed_goes_on_and_its_winner_trains(tmp_path: Path):
    out = tmp_path / "out"
    make_dataset(out / "dataset")
    settings = {
        "train.model": make_qwen(tmp_path / "qwen"),
        "train.learning_rate": 1e-3,
        "train.epochs": 1,
        "train.rank": 4,
        "tune.rank": "[8]",
        "tune.epochs": "[2]",
    }
    arguments = ["tune", "--trials", "3", "--out", out]
    for name, value in settings.items():
        arguments += ["--set", f"{name}={value}"]
    killed = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    assert killed.stderr is not None
    for line in killed.stderr:
        if line.startswith("Trial 2 of 3"):
            break
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stderr.close()

    ended = quire(*arguments)
    assert ended.returncode == 0, ended.stderr
    assert "1 of 3 trials were made before." in ended.stderr
    assert re.findall(r"^Trial (\d): validation loss \d\.\d{4}$", ended.stderr, re.MULTILINE) == ["2", "3"]
    assert "Cannot tell whether trial" in ended.stderr or "None of 2 other trials" in ended.stderr
    assert "too few documents, 5 are needed" in ended.stderr or "None of 2" in ended.stderr
    assert str(out / "dataset") not in ended.stderr, "it made none"
    assert not list(out.rglob("trial-*")) and not (out / "adapters").exists()

    assert [path.name for path in out.glob("*.toml")] == ["tuned.toml"]
    written = tomllib.loads((out / "tuned.toml").read_text())["train"]
    assert written["rank"] in (4, 8) and written["epochs"] in (1, 2) and f"{written['learning_rate']:g}" in ended.stderr


def training(*losses: float) -> Generator[Event, None, None]:
    """A training with these validation losses; without any, memory runs out."""
    yield {"event": "preflight", "warnings": []}
    if not losses:
        raise QuireError("Memory ran out in training.", fix="Free some.")
    for step, loss in enumerate(losses, 1):
        yield {"event": "evaluation", "step": step, "steps": len(losses), "eval_loss": loss}
    yield {"event": "done", "eval_loss": losses[-1], "steps": len(losses), "documents": {"elm": (10 * losses[-1], 10)}}


def odd() -> Generator[Event, None, None]:
    yield {"event": "preflight", "warnings": []}
    raise RuntimeError("odd")


@pytest.mark.slow
def test_a_failure_costs_one_trial_and_none_that_ends_well_is_an_error(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    settings = load(overrides=["tune.trials=6"], out=tmp_path)
    make_dataset(tmp_path / "dataset")
    trainings: Iterator[Generator[Event, None, None]]
    monkeypatch.setattr(module, "run", lambda job, child: next(trainings))

    @flow
    def search() -> None:
        module.tune(settings)

    with temporary_settings({PREFECT_API_URL: server}):
        trainings = iter([training() for _ in range(6)])
        with pytest.raises(QuireError, match=r"Each of 6 trials failed, the last so: Memory ran out in training\."):
            search()
        assert not list(tmp_path.rglob("study.db"))

        trainings = iter(
            [training(2.0, 1.5), training(), training(2.1, 1.4), training(2.2, 1.6), training(3.0, 9.9), odd()]
        )
        with pytest.raises(RuntimeError, match="odd"):  # no failure of a trial, so it is not held against it
            search()
        trainings = iter([training(1.9, 1.8)])
        search()
    told = " ".join(capfd.readouterr().err.split())
    assert "5 of 6 trials were made before." in told
    assert "Trial 2: failed: Memory ran out in training." in told and "Trial 5: cut short after step 1" in told
    assert "Trial 6: validation loss 1.8000" in told and "1.5000 to 1.4000" in told
    asked = {"artifacts": {"key": {"any_": ["trials"]}}}
    (artifact,) = post(server, "/artifacts/latest/filter", asked).json()
    losses = [row["validation loss"] for row in json.loads(artifact["data"])]
    assert losses[2:] == ["1.4000", "1.6000", "cut short after step 1", "1.8000"]
    assert (tmp_path / "tuned.toml").exists()
