"""The server that a run brings along: it answers while the run lasts, and not a moment longer."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from extractors.errors import QuireError
from flows.server import answers, at_server, prefect_server
from tests.flows.real_run import RULES_ONLY, flow_runs, free_port, post, quire


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server knows nothing of other tests' runs."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))


@pytest.mark.slow
def test_a_killed_build_leaves_no_server_behind(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Batches\n\nA batch is a set of examples that are read at once.\n")
    build = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "flows.cli",
            "build",
            str(tmp_path / "docs"),
            "--out",
            str(tmp_path / "out"),
            *RULES_ONLY,
        ],
        env={name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert build.stderr is not None
    pages = next(line for line in build.stderr if line.startswith("Prefect's pages: ")).split()[-1]
    assert answers(f"{pages}/api")
    assert httpx.get(pages).is_success

    build.kill()
    build.wait()
    deadline = time.monotonic() + 30
    while answers(f"{pages}/api") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not answers(f"{pages}/api")


def test_a_configured_server_that_is_gone_is_told_at_once(tmp_path: Path) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}),
        pytest.raises(QuireError, match="No Prefect server answers"),
        at_server(tmp_path / "server.log"),
    ):
        pass


@pytest.mark.slow
def test_a_killed_run_shows_as_crashed_once_the_next_one_has_begun(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for name, what in (("LoRA", "trains two small matrices"), ("Dropout", "silences a share of the neurons")):
        (tmp_path / "docs" / f"{name}.md").write_text(f"# {name}\n\n{name} is a method that {what}.\n")
    command = ["build", str(tmp_path / "docs"), "--out", str(tmp_path / "out"), *RULES_ONLY]
    port = free_port()
    with prefect_server("127.0.0.1", port, tmp_path / "server.log") as api:
        killed = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", *command],
            env={**os.environ, "PREFECT_API_URL": api},
            stderr=subprocess.DEVNULL,
        )
        while not any(run["state_type"] == "RUNNING" for run in flow_runs(api)):
            time.sleep(0.05)
        killed.kill()
        killed.wait()
        assert [run["state_type"] for run in flow_runs(api)] == ["RUNNING"]

        quire(*command, api=api).check_returncode()
        died, finished = flow_runs(api)
        assert (died["state_type"], finished["state_type"]) == ("CRASHED", "COMPLETED")
        assert "goes on from there" in died["state"]["message"]
        answer = post(api, "/task_runs/filter", {"task_runs": {"state": {"type": {"any_": ["RUNNING"]}}}})
        assert answer.json() == []
