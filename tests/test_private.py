"""Private and closed: nothing is asked of anyone, nothing secret is written, and no file is run."""

from __future__ import annotations

import ast
import base64
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from flows.server import prefect_server
from tests.flows.chromium import chromium, executable
from tests.flows.in_process import RULES, build
from tests.flows.real_run import RULES_ONLY, flow_runs, free_port, quire
from tests.watched import ALONE, PASSWORD, REFUSED, ROOT, SECRETS, TRACED, Watched, watching

TEXTS = {
    "adapters": "An adapter is a pair of small matrices that is trained beside each frozen weight matrix. The rank of"
    " an adapter is the inner dimension of its two matrices.",
    "decoding": "Greedy decoding is a strategy that takes the most probable token at every step. Beam search is a"
    " procedure that keeps several partial sentences at once.",
    "tokens": "A vocabulary is the set of tokens that a model knows. Byte-pair encoding (BPE) is an algorithm that"
    " merges the most frequent pair of symbols again and again.",
}


def documents(folder: Path) -> Path:
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / f"{name}.md").write_text(f"# {name.title()}\n\n{text}\n")
    with pymupdf.open() as paper:
        paper.new_page().insert_textbox((72, 72, 500, 300), " ".join(TEXTS.values()).replace("matrix", "layer"))
        paper.save(folder / "paper.pdf")
    return folder


def test_the_watch_sees_and_refuses_what_is_tried_and_lets_this_machine_alone(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    code = """
import socket, subprocess, sys
here = socket.create_server(("127.0.0.1", 0))
socket.create_connection(here.getsockname()).close()
socket.getaddrinfo("localhost", 80)
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
    lambda: socket.getaddrinfo("example.org", 80),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"?", ("192.0.2.53", 53)),
):
    try:
        attempt()
    except OSError as error:
        assert "is refused" in str(error), error
    else:
        raise SystemExit("not refused")
socket.create_server(("0.0.0.0", 0))
if "child" not in sys.argv:
    subprocess.run([sys.executable, "-c", sys.argv[1], "", "child"], check=True)
"""
    subprocess.run([sys.executable, "-c", code, code], env=watched.environment, check=True, timeout=60)
    tried = [
        ("socket.getaddrinfo", "192.0.2.1"),
        ("socket.getaddrinfo", "example.org"),
        ("socket.sendto", "192.0.2.53"),
        ("socket.bind", "0.0.0.0"),
    ]
    assert [(note["event"], note["host"]) for note in watched.attempts()] == 2 * tried
    assert [note["event"] for note in watched.notes()].count("start") == 2


@pytest.mark.slow
def test_the_whole_job_asks_nothing_of_anyone_and_listens_to_this_machine_alone(whole_job: Watched) -> None:
    started = [" ".join(note["process"]) for note in whole_job.notes() if note["event"] == "start"]
    for part in (
        "flows.cli run",
        "flows.server_process",
        "spawn_main",
        "training.sft",
        "training.evaluate",
        "flows.cli ask",
    ):
        assert any(part in process for process in started), f"{part} was not watched"
    assert whole_job.attempts() == []


@pytest.mark.slow
def test_no_code_in_another_language_asks_anything_either(whole_job: Watched, tmp_path: Path) -> None:
    if not all(watching()):
        pytest.skip("this machine permits no network namespace, or has no strace")
    asks = ("bash", "-c", "exec 3<>/dev/tcp/192.0.2.1/80")
    subprocess.run([*ALONE, *TRACED, str(tmp_path / "asks.trace"), *asks], capture_output=True)
    assert Watched(tmp_path).spoken_to() == {"192.0.2.1"}, "who asks is seen"
    assert whole_job.spoken_to() == {"127.0.0.1"}, "the server of the run, and nobody else"


@pytest.mark.slow
def test_nothing_secret_is_written_anywhere(whole_job: Watched) -> None:
    secrets = [secret.rpartition(":")[2].encode() for secret in SECRETS.values()]
    secrets.append(base64.b64encode(PASSWORD.encode()))
    written = [file for file in sorted(whole_job.folder.rglob("*")) if file.is_file() and file.suffix != ".trace"]
    assert {"prefect.db", "server.log", "said", "report.html", "log.txt"} <= {file.name for file in written}
    assert [file for file in written if any(secret in file.read_bytes() for secret in secrets)] == []


@pytest.mark.slow
def test_what_steps_note_is_plain_text(whole_job: Watched) -> None:
    kept = sorted((whole_job.out / ".quire" / "results").iterdir())
    assert {file.name.partition("@")[0] for file in kept} >= {"read", "ask", "split", "write", "train", "judge"}
    for file in kept:
        record = json.loads(file.read_bytes())
        assert record["metadata"]["serializer"]["type"] == "json"
        noted = json.loads(record["result"])
        # Why a document could not be read is noted too, and never taken for a result.
        assert isinstance(noted, str) or {*map(type, noted.values())} == {str}


class Trap:
    """Loading its pickle makes a folder."""

    def __init__(self, sprung: Path) -> None:
        self.sprung = sprung

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.sprung),)


