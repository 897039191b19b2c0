"""The server that a run brings along: it answers while the run lasts, and not a moment longer."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from extractors.errors import QuireError
from flows.crashed import tag_of
from flows.server import answers, at_server
from tests.flows.real_run import RULES_ONLY, flow_runs, post, quire


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


def test_a_configured_server_that_is_gone_is_told_at_once_and_without_its_password(tmp_path: Path) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with (
        temporary_settings({PREFECT_API_URL: "http://someone:secret@127.0.0.1:9/api"}),
        pytest.raises(QuireError, match=r"No Prefect server answers at http://127\.0\.0\.1:9/api"),
        at_server(tmp_path / "server.log"),
    ):
        pass


@pytest.mark.slow
def test_a_killed_run_shows_as_crashed_once_the_next_one_has_begun(tmp_path: Path, server: str) -> None:
    (tmp_path / "docs").mkdir()
    for name, what in (("LoRA", "trains two small matrices"), ("Dropout", "silences a share of the neurons")):
        (tmp_path / "docs" / f"{name}.md").write_text(f"# {name}\n\n{name} is a method that {what}.\n")
    out = tmp_path / "out"
    command = ["build", str(tmp_path / "docs"), "--out", str(out), *RULES_ONLY]

    def runs() -> list[dict[str, Any]]:
        return [run for run in flow_runs(server) if tag_of(out) in run["tags"]]

    killed = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", *command],
        env={**os.environ, "PREFECT_API_URL": server},
        stderr=subprocess.DEVNULL,
    )
    while not any(run["state_type"] == "RUNNING" for run in runs()):
        time.sleep(0.05)
    killed.kill()
    killed.wait()
    assert [run["state_type"] for run in runs()] == ["RUNNING"]

    quire(*command, api=server).check_returncode()
    died, finished = runs()
    assert (died["state_type"], finished["state_type"]) == ("CRASHED", "COMPLETED")
    assert "goes on from there" in died["state"]["message"]
    under_way = {"flow_runs": {"id": {"any_": [died["id"]]}}, "task_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}
    assert post(server, "/task_runs/filter", under_way).json() == []


MANY = """
import atexit, sys
from contextlib import ExitStack
from pathlib import Path
from prefect import flow, task
from flows.server import at_server

@task
def nothing(number):
    pass

@flow
def many():
    for done in [nothing.submit(number) for number in range(300)]:
        done.result()

server = ExitStack()
atexit.register(server.close)
server.enter_context(at_server(Path(sys.argv[1])))
many()
"""


@pytest.mark.slow
def test_the_server_ends_when_every_task_is_noted(tmp_path: Path) -> None:
    """Prefect's own forgets what it has not written yet: a third of these, some of which would run for ever."""
    alone = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    subprocess.run([sys.executable, "-c", MANY, str(tmp_path / "server.log")], env=alone, check=True, timeout=200)
    with closing(sqlite3.connect(tmp_path / "prefect" / "prefect.db")) as database:
        assert database.execute("SELECT state_type, count(*) FROM task_run GROUP BY 1").fetchall() == [
            ("COMPLETED", 300)
        ]
