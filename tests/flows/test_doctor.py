"""The doctor: each lack of a machine is named, with its fix, and nothing is left behind."""

from __future__ import annotations

import base64
import importlib.metadata
import os
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

import extractors.files
from extractors.errors import QuireError
from extractors.ledger import LedgerEntry
from flows import around, doctor, runners
from flows.cli import app
from flows.crashed import tag_of
from flows.decisions import decisions_file
from flows.doctor import examine
from flows.finding import Finding, show
from flows.reading import quarantined
from flows.server import at_server
from flows.settings import Settings
from flows.store import opened
from flows.workers import WorkerDied


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    docs = tmp_path / "papers"
    docs.mkdir()
    (docs / "a.md").write_text("# A\n\nSome text.\n")
    return Settings(raw_docs=docs, out=tmp_path / "out")


def changed(settings: Settings, section: str, **values: object) -> Settings:
    return settings.model_copy(update={section: getattr(settings, section).model_copy(update=values)})


def finding(settings: Settings, name: str) -> Finding:
    (found,) = [found for found in examine(settings) if found.name == name]
    return found


def test_every_lack_has_a_fix_and_what_is_there_has_none(settings: Settings) -> None:
    findings = examine(settings)
    assert {"Python", "packages", "tesseract", "memory", "disk", "documents", "output", "Prefect"} <= {
        found.name for found in findings
    }
    for found in findings:
        assert found.found
        assert bool(found.fix) != found.ok, found


def test_it_leaves_nothing_behind(settings: Settings) -> None:
    before = sorted(settings.out.parent.rglob("*"))
    examine(settings)
    assert sorted(settings.out.parent.rglob("*")) == before


def test_it_takes_seconds(settings: Settings) -> None:
    examine(settings)
    start = time.monotonic()
    examine(settings)
    assert time.monotonic() - start < 15, "a few seconds, with room for a busy machine"


def test_an_older_package_is_named_with_the_version_asked_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.1" if name == "pymupdf" else real(name))
    found = finding(settings, "packages")
    assert not found.ok
    assert found.needed
    assert "pymupdf is 0.1, not <2,>=1.28.2" in found.found
    assert "pip install" in found.fix


def test_a_package_that_is_missing_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == "pebble":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert "pebble is missing" in finding(settings, "packages").found


