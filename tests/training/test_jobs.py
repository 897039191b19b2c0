"""The child process: its events, its ends, its lock, and its death with its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from extractors.errors import QuireError
from tests.training.made_up import make_job, make_lineage, make_pair
from training.adapters import read_manifest, read_metrics
from training.dataset import write_dataset
from training.jobs import NotTrainable, TrainJob, run

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel signals the death of a parent on Linux alone")


def job_file(job: TrainJob) -> str:
    path = job.work / "job.json"
    path.write_text(job.model_dump_json())
    return str(path)


@pytest.mark.slow
def test_a_child_trains_publishes_and_keeps_its_chatter_apart(tmp_path: Path, tiny_qwen: Path):
    job = make_job(tmp_path, tiny_qwen, max_steps=4)
    events = list(run(job))
    assert events[0]["event"] == "preflight" and events[-1]["event"] == "done"
    assert read_manifest(job.adapters)["files"]
    assert "Writing" not in json.dumps(events) and (job.work / "log.txt").stat().st_size > 0
    assert not list(job.work.rglob("runs")) and not list(tmp_path.rglob("checkpoint-*"))
    assert "verdict" not in read_metrics(job.adapters) and not (job.adapters / "README.md").exists()
    judged = list(run(job, "training.evaluate"))
    assert judged[0]["event"] == "generating" and judged[-1]["event"] == "done"
    metrics = read_metrics(job.adapters)
    assert metrics["verdict"] == judged[-1]["verdict"] and metrics["steps"] == events[-1]["steps"] == 4
    assert metrics["reloaded"][0]["answer"] and metrics["evaluate"] == job.evaluate.model_dump()
    assert metrics["verdict"]["sentence"] in (job.adapters / "README.md").read_text()


@pytest.mark.slow
def test_nothing_to_train_ends_with_status_3(tmp_path: Path, tiny_qwen: Path):
    job = make_job(tmp_path, tiny_qwen, max_length=32)
    with pytest.raises(NotTrainable, match="None of 28 training rows is short enough"):
        list(run(job))
    done = subprocess.run([sys.executable, "-m", "training.sft", job_file(job)], capture_output=True, text=True)
    assert done.returncode == 3
    (event,) = map(json.loads, done.stdout.splitlines())
    assert (event["event"], event["status"], event["fix"]) == ("error", 3, "Raise these settings.")
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_one_job_at_a_time_and_a_failure_is_one_message(tmp_path: Path):
    job = make_job(tmp_path, "no/such-model")
    lock = FileLock(job.work / "lock")
    lock.acquire()
    kinds = []
    with pytest.raises(QuireError, match="no/such-model") as failure:
        for event in run(job):
            kinds.append(event["event"])
            lock.release()
    assert kinds == ["waiting"]
    assert not isinstance(failure.value, NotTrainable) and failure.value.fix


def test_a_child_that_dies_without_a_word_is_told_with_its_log(tmp_path: Path, tiny_qwen: Path):
    job = make_job(tmp_path, tiny_qwen)
    with pytest.raises(QuireError, match=r"ended without a word, with status 1\. .*/log\.txt"):
        list(run(job, "training.no_such_module"))
    assert "No module named" in (job.work / "log.txt").read_text()


@pytest.mark.slow
def test_a_failure_that_nobody_foresaw_names_the_log(tmp_path: Path, tiny_qwen: Path, monkeypatch: pytest.MonkeyPatch):
    job = make_job(tmp_path, tiny_qwen)
    (tmp_path / "odd.py").write_text("from training.jobs import child\nchild(lambda job, emit: {}['odd'])\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path.cwd()}")
    with pytest.raises(QuireError, match=r"^odd failed: KeyError: 'odd' .*/work/log\.txt tells more\."):
        list(run(job, "odd"))
    assert "Traceback" in (job.work / "log.txt").read_text()


def test_a_killed_child_is_told_as_one(tmp_path: Path, tiny_qwen: Path, monkeypatch: pytest.MonkeyPatch):
    job = make_job(tmp_path, tiny_qwen)
    (tmp_path / "suicide.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(QuireError, match="was killed, as systems do when memory runs out"):
        list(run(job, "suicide"))


def children_of(job: TrainJob) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().decode()
            state = (process / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if "training.sft" in line and str(job.work) in line and state != "Z":
            found.append(int(process.name))
    return found


def gone_within(seconds: float, job: TrainJob) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not children_of(job):
            return True
        time.sleep(0.05)
    return False


@linux
@pytest.mark.slow
def test_a_killed_parent_takes_its_child_along(tmp_path: Path, tiny_qwen: Path):
    job = make_job(tmp_path, tiny_qwen, epochs=5000)
    script = (
        "import sys\nfrom pathlib import Path\nfrom training.jobs import TrainJob, run\n"
        "for event in run(TrainJob.model_validate_json(Path(sys.argv[1]).read_text())):\n"
        "    print(event['event'], flush=True)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, job_file(job)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    for line in parent.stdout:
        if line == "step\n":
            break
    assert len(children_of(job)) == 1
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert gone_within(5, job)
    assert not job.adapters.exists()


@linux
@pytest.mark.slow
def test_a_reader_that_stops_reading_ends_the_child(tmp_path: Path, tiny_qwen: Path):
    job = make_job(tmp_path, tiny_qwen, epochs=5000)
    events = run(job)
    assert next(events)["event"] == "preflight"
    assert children_of(job)
    events.close()
    assert gone_within(5, job)


@linux
def test_a_child_whose_parent_is_gone_already_ends_at_once(tmp_path: Path):
    code = (
        "import os; from extractors.processes import die_with_parent\n"
        "die_with_parent(int(os.environ['QUIRE_PARENT']))\nprint('alive')"
    )
    environment = {**os.environ, "QUIRE_PARENT": "999999999"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL and done.stdout == ""
    alive = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "QUIRE_PARENT": str(os.getpid())},
        capture_output=True,
        text=True,
    )
    assert alive.returncode == 0


def test_no_training_starts_on_a_dataset_without_rows(tmp_path: Path, tiny_qwen: Path):
    from training.sft import train

    job = make_job(tmp_path, tiny_qwen)
    held_out = [make_pair("fig", 1)]
    write_dataset(job.dataset, {"test": held_out}, make_lineage(held_out))
    with pytest.raises(NotTrainable, match="has no training rows"):
        train(job, lambda _: None)
    (job.dataset / "manifest.json").unlink()
    with pytest.raises(QuireError, match="There is no dataset"):
        train(job, lambda _: None)