@pytest.mark.slow
@pytest.mark.usefixtures("kept_workers")
def test_a_pickle_that_another_hand_put_there_is_not_loaded(tmp_path: Path, server: str) -> None:
    docs, out, sprung = documents(tmp_path / "papers"), tmp_path / "out", tmp_path / "sprung"
    build(docs, out, server, *RULES)
    before = (out / "dataset" / "manifest.json").read_bytes()
    planted = sorted((out / ".quire" / "results").iterdir())
    assert planted
    for file in planted:
        record = json.loads(file.read_bytes())
        record["metadata"]["serializer"] = {"type": "pickle", "picklelib": "pickle"}
        file.write_text(json.dumps({**record, "result": base64.b64encode(pickle.dumps(Trap(sprung))).decode()}))
    build(docs, out, server, *RULES)
    assert not sprung.exists()
    assert (out / "dataset" / "manifest.json").read_bytes() == before
    for file in planted:
        assert json.loads(file.read_bytes())["metadata"]["serializer"]["type"] == "json", "the step was noted anew"


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (f"{getattr(node, 'module', '')}.{alias.name}".lstrip(".") for alias in node.names)


def test_no_code_of_a_model_and_no_pickle_is_ever_asked_for() -> None:
    packages = ("extractors", "augment", "training", "flows")
    loads = 0
    for file in (file for package in packages for file in (ROOT / package).rglob("*.py")):
        tree = ast.parse(file.read_text())
        unpicklers = {
            name for name in imports(tree) if name.split(".")[0] in ("cloudpickle", "dill", "joblib", "pickle")
        }
        assert unpicklers <= {"pickle.UnpicklingError"}, f"{file} imports {unpicklers}"
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name, given = ast.unparse(call.func), {word.arg: ast.unparse(word.value) for word in call.keywords}
            assert given.get("trust_remote_code", "False") == "False", f"{file}: {name}"
            assert given.get("allow_pickle", "False") == "False", f"{file}: {name}"
            if name == "torch.load":
                loads += 1
                assert given.get("weights_only") == "True", f"{file}: {name}"
    assert loads, "the names are looked for where they stand"


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not executable(), reason="no Chromium is installed")
def test_neither_the_server_nor_a_browser_asks_anything_of_anyone_for_our_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(tmp_path)
    docs = documents(tmp_path / "papers")
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.setenv("PYTHONPATH", str(REFUSED))
    monkeypatch.setenv("NETWORK_LOG", watched.environment["NETWORK_LOG"])
    for name in ("PREFECT_SERVER_ANALYTICS_ENABLED", "DO_NOT_TRACK"):
        monkeypatch.delenv(name, raising=False)
    with prefect_server("127.0.0.1", free_port(), tmp_path / "log") as api, chromium() as browser:
        quire("build", docs, "--out", tmp_path / "out", *RULES_ONLY, api=api).check_returncode()
        (run,) = flow_runs(api)
        page, asked = browser.new_page(), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        ours = api.removesuffix("/api")
        for place in ("", "dashboard", "runs", f"runs/flow-run/{run['id']}", "artifacts", "deployments", "events"):
            page.goto(f"{ours}/{place}")
            page.wait_for_timeout(1000)
        page.goto((tmp_path / "out" / "report.html").as_uri())
        page.wait_for_timeout(1000)
    assert [url for url in asked if not url.startswith((ours, "data:", "blob:", "file:"))] == []
    assert len(asked) > 20
    assert any("flows.server_process" in note["process"] for note in watched.notes())
    assert watched.attempts() == []
