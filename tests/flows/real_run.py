"""A real run of `quire` against a Prefect server with pages, in processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

RULES_ONLY = ("--set", 'ask.generators=["rules"]', "--set", "workers=1")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def quire(
    *arguments: str | Path, api: str = "", timeout_s: float = 300, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`quire` with these arguments against the server at `api`, or one of its own."""
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *map(str, arguments)],
        env={**os.environ, **({"PREFECT_API_URL": api} if api else {}), **environment},
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )


def post(api: str, path: str, json: Any = None, auth: tuple[str, str] | None = None) -> httpx.Response:
    """The answer of the server at `api`, which takes a post only with the token that it gave its sender before."""
    with httpx.Client(base_url=api, auth=auth) as client:
        token = client.get("/csrf-token", params={"client": "tests"}).raise_for_status().json()["token"]
        headers = {"Prefect-Csrf-Client": "tests", "Prefect-Csrf-Token": token}
        return client.post(path, json=json, headers=headers).raise_for_status()


def flow_runs(api: str, auth: tuple[str, str] | None = None) -> list[dict[str, Any]]:
    """The flow runs that the server knows, the oldest first."""
    runs: list[dict[str, Any]] = post(api, "/flow_runs/filter", {"sort": "EXPECTED_START_TIME_ASC"}, auth).json()
    return runs
