"""A build on Dask and on Ray makes the same bytes as on threads, and leaves nothing running."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from queue import Queue
from threading import Timer
from types import SimpleNamespace

import pytest

from extractors.errors import QuireError
from flows import runners
from flows.runners import missing_package, started
from flows.settings import ConfigurationError, Settings
from tests.flows.real_run import RULES_ONLY, flow_runs, free_port, post, quire
from tests.test_end_to_end import contents

DOCUMENTS = {
    "adapters.md": "# Adapters\n\nLoRA is a method that trains two small matrices beside each frozen weight matrix.\n",
    "decoding.md": "# Decoding\n\nBeam search is a method that keeps the best beginnings of a text at every step.\n",
    "broken.pdf": "%PDF-1.7\nnothing in it",
}


@pytest.fixture(scope="module")
def raw_docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def by_threads(raw_docs: Path, server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("threads") / "out"
    run = quire("build", raw_docs, "--out", out, *RULES_ONLY, api=server)
    assert run.returncode == 0, run.stderr
    return out


@pytest.mark.slow
@pytest.mark.parametrize("runner", ["dask", "ray"])
def test_a_cluster_makes_the_same_bytes(
    runner: str, raw_docs: Path, by_threads: Path, server: str, tmp_path: Path
) -> None:
    if missing_package(runner):
        pytest.skip(f"needs pip install '.[{runner}]'")
    home, out = tmp_path / "home", tmp_path / "out"
    run = quire("build", raw_docs, "--out", out, *RULES_ONLY, "--set", f"runner={runner}", api=server, HOME=str(home))
    assert run.returncode == 0, run.stderr
    assert f"Starting {runner.capitalize()}" in run.stderr
    assert not (home / ".ray").exists()
    assert contents(out / "dataset") == contents(by_threads / "dataset")
    assert (out / "ledger.jsonl").read_bytes() == (by_threads / "ledger.jsonl").read_bytes()
    assert states(server, out) == states(server, by_threads)


def states(api: str, out: Path) -> list[tuple[str, str]]:
    """The tasks of the build that wrote to `out`, each with its state, by name."""
    (build,) = [run for run in flow_runs(api) if str(out) in run["tags"]]
    wanted = {"flow_runs": {"id": {"any_": [build["id"]]}}}
    return sorted((task["name"], task["state_name"]) for task in post(api, "/task_runs/filter", wanted).json())


@pytest.mark.parametrize("runner", ["dask", "ray"])
def test_a_package_that_is_missing_is_named_with_its_extra(
    runner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.runners.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=rf"prefect-{runner}.*pip install 'quire\[{runner}\]'"):
        started(Settings(runner=runner), tmp_path).__enter__()  # type: ignore[arg-type]


@pytest.mark.parametrize("runner", ["dask", "ray"])
def test_a_cluster_that_is_not_there_is_named(runner: str, tmp_path: Path) -> None:
    if missing_package(runner):
        pytest.skip(f"needs pip install '.[{runner}]'")
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(QuireError, match=f"No {runner.capitalize()} cluster answers at {address}"):
        started(Settings(runner=runner, runner_address=address), tmp_path).__enter__()  # type: ignore[arg-type]


def test_no_task_begins_that_the_server_cannot_keep_up_with(monkeypatch: pytest.MonkeyPatch) -> None:
    events = told_of(monkeypatch, runners.UNTOLD + 3)
    server = Timer(0.1, lambda: [events.get() for _ in range(3)])
    server.start()
    runners._await_server()
    assert events.qsize() == runners.UNTOLD
    server.join()


def test_a_server_that_takes_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "STUCK_S", 0.1)
    events = told_of(monkeypatch, runners.UNTOLD + 3)
    runners._await_server()
    assert events.qsize() == runners.UNTOLD + 3


def told_of(monkeypatch: pytest.MonkeyPatch, count: int) -> Queue[int]:
    """So many events that wait to be sent to the server."""
    events: Queue[int] = Queue()
    for number in range(count):
        events.put(number)
    monkeypatch.setattr(runners.EventsWorker, "instance", lambda: SimpleNamespace(_queue=events))
    return events


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_whose_exception_is_lost_in_a_finalizer_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "AGAIN_S", 0.1)
    before = signal.signal(signal.SIGTERM, stop)
    try:
        with pytest.raises(Stopped), runners._raised_again(signal.SIGTERM):
            Finalized()  # is gone at once
            time.sleep(5)
        assert signal.getsignal(signal.SIGTERM) is stop
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    finally:
        signal.signal(signal.SIGTERM, before)


class Stopped(BaseException):
    """What a signal raises."""


def stop(*_: object) -> None:
    raise Stopped


class Finalized:
    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)
