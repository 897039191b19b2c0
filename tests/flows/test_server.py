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
from flows.server import answers, at_server
from tests.flows.real_run import RULES_ONLY


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