def test_without_tesseract(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    lack = finding(settings, "tesseract")
    assert (lack.ok, lack.needed) == (False, False)
    assert "apt-get install tesseract-ocr" in lack.fix
    assert finding(changed(settings, "read", ocr="always"), "tesseract").needed
    assert finding(changed(settings, "read", ocr="never"), "tesseract").ok


def test_a_language_that_tesseract_lacks(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "bin" / "tesseract"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\n[ "$1" = --version ] && echo tesseract 5.3.0 || printf "List (2):\\neng\\nosd\\n"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    found = finding(changed(settings, "read", languages="eng+chi_sim"), "tesseract")
    assert found.found == "5.3.0, without chi_sim"
    assert "tesseract-ocr-chi-sim" in found.fix
    assert "tesseract-ocr-eng" not in found.fix


def test_no_documents_folder_and_an_empty_one(settings: Settings, tmp_path: Path) -> None:
    missing = finding(settings.model_copy(update={"raw_docs": tmp_path / "nowhere"}), "documents")
    assert not missing.ok
    assert "nowhere" in missing.found
    (tmp_path / "empty").mkdir()
    empty = finding(settings.model_copy(update={"raw_docs": tmp_path / "empty"}), "documents")
    assert not empty.ok
    assert ".pdf" in empty.fix


def test_an_output_folder_that_cannot_be_made(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = finding(settings.model_copy(update={"out": tmp_path / "file" / "out"}), "output")
    assert (found.ok, found.needed) == (False, True)
    assert "--out" in found.fix


def test_an_output_folder_in_use(settings: Settings) -> None:
    hold = "import sys; from pathlib import Path; from flows.store import opened\n"
    hold += "with opened(Path(sys.argv[1])): print('holds', flush=True), sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(settings.work)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout and other.stdout.readline()
        found = finding(settings, "output")
        other.kill()
    assert not found.ok
    assert "Another run" in found.found and f"It is process {other.pid}: {sys.executable} -c" in found.found


def test_an_output_folder_of_another_version(settings: Settings) -> None:
    extractors.files.write_whole(settings.work / "format", "99\n")
    found = finding(settings, "output")
    assert not found.ok
    assert "99" in found.found


def test_a_dataset_of_another_version(settings: Settings) -> None:
    extractors.files.write_whole(settings.out / "dataset" / "manifest.json", '{"format": 99}')
    found = finding(settings, "stores")
    assert (found.ok, found.needed) == (False, False)
    assert "format 99, not 1" in found.found and "quire build" in found.fix


def test_decisions_that_are_not_understood(settings: Settings) -> None:
    extractors.files.write_whole(decisions_file(settings.out), '{"key": "k", "verdict": "maybe"}\n')
    found = finding(settings, "stores")
    assert (found.ok, found.needed) == (False, True)
    assert "Line 1" in found.found


def test_documents_in_quarantine_are_named(settings: Settings) -> None:
    assert finding(settings, "readers").found.startswith("600 s, 4 GB, 2,000 pages and 20,000,000 characters")
    death = WorkerDied("took too long", "It took longer than 600 s.", fix="Raise read.timeout_s.")
    told = quarantined(settings.work / "refused" / "read@6-a-b.json", death)
    common: dict[str, Any] = {"unit": "document", "outcome": "dropped", "step": "read", "source": "hangs.pdf"}
    entries = [
        LedgerEntry(**common, reason=told.reason, detail=str(told)),
        LedgerEntry(**{**common, "source": "empty.pdf"}, reason="empty file", detail="It is empty."),
    ]
    extractors.files.write_whole(settings.out / "ledger.jsonl", extractors.files.to_lines(entries))
    found = finding(settings, "quarantine")
    assert (found.ok, found.needed) == (False, False)
    assert found.found == "hangs.pdf (took too long)" and "ledger.jsonl" in found.fix


def test_the_documents_folder_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(settings: Settings) -> list[Finding]:
        return [Finding(name="documents", ok=True, found=f"in {settings.raw_docs}")]

    monkeypatch.setattr(doctor, "examine", found)
    assert "in papers" in CliRunner().invoke(app, ["doctor", "papers"]).output


def test_runs_that_were_killed_and_show_as_running(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL, temporary_settings

    database = f"sqlite+aiosqlite:///{settings.out.parent / 'prefect.db'}"
    monkeypatch.setenv("PREFECT_SERVER_DATABASE_CONNECTION_URL", database)
    with opened(settings.work):
        pass
    with temporary_settings({PREFECT_SERVER_DATABASE_CONNECTION_URL: database}):
        assert finding(settings, "runs").ok, "there is no database yet"
        with at_server(settings.work / "log"):
            begun(settings.out, "RUNNING")
            begun(settings.out, "COMPLETED")
            begun(settings.out.with_name("other"), "RUNNING")
            by_the_server = finding(settings, "runs")
            begun(settings.out, "PENDING")
        found = finding(settings, "runs")
    assert (found.ok, found.needed) == (False, False)
    assert by_the_server.found == "1 run was killed and still shows as running"
    assert found.found == "2 runs were killed and still show as running"
    assert "The next run there says that they crashed" in found.fix
    with opened(settings.work):
        assert not [found for found in examine(settings) if found.name == "runs"], "who holds the folder may be alive"


def begun(out: Path, state: str) -> None:
    """A run on `out` that the server thinks to be in this state."""
    from prefect import flow
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.objects import State, StateType

    with get_client(sync_client=True) as client:
        run = client.create_flow_run(flow(_nothing), tags=[tag_of(out)])
        client.set_flow_run_state(run.id, State(type=StateType(state)), force=True)


def _nothing() -> None:
    """A flow that does nothing."""


def test_what_the_last_build_did_not_use_is_counted(settings: Settings) -> None:
    with opened(settings.work):
        pass
    assert finding(settings, "leftovers").found == "none"
    extractors.files.write_whole(settings.work / "read" / "read@1-a-b.json", "an old one")
    found = finding(settings, "leftovers")
    assert found.ok and "quire clean" in found.found


def test_readers_that_may_take_more_than_there_is(settings: Settings) -> None:
    found = finding(changed(settings, "read", memory_gb=100_000), "readers")
    assert (found.ok, found.needed) == (False, False) and "--set read.memory_gb=" in found.fix


def test_the_package_of_the_runner_that_was_chosen(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "missing_package", lambda runner: "prefect-dask" if runner == "dask" else "")
    assert finding(settings, "runner").found == "threads"
    found = finding(settings.model_copy(update={"runner": "dask"}), "runner")
    assert (found.ok, found.needed) == (False, True) and "pip install" in found.fix


def test_a_port_that_another_server_has(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(around, "SERVE_PORT", taken.getsockname()[1])
        found = finding(settings, "port")
    assert (found.ok, found.needed) == (False, False) and "quire serve --port" in found.fix
    assert finding(settings, "port").ok


def test_a_password_in_an_address_is_not_shown(settings: Settings) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://someone:a-word@127.0.0.1:9/api"}):
        found = finding(settings, "Prefect").found
    assert "127.0.0.1:9" in found and "a-word" not in found


def test_telemetry_that_a_user_turned_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert finding(settings, "telemetry").found == "off"
    monkeypatch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "true")
    found = finding(settings, "telemetry")
    assert (found.ok, found.needed, found.fix) == (False, False, "unset PREFECT_SERVER_ANALYTICS_ENABLED")


def test_the_time_zone_of_a_schedule(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert finding(settings, "time zone").found.startswith("Europe/Berlin")
    monkeypatch.setenv("TZ", "Nowhere/City")
    found = finding(settings, "time zone")
    assert (found.ok, found.needed) == (False, False)
    assert "Nowhere/City" in found.found and "TZ=" in found.fix


def test_who_may_come_in_to_its_own_server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_SERVER_API_AUTH_STRING, temporary_settings

    assert "this machine alone, without a password" in finding(settings, "Prefect").found
    with temporary_settings({PREFECT_SERVER_API_AUTH_STRING: "someone:a word"}):
        found = finding(settings, "Prefect").found
    assert "with a password" in found and "a word" not in found


def test_a_server_with_another_password(settings: Settings) -> None:
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

    class Asks(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            right = base64.b64encode(b"someone:a word").decode()
            let_in = self.path == "/api/health" or self.headers["Authorization"] == f"Basic {right}"
            self.send_response(200 if let_in else 401)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Asks) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = {PREFECT_API_URL: f"http://127.0.0.1:{server.server_port}/api"}
        with temporary_settings({**url, PREFECT_API_AUTH_STRING: "someone:a word"}):
            assert finding(settings, "Prefect").ok
        with temporary_settings({**url, PREFECT_API_AUTH_STRING: "someone:guesses"}):
            found = finding(settings, "Prefect")
            assert (found.ok, found.needed) == (False, True) and "PREFECT_API_AUTH_STRING" in found.fix
            with pytest.raises(QuireError, match="asks for a password"), at_server(settings.work / "log"):
                pass
        server.shutdown()


def test_a_disk_that_is_full(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=10**8))
    found = finding(settings, "disk")
    assert (found.ok, found.needed) == (False, True)
    assert found.found.startswith("0.1 GiB")


def test_a_hub_model_that_is_nowhere_is_told_within_seconds(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_reaches_hub", lambda: False)
    settings = changed(changed(settings, "train", model="nobody/nothing"), "ask", model="nobody/asks")
    base = finding(settings, "base model")
    assert (base.ok, base.needed) == (False, True)
    assert "--set train.model=" in base.fix
    question = finding(settings, "question model")
    assert (question.ok, question.needed) == (False, False), "the rules can ask alone"
    assert finding(changed(settings, "ask", model="nobody/asks", generators=("model",)), "question model").needed


def test_a_hub_model_that_can_be_had_will_be_downloaded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_reaches_hub", lambda: True)
    found = finding(changed(settings, "train", model="nobody/nothing"), "base model")
    assert found.ok
    assert "will be downloaded" in found.found


def test_whether_the_hub_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    class Answers(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as hub:
        Thread(target=hub.serve_forever, daemon=True).start()
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{hub.server_port}")
        assert doctor._reaches_hub()
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        assert not doctor._reaches_hub()
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        hub.shutdown()
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert not doctor._reaches_hub()


def test_a_folder_that_is_no_model(settings: Settings, tmp_path: Path) -> None:
    found = finding(changed(settings, "train", model=str(tmp_path)), "base model")
    assert not found.ok
    assert "config.json" in found.found
    assert found.fix


def test_a_server_that_does_not_answer(settings: Settings) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        found = finding(settings, "Prefect")
    assert (found.ok, found.needed) == (False, True)
    assert "unset PREFECT_API_URL" in found.fix


def test_it_is_shown_as_a_table_with_the_fixes(capsys: pytest.CaptureFixture[str]) -> None:
    show(
        [
            Finding(name="disk", ok=False, found="[bold]0 GiB[/bold]", fix="Free some."),
            Finding(name="GPU", ok=False, found="none", fix="Get one.", needed=False),
            Finding(name="Python", ok=True, found="3.12"),
        ]
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["lacks", "disk", "[bold]0", "GiB[/bold]"], "what was found is text, not markup"
    assert [line.split()[0] for line in lines if line[0] != " "] == ["lacks", "without", "ok"]
    assert any("Get one." in line for line in lines)


def test_the_engine_is_looked_at(settings: Settings) -> None:
    assert finding(settings, "engine").found == f"TRL {importlib.metadata.version('trl')}"
    found = finding(changed(settings, "train", engine="unsloth"), "engine")
    assert not found.ok and found.needed
    assert "Unsloth cannot train here" in found.found and "train.engine=trl" in found.fix
