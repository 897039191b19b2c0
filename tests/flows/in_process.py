"""`quire` in the process of the tests: all that a command does but its start, which takes longer than a small build."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest

from flows.cli import main
from flows.settings import load

RULES = ('ask.generators=["rules"]', "workers=1")
"""Settings of a build in which no model asks."""


@contextmanager
def at(server: str, out: Path) -> Iterator[None]:
    """Flows speak to the server and keep their results where the command line has them kept."""
    from prefect.settings import PREFECT_API_URL, PREFECT_LOCAL_STORAGE_PATH, temporary_settings

    with temporary_settings({PREFECT_API_URL: server, PREFECT_LOCAL_STORAGE_PATH: out / ".quire" / "results"}):
        yield


def build(raw_docs: Path, out: Path, server: str, *overrides: str) -> None:
    """What `quire build` does once it has started. Raises what makes the command fail."""
    from flows.run import quire_build

    with at(server, out):
        quire_build(load(raw_docs=raw_docs, out=out, overrides=overrides).model_dump(mode="json"))


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    stderr: str


def quire(server: str, *words: str | Path, out: Path) -> Ended:
    """A command from its words, to which its output folder is added, to its exit status."""
    said = StringIO()
    with pytest.MonkeyPatch.context() as patch, at(server, out), redirect_stderr(said):
        patch.setattr(sys, "argv", ["quire", *map(str, words), "--out", str(out)])
        patch.setenv("PREFECT_RESULTS_LOCAL_STORAGE_PATH", "")  # the command sets it, for the processes that it starts
        with pytest.raises(SystemExit) as end:
            main()
    return Ended(int(end.value.code or 0), said.getvalue())
