"""The surface of the command line; whole runs are in tests/test_end_to_end.py."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.settings import preset_names

runner = CliRunner()
COMMANDS = (
    *("run", "build", "train", "evaluate", "tune", "ask"),
    *("extract", "doctor", "serve", "report", "review", "presets"),
)


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
