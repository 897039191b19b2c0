"""`quire export` and `quire ask`, as they are typed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from extractors.errors import QuireError
from flows.cli import app
from flows.settings import ConfigurationError
from tests.training.published import publish
from tests.training.tiny_models import make_qwen

runner = CliRunner()


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    publish(folder, make_qwen(tmp_path_factory.mktemp("base")), "qlora")
    return folder


@pytest.fixture(autouse=True)
def aloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The commands silence the libraries for the rest of their process, which here is that of other tests, too."""
    monkeypatch.setenv("TQDM_DISABLE", "1")
    yield
    logging.disable(logging.NOTSET)


def test_adapters_become_a_model_and_a_table(out: Path):
    shown = runner.invoke(app, ["export", "--out", str(out), "--set", "evaluate.max_rows=2"])
    assert shown.exit_code == 0, shown.exception
    folder = out / "export" / "model"
    assert shown.stdout.strip() == str(folder)
    assert (folder / "model.safetensors").exists() and not list(out.glob("export/.*"))
    told = " ".join(shown.stderr.split())
    assert "Loss on 2 answers held out in `test`" in told and "merged model" in told
    assert f"vllm serve {folder}" in told and "not run here" in told


def test_what_makes_no_sense_is_told_before_anything_is_loaded(out: Path, tmp_path: Path):
    for words, why in (
        (["--share", "0.5"], "--prune magnitude"),
        (["--prune", "2:4", "--share", "0.5"], "--prune magnitude"),
        (["--prune", "magnitude", "--share", "1.5"], "between 0 and 1"),
    ):
        refused = runner.invoke(app, ["export", "--out", str(out), *words])
        assert isinstance(refused.exception, ConfigurationError) and why in str(refused.exception)
    assert runner.invoke(app, ["export", "--quantise", "5bit"]).exit_code == 2
    nothing = runner.invoke(app, ["export", "--out", str(tmp_path / "none")])
    assert "There are no adapters" in str(nothing.exception) and not (tmp_path / "none").exists()


def test_a_folder_of_somebody_else_is_left_alone(out: Path, tmp_path: Path):
    (tmp_path / "letter.txt").write_text("mine")
    refused = runner.invoke(app, ["export", str(tmp_path), "--out", str(out)])
    assert isinstance(refused.exception, QuireError) and "letter.txt" in str(refused.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_question_is_answered_twice(out: Path):
    shown = runner.invoke(app, ["ask", "Which iron is it?", "--out", str(out)])
    assert shown.exit_code == 0, shown.exception
    assert "base model: " in shown.stdout and "adapters:   " in shown.stdout
