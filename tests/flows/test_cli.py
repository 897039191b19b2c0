"""The surface of the command line; whole runs are in tests/test_end_to_end.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from extractors.errors import UnreadableDocument
from extractors.records import Document
from flows.cli import app
from flows.settings import ConfigurationError, preset_names

runner = CliRunner()
COMMANDS = ("run", "build", "train", "evaluate", "extract", "doctor", "serve", "report", "ask", "presets")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    shown = runner.invoke(app, [command, "--help"])
    assert shown.exit_code == 0
    assert f"quire {command}" in shown.stdout.split("Example")[1]


def test_presets_are_listed_and_printed_with_every_setting() -> None:
    listed = runner.invoke(app, ["presets"]).stdout
    assert all(name in listed for name in preset_names())
    printed = runner.invoke(app, ["presets", "tinyllama-1.1b"]).stdout
    assert "# train.outlier_tokens = 512" in printed and "# read.dpi = " in printed


def test_extract_prints_the_body_text_or_the_record(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n\nAn epoch is one pass over the data.\n")
    file = str(tmp_path / "notes.md")
    assert runner.invoke(app, ["extract", file]).stdout == "An epoch is one pass over the data.\n"
    document = Document.model_validate_json(runner.invoke(app, ["extract", file, "--json"]).stdout)
    assert document.title == "Notes"


def test_extract_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_text("<html></html>")
    assert isinstance(runner.invoke(app, ["extract", str(tmp_path / "none.md")]).exception, ConfigurationError)
    refused = runner.invoke(app, ["extract", str(tmp_path / "page.pdf")]).exception
    assert isinstance(refused, UnreadableDocument) and refused.reason == "not a PDF"
