"""Commands that are watched: they have no network but this machine's, and whoever asks for another is noted."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.test_end_to_end import QUICK, documents

ROOT = Path(__file__).parent.parent
REFUSED = Path(__file__).parent / "refused"
"""Put first on PYTHONPATH, it refuses the network and notes who tried."""
TOKEN, PASSWORD = "hf_a-token-that-nobody-may-see", "someone:a-password-that-nobody-may-see"
SECRETS = {
    "HF_TOKEN": TOKEN,
    "PREFECT_SERVER_API_AUTH_STRING": PASSWORD,
    "AWS_SECRET_ACCESS_KEY": "a-key-that-nobody-may-see",
    "AWS_SESSION_TOKEN": "a-session-that-nobody-may-see",
}
ALONE = ("unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "alone")
"""Runs a command on a machine of its own: what is not of Python either finds no network there."""
TRACED = ("strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto", "-e", "signal=none", "-o")
"""Runs a command and notes in a file whom it and its children speak to, whatever they are written in."""


@cache
def watching() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """ALONE and TRACED, or nothing in the place of what this machine does not permit."""
    return (
        ALONE if permitted(*ALONE, "true") else (),
        TRACED if permitted(*ALONE, *TRACED, os.devnull, "true") else (),
    )


def permitted(*command: str) -> bool:
    try:
        return not subprocess.run(command, capture_output=True, timeout=20).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False


class Watched(NamedTuple):
    """Commands in a home of their own, and the notes of what their processes asked of the network."""

    folder: Path

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def environment(self) -> dict[str, str]:
        """A user's, with nothing that keeps a library from the network."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(REFUSED),
            "NETWORK_LOG": str(self.folder / "network.jsonl"),
            **SECRETS,
        }

    def quire(self, *arguments: str) -> str:
        """What the command writes to stdout; all that it writes is kept in the folder, and whom it spoke to."""
        alone, traced = watching()
        trace = (*traced, str(self.folder / f"{arguments[0]}.trace")) if traced else ()
        run = subprocess.run(
            [*alone, *trace, sys.executable, "-m", "flows.cli", *arguments, "--out", str(self.out)],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=500,
        )
        assert run.returncode == 0, run.stderr
        with (self.folder / "said").open("a") as said:
            said.write(run.stdout + run.stderr)
        return run.stdout

    def spoken_to(self) -> set[str]:
        """The addresses of the internet that code in any language spoke to."""
        traces = "".join(trace.read_text(errors="replace") for trace in self.folder.glob("*.trace"))
        return {*re.findall(r'(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]*)"', traces)}

    def notes(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "network.jsonl").read_text().splitlines()]

    def attempts(self) -> list[dict[str, Any]]:
        return [note for note in self.notes() if note["event"] != "start"]


def whole_job(folder: Path) -> Watched:
    """Documents to a dataset to adapters to an answer, with the starter models; what `ask` wrote is in `answer`."""
    folder.mkdir()
    watched = Watched(folder)
    (folder / "home").mkdir()
    raw_docs = documents(folder / "raw_docs")
    watched.quire("run", str(raw_docs), "--set", "workers=1", *QUICK)
    watched.quire("doctor")
    (folder / "answer").write_text(watched.quire("ask", "What is the temperature?"))
    return watched
