"""`quire serve`, for real: a server, the watched folder, one run at a time, and a clean end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from extractors.errors import QuireError
from flows.serve import serve
from flows.server import answers, prefect_server
from flows.settings import ConfigurationError, Settings
from tests.flows.real_run import RULES_ONLY, flow_runs, free_port, post

BRIEF = ("--set", "train.max_steps=1", "--set", "evaluate.max_rows=1")
ENDED = ("COMPLETED", "FAILED", "CRASHED")
DOCUMENT = "# {0}\n\n{0} is a method that trains two small matrices beside each frozen weight matrix.\n"


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


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=10)[1]


@pytest.mark.slow
def test_dropped_files_start_one_run_and_a_signal_ends_all(tmp_path: Path) -> None:
    docs, out, port = tmp_path / "papers", tmp_path / "out", free_port()
    docs.mkdir()
    api = f"http://127.0.0.1:{port}/api"
    with serving(docs, out, port, "--watch") as process:
        until(lambda: answers(api))
        until(lambda: post(api, "/deployments/filter", {}).json())
        for name in ("LoRA", "QLoRA", "DoRA"):
            (docs / f"{name}.md").write_text(DOCUMENT.format(name))
            time.sleep(0.5)
        until(lambda: [run for run in flow_runs(api) if run["state_type"] in ENDED])
        (run,) = flow_runs(api)
        assert "papers with starter" in run["name"]
        assert "watch" in run["tags"]
        manifest = out / "dataset" / "manifest.json"
        assert all(f"{name}.md" in manifest.read_text() for name in ("LoRA", "QLoRA", "DoRA"))
        children = family(process)
        assert children, "the server is one"
        process.terminate()
        assert process.wait(60) == 0
        assert gone(children)
        assert "Stopped." in process.stderr.read() if process.stderr else False
    assert not answers(api)


@pytest.mark.slow
def test_ctrl_c_ends_a_run_that_goes_on(tmp_path: Path) -> None:
    docs, port = tmp_path / "papers", free_port()
    docs.mkdir()
    for index in range(30):
        (docs / f"{index}.md").write_text(DOCUMENT.format(f"Method {index}"))
    api = f"http://127.0.0.1:{port}/api"
    with serving(docs, tmp_path / "out", port, "--watch") as process:
        until(lambda: [run for run in flow_runs(api) if run["state_type"] == "RUNNING"])
        children = family(process)
        assert len(children) > 1, "the server, the run and its workers"
        process.send_signal(signal.SIGINT)
        assert process.wait(90) == 0
        assert gone(children)


@pytest.mark.slow
def test_a_schedule_is_in_this_machines_time_and_runs_one_at_a_time(tmp_path: Path) -> None:
    docs, port = tmp_path / "papers", free_port()
    docs.mkdir()
    for index in range(30):
        (docs / f"{index}.md").write_text(DOCUMENT.format(f"Method {index}"))
    with prefect_server("127.0.0.1", port, tmp_path / "log") as api:
        with serving(docs, tmp_path / "out", port, "--cron", "0 3 * * *", PREFECT_API_URL=api, TZ="Europe/Berlin"):
            (deployment,) = until(lambda: post(api, "/deployments/filter", {}).json())
            (schedule,) = until(lambda: httpx.get(f"{api}/deployments/{deployment['id']}").json()["schedules"])
            assert schedule["schedule"]["cron"] == "0 3 * * *"
            assert schedule["schedule"]["timezone"] == "Europe/Berlin"
            assert until(lambda: [run for run in flow_runs(api) if run["auto_scheduled"]]), "its runs are planned"
            assert deployment["entrypoint"] == "flows.run.quire_run"
            assert deployment["parameters"]["settings"]["raw_docs"] == str(docs)
            create = f"/deployments/{deployment['id']}/create_flow_run"
            # A busy server says 503, and means later.
            ours = {until(lambda: post(api, create, {})).json()["id"] for _ in range(2)}
            until(lambda: [run for run in flow_runs(api) if run["id"] in ours and run["state_type"] == "CANCELLED"])
            others = [run for run in flow_runs(api) if run["id"] in ours and run["state_type"] != "CANCELLED"]
            assert len(others) == 1, "one is refused, the other goes on"
        assert answers(api), "a server that was there before is left alone"


@pytest.mark.slow
def test_an_open_server_is_for_those_with_the_password_and_for_no_other_page(tmp_path: Path) -> None:
    docs, port, word = tmp_path / "papers", free_port(), ("someone", "a word: with a colon")
    docs.mkdir()
    for name in ("LoRA", "QLoRA", "DoRA"):
        (docs / f"{name}.md").write_text(DOCUMENT.format(name))
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
        (run,) = until(lambda: [run for run in flow_runs(api, word) if run["state_type"] in ENDED])
        assert run["state_type"] == "COMPLETED", run["state"]["message"]
        assert (tmp_path / "out" / "adapters" / "README.md").exists()
        process.terminate()
        assert process.wait(60) == 0


def test_an_open_server_without_a_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"0\.0\.0\.0.*PREFECT_SERVER_API_AUTH_STRING=user:password"):
        serve(Settings(raw_docs=tmp_path, out=tmp_path / "out"), host="0.0.0.0")


@pytest.mark.slow
def test_the_server_dies_with_its_parent(tmp_path: Path) -> None:
    docs, port = tmp_path / "papers", free_port()
    docs.mkdir()
    api = f"http://127.0.0.1:{port}/api"
    with serving(docs, tmp_path / "out", port) as process:
        until(lambda: answers(api))
        children = family(process)
        process.kill()
        assert gone(children)
    assert not answers(api)


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
