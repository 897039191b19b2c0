"""One job at a time on a GPU, whoever started it: the lock is the machine's, and dies with who holds it."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.made_up import make_job
from training.jobs import LOCKS

HOLD = """
import sys
from pathlib import Path
from training.jobs import TrainJob, hold
job = TrainJob.model_validate_json(Path(sys.argv[1]).read_bytes())
with hold([sys.argv[2]], job, lambda event: print(event["event"], event["for"], flush=True)):
    print("holds", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def gpu() -> Iterator[str]:
    """The name of a GPU that no other test knows."""
    name = f"GPU test {uuid.uuid4()}"
    yield name
    (LOCKS / f"quire-{name.replace(' ', '-')}.lock").unlink()


def holder(folder: Path, gpu: str) -> subprocess.Popen[str]:
    """A process with a job and a TMPDIR of its own, which wants the GPU and holds it while its standard input lasts."""
    folder.mkdir()
    job = folder / "job.json"
    job.write_text(make_job(folder, "any").model_dump_json())
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(job), gpu],
        env={**os.environ, "TMPDIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_the_second_job_waits_and_says_so_and_a_killed_one_holds_nothing(tmp_path: Path, gpu: str) -> None:
    with holder(tmp_path / "one", gpu) as first, holder(tmp_path / "another", gpu) as second:
        told = {process: process.stdout.readline() for process in (first, second) if process.stdout}
        has, waits = sorted((first, second), key=lambda process: told[process] != "holds\n")
        assert (told[has], told[waits]) == ("holds\n", f"waiting {gpu}\n")
        has.kill()
        assert waits.stdout is not None and waits.stdout.readline() == "holds\n"
        waits.kill()
