"""`quire serve`, for real: a server, the watched folder, one run at a time, and a clean end."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import psutil
import pytest
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.server.schemas.schedules import CronSchedule

from extractors.errors import QuireError
from flows.serve import _schedule, _watch, serve
from flows.server import answers, prefect_server
from flows.settings import ConfigurationError, Settings
from tests.flows.real_run import RULES_ONLY, flow_runs, free_port, post

BRIEF = ("--set", "train.max_steps=1", "--set", "evaluate.max_rows=1", "--set", "evaluate.max_new_tokens=4")
ENDED = ("COMPLETED", "FAILED", "CRASHED")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server knows nothing of other tests' runs."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))


def until(what: Callable[[], Any], seconds: float = 300) -> Any:
    """The first truth that `what` returns."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            if found := what():
                return found
        time.sleep(0.3)
    raise AssertionError(f"still nothing after {seconds} s")


@contextmanager
def serving(docs: Path, out: Path, port: int, *options: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`quire serve` in a process of its own, which may be ended inside."""
    folders = (str(docs), "--out", str(out), "--port", str(port))
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "serve", *folders, *RULES_ONLY, *BRIEF, *options],
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def begun(api: str) -> list[dict[str, Any]]:
    """The runs that were begun, the oldest first."""
    return [run for run in flow_runs(api) if run["run_count"]]


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=10)[1]


def ends(tmp_path: Path) -> list[str]:
    """How the runs that were begun ended, by the server's database, as the server is gone."""
    with closing(sqlite3.connect(tmp_path / "prefect" / "prefect.db")) as database:
        return [
            row[0] for row in database.execute("SELECT state_type FROM flow_run WHERE run_count ORDER BY start_time")
        ]


def write(docs: Path, **whats: str) -> None:
    docs.mkdir(exist_ok=True)
    for name, what in whats.items():
        (docs / f"{name}.md").write_text(f"# {name}\n\n{name} is a method that {what}.\n")


METHODS = {
    "LoRA": "trains two small matrices beside each frozen weight matrix",
    "Dropout": "silences a share of the neurons in every step",
    "Distillation": "teaches a small model the outputs of a large one",
}
ONCE_A_YEAR = ("--cron", "0 3 1 1 *")


@pytest.mark.slow
def test_dropped_files_start_one_run_that_tells_what_changed_and_a_signal_ends_all(tmp_path: Path) -> None:
    docs, out, port = tmp_path / "papers", tmp_path / "out", free_port()
    docs.mkdir()
    api = f"http://127.0.0.1:{port}/api"
    with serving(docs, out, port, "--watch", *ONCE_A_YEAR) as process:
        until(lambda: answers(api))
        until(lambda: post(api, "/deployments/filter", {}).json())
        for name, what in METHODS.items():
            write(docs, **{name: what})
            time.sleep(0.5)
        (run,) = until(lambda: [run for run in begun(api) if run["state_type"] in ENDED])
        assert re.search(r"papers \(\d+ files?.*\) with starter", run["name"])
        assert "watch" in run["tags"]
        manifest = out / "dataset" / "manifest.json"
        assert all(f"{name}.md" in manifest.read_text() for name in METHODS)

        write(docs, LoRA="trains four small matrices", Pruning="removes the weights that matter least")
        (docs / "Dropout.md").unlink()
        (artifact,) = until(
            lambda: post(api, "/artifacts/filter", {"artifacts": {"key": {"any_": ["changes"]}}}).json()
        )
        children = family(process)
        assert len(children) > 1, "the server, the run and what it does"
        process.terminate()
        assert process.wait(60) == 0
        assert gone(children)
        said = process.stderr.read() if process.stderr else ""
    assert not answers(api)
    changes = "Since the last build, documents: 1 added (Pruning.md), 1 changed (LoRA.md), 1 gone (Dropout.md); pairs: "
    assert changes in said and changes in artifact["data"]
    assert said.endswith("Stopped.\n")
    assert ends(tmp_path) == ["COMPLETED", "CANCELLED"]


@pytest.mark.slow
def test_a_run_that_died_with_the_machine_is_taken_up_and_one_that_has_just_ended_is_not_cancelled(
    tmp_path: Path,
) -> None:
    docs, port = tmp_path / "papers", free_port()
    write(docs, **METHODS)
    api = f"http://127.0.0.1:{port}/api"
    # Without a base model it ends once the dataset is built.
    options = (docs, tmp_path / "out", port, *ONCE_A_YEAR, "--set", f"train.model={tmp_path}")
    with serving(*options) as process:
        (deployment,) = until(lambda: post(api, "/deployments/filter", {}).json())
        until(lambda: post(api, f"/deployments/{deployment['id']}/create_flow_run", {}))
        until(lambda: [run for run in begun(api) if run["state_type"] == "RUNNING"])
        children = family(process)
        assert len(children) > 1, "the server and the run"
        process.kill()
        assert gone(children), "no more than a power cut leaves"
    assert not answers(api)
    with serving(*options) as process:
        until(lambda: [run for run in begun(api) if run["state_type"] == "FAILED" and "made up" in run["tags"]])
        process.send_signal(signal.SIGINT)
        assert process.wait(90) == 0
    assert ends(tmp_path) == ["CRASHED", "FAILED"]


@pytest.mark.slow
def test_a_schedule_is_in_this_machines_time_and_runs_one_at_a_time(tmp_path: Path) -> None:
    docs, port = tmp_path / "papers", free_port()
    write(docs, **METHODS)

    def states(ours: set[str]) -> list[str]:
        return sorted(run["state_type"] for run in flow_runs(api) if run["id"] in ours)

    def start(count: int) -> set[str]:
        # As the watch does. A busy server says 503, and means later.
        create = f"/deployments/{deployment['id']}/create_flow_run"
        return {until(lambda: post(api, create, {"tags": ["watch"]})).json()["id"] for _ in range(count)}

    with prefect_server("127.0.0.1", port, tmp_path / "log") as api:
        options = (docs, tmp_path / "out", port, "--cron", "0 3 * * *")
        with serving(*options, "--overlap", "refuse", PREFECT_API_URL=api, TZ="Europe/Berlin"):
            (deployment,) = until(lambda: post(api, "/deployments/filter", {}).json())
            (schedule,) = until(lambda: httpx.get(f"{api}/deployments/{deployment['id']}").json()["schedules"])
            assert schedule["schedule"]["cron"] == "0 3 * * *"
            assert schedule["schedule"]["timezone"] == "Europe/Berlin"
            assert until(lambda: [run for run in flow_runs(api) if run["auto_scheduled"]]), "its runs are planned"
            assert deployment["entrypoint"] == "flows.run.quire_run"
            assert deployment["parameters"]["settings"]["raw_docs"] == str(docs)
            ours = start(2)
            until(lambda: states(ours) in (["CANCELLED", "PENDING"], ["CANCELLED", "RUNNING"]))
        with serving(*options, PREFECT_API_URL=api):
            until(lambda: "made up" in str([run["tags"] for run in begun(api) if run["state_type"] == "RUNNING"]))
            ours = start(3)
            until(lambda: states(ours) == ["CANCELLED", "CANCELLED", "SCHEDULED"])
        assert answers(api), "a server that was there before is left alone"


@pytest.mark.parametrize(
    ("cron", "day", "runs"),
    [
        # From half past one the clocks go to half past three: what is due between runs once, an hour early.
        ("30 2 * * *", datetime(2026, 3, 28, 12), ["29 01:30 +0100", "30 02:30 +0200"]),
        # Half past two comes twice, and is run once.
        ("30 2 * * *", datetime(2026, 10, 24, 12), ["25 02:30 +0200", "26 02:30 +0100"]),
        ("0 3 * * *", datetime(2026, 10, 24, 12), ["25 03:00 +0100", "26 03:00 +0100"]),
    ],
)
def test_when_the_clocks_change_a_run_is_neither_lost_nor_doubled(
    monkeypatch: pytest.MonkeyPatch, cron: str, day: datetime, runs: list[str]
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    schedule = _schedule(cron, None)
    assert schedule is not None and schedule.timezone == "Europe/Berlin"
    zone = ZoneInfo(schedule.timezone)
    planned = CronSchedule(cron=schedule.cron, timezone=schedule.timezone).get_dates(
        n=2, start=day.replace(tzinfo=zone)
    )
    assert [at.astimezone(zone).strftime("%d %H:%M %z") for at in asyncio.run(planned)] == runs


@pytest.mark.slow
def test_an_open_server_is_for_those_with_the_password_and_nothing_goes_on_without_it(tmp_path: Path) -> None:
    docs, port, word = tmp_path / "papers", free_port(), ("someone", "a word: with a colon")
    write(docs, **METHODS)
    api = f"http://127.0.0.1:{port}/api"
    secret = {"PREFECT_SERVER_API_AUTH_STRING": ":".join(word)}
    with serving(docs, tmp_path / "out", port, "--host", "0.0.0.0", "--watch", **secret) as process:
        until(lambda: answers(api))
        for stranger in (None, ("someone", "guesses")):
            assert httpx.get(f"{api}/admin/settings", auth=stranger).status_code == 401
            assert httpx.get(f"{api}/csrf-token", params={"client": "them"}, auth=stranger).status_code == 401
            assert httpx.post(f"{api}/flow_runs/filter", json={}, auth=stranger).status_code in (401, 403)
        # What a page that is open elsewhere in the browser of someone with the password could do.
        elsewhere = httpx.get(f"{api}/admin/version", auth=word, headers={"Origin": "https://elsewhere.example"})
        assert elsewhere.is_success and "access-control-allow-origin" not in elsewhere.headers
        assert httpx.post(f"{api}/flows/", content=b'{"name": "theirs"}', auth=word).status_code == 403
        # The server, the watch and the run itself go on as ever.
        done = {"task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
        until(lambda: post(api, "/task_runs/filter", done, word).json())
        assert flow_runs(api, word)[-1]["state_type"] == "RUNNING"
        # Without its server it would serve nothing, for ever.
        children = family(process)
        next(child for child in children if "flows.server_process" in child.cmdline()).kill()
        assert process.wait(60) == 1
        assert gone(children)
        assert "The Prefect server has ended" in (process.stderr.read() if process.stderr else "")


class ServerOfRuns:
    """A Prefect server as the watch sees it, whose runs end as they are told to."""

    def __init__(self, *ends: str) -> None:
        self.ends, self.runs = list(ends), list[FlowRun]()

    async def __aenter__(self) -> ServerOfRuns:
        return self

    async def __aexit__(self, *error: object) -> None: ...

    async def create_flow_run_from_deployment(self, deployment: UUID, tags: list[str]) -> FlowRun:
        state = State(type=StateType(self.ends.pop(0)))
        self.runs.append(FlowRun(flow_id=uuid4(), deployment_id=deployment, tags=tags, state=state))
        return self.runs[-1]

    async def read_flow_run(self, run: UUID) -> FlowRun:
        return next(known for known in self.runs if known.id == run)


@pytest.mark.parametrize(
    ("ends", "runs"), [(["COMPLETED"], 1), (["FAILED"], 1), (["CRASHED", "COMPLETED"], 2), (["CRASHED"] * 2, 2)]
)
def test_a_watched_run_whose_process_dies_is_begun_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: list[str], runs: int
) -> None:
    write(tmp_path / "papers", **METHODS)
    server = ServerOfRuns(*ends)
    monkeypatch.setattr("prefect.client.orchestration.get_client", lambda: server)
    monkeypatch.setattr("flows.serve.LOOK_S", 0.01)
    monkeypatch.setattr("flows.serve.REST_S", 0.02)

    async def watched() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(_watch(Settings(raw_docs=tmp_path / "papers"), uuid4()), 1)

    asyncio.run(watched())
    assert len(server.runs) == runs


def test_a_watch_that_would_pass_over_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="passed over: --watch and --overlap refuse"):
        serve(Settings(raw_docs=tmp_path, out=tmp_path / "out"), watch=True, overlap="refuse")


def test_an_open_server_without_a_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"0\.0\.0\.0.*PREFECT_SERVER_API_AUTH_STRING=user:password"):
        serve(Settings(raw_docs=tmp_path, out=tmp_path / "out"), host="0.0.0.0")


def test_a_port_that_is_taken_is_told_with_the_ways_out(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(QuireError, match=f"port {port}.*--port"),
            prefect_server("127.0.0.1", port, tmp_path / "log"),
        ):
            pass


def test_a_server_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    url = f"http://127.0.0.1:{free_port()}/api"
    with temporary_settings({PREFECT_API_URL: url}), pytest.raises(QuireError, match="No Prefect server answers"):
        serve(Settings(raw_docs=tmp_path, out=tmp_path / "out"))


@pytest.mark.parametrize("zone", ["Nowhere/City", "CET-1CEST"])
def test_a_time_zone_that_has_no_name_is_told_and_not_taken_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    with pytest.raises(ConfigurationError, match=f"TZ={zone} is no time zone"):
        serve(Settings(raw_docs=tmp_path, out=tmp_path / "out"), cron="0 3 * * *")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"cron": "now and then"}, "now and then"),
        ({"every": 0.0}, "no interval"),
        ({"cron": "0 3 * * *", "every": 60.0}, "two schedules"),
    ],
)
def test_a_schedule_that_is_none_is_told(tmp_path: Path, options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        serve(Settings(raw_docs=tmp_path, out=tmp_path / "out"), **options)
