"""Runs that are killed, run out of disk or may not write end cleanly, and go on where they were."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.flows.in_process import RULES, build
from tests.flows.real_run import RULES_ONLY
from tests.killed import Job, disturb, look_at, made, make_job, not_again, same, undisturbed
from tests.test_end_to_end import ADAPTERS, DECODING, TOKENS

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_server", "kept_workers")]


class Built(NamedTuple):
    """A job that only builds, and what it makes undisturbed."""

    job: Job
    out: Path
    expected: dict[str, str]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, server: str, kept_workers: None) -> Built:
    """Three documents that only rules ask about."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "raw_docs").mkdir()
    for name, text in {"adapters": ADAPTERS, "decoding": DECODING, "tokens": TOKENS}.items():
        (folder / "raw_docs" / f"{name}.md").write_text(text)
    job = Job(folder / "raw_docs", RULES_ONLY, server)
    return Built(job, folder / "out", rebuilt(job, folder / "out"))


def rebuilt(job: Job, out: Path) -> dict[str, str]:
    """What a build makes that nobody disturbs."""
    build(job.raw_docs, out, job.api, *RULES)
    return made(out)


def failed(job: Job, out: Path, *under: str) -> str:
    """What a build says that has to fail; `under` is the program that starts it."""
    words = [*under, sys.executable, "-m", "flows.cli", "build", str(job.raw_docs), "--out", str(out), *job.settings]
    run = subprocess.run(words, capture_output=True, text=True, timeout=200)
    assert run.returncode == 1 and "Traceback" not in run.stderr, run.stderr
    return run.stderr


def test_killed_at_random_moments_it_makes_the_same_and_nothing_twice(tmp_path: Path, server: str) -> None:
    job = make_job(tmp_path, server)
    with_one_worker = job._replace(settings=(*job.settings, "--set", "workers=1"))
    expected, seconds = undisturbed(with_one_worker, tmp_path / "undisturbed")
    assert {"dataset/train.json", "adapters/adapter_model.safetensors", "ledger.jsonl"} <= expected.keys()
    assert len(disturb(job, tmp_path, expected, seconds, kills=2, seed="two")) == 2


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit is not installed")
def test_a_disk_that_is_full_is_told_and_what_is_done_is_kept(built: Built, tmp_path: Path) -> None:
    out = tmp_path / "full"
    of_documents = (file for part in ("read", "ask", "brief") for file in (built.out / ".quire" / part).iterdir())
    largest = max(file.stat().st_size for file in of_documents)
    told = failed(built.job, out, "prlimit", f"--fsize={largest + 1}")
    assert "What is done is kept: make room and run again." in told
    look_at(out)
    finished = not_again(out, {})
    assert len(finished) == 6 and not (out / "dataset" / "manifest.json").exists()
    now = rebuilt(built.job, out)
    not_again(out, finished)
    same(now, built.expected)


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told_and_left_as_it_was(built: Built, tmp_path: Path) -> None:
    out, job = tmp_path / "out", built.job._replace(raw_docs=tmp_path / "raw_docs")
    shutil.copytree(built.job.raw_docs, job.raw_docs)
    (job.raw_docs / "decoding.md").unlink()
    before = rebuilt(job, out)
    finished = not_again(out, {})
    shutil.copy(built.job.raw_docs / "decoding.md", job.raw_docs)
    (out / "dataset").chmod(0o555)
    unprivileged = ("setpriv", "--bounding-set", "-dac_override") if os.geteuid() == 0 else ()
    told = failed(job, out, *unprivileged)
    assert "Permission denied" in told and str(out / "dataset") in told
    assert made(out) | {"ledger.jsonl": ""} == before | {"ledger.jsonl": ""}
    (out / "dataset").chmod(0o755)
    now = rebuilt(job, out)
    not_again(out, finished)
    same(now, built.expected)


def test_half_a_kept_result_is_none(built: Built) -> None:
    finished = not_again(built.out, {})
    for kept in (built.out / ".quire" / "results").iterdir():
        kept.write_bytes(kept.read_bytes()[:40])
    now = rebuilt(built.job, built.out)
    not_again(built.out, finished)
    same(now, built.expected)
