from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar
from urllib.parse import unquote, urlsplit

import pytest

from augment import models
from augment.models import locate, wanted
from extractors.errors import QuireError
from extractors.files import sha256

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PARTS = {"config.json": "{}", "tokenizer.json": "{}", "model.safetensors": "weights"}


def repository(folder: Path, parts: dict[str, str] = PARTS) -> Path:
    folder.mkdir(parents=True)
    for name, content in parts.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def test_starter_and_folders_are_themselves(tmp_path: Path) -> None:
    starter, folder = repository(tmp_path / "t5"), repository(tmp_path / "mine")
    assert locate("starter", "", starter).folder == starter
    assert locate("starter", "", starter).name == "starter"
    found = locate(str(folder), "", starter)
    assert (found.name, found.folder) == ("mine", folder), "the rows must not depend on where the folder lies"


def test_the_revision_of_a_folder_is_what_it_holds(tmp_path: Path) -> None:
    first, second = repository(tmp_path / "a"), repository(tmp_path / "b")
    revision = locate(str(first), "", first).revision
    assert len(revision) == 12
    assert locate(str(second), "", second).revision == revision
    (second / "README.md").write_text("a card", encoding="utf-8")
    assert locate(str(second), "", second).revision == revision, "a card is no part of the model"
    (second / "model.safetensors").write_text("other weights", encoding="utf-8")
    assert locate(str(second), "", second).revision != revision


@pytest.mark.parametrize(
    ("missing", "named"),
    [("config.json", "config.json"), ("tokenizer.json", "tokenizer"), ("model.safetensors", "weights")],
)
def test_a_folder_that_lacks_a_part_is_refused_by_name(tmp_path: Path, missing: str, named: str) -> None:
    folder = repository(tmp_path / "model", {name: text for name, text in PARTS.items() if name != missing})
    with pytest.raises(QuireError) as error:
        locate(str(folder), "", folder, setting="train.model")
    assert named in error.value.message
    assert str(folder) in error.value.message
    assert "train.model" in error.value.fix


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    parts = {"config.json": "{}", "tokenizer.json": "{}", "model.safetensors.index.json": json.dumps(index)}
    folder = repository(tmp_path / "model", parts | {"model-00001-of-00002.safetensors": "half"})
    with pytest.raises(QuireError, match=r"model-00002-of-00002\.safetensors"):
        locate(str(folder), "", folder)


def test_a_folder_that_is_not_there_is_not_sought_on_the_hub(tmp_path: Path) -> None:
    for name in (str(tmp_path / "nowhere"), "./nowhere", "a/b/c"):
        with pytest.raises(QuireError, match="no model folder"):
            locate(name, "", tmp_path)


def test_one_format_of_weights_and_no_code_is_wanted() -> None:
    files = ["config.json", "model.py", "onnx/config.json", "pytorch_model.bin", "spiece.model", "tf_model.h5"]
    assert wanted(files) == ["config.json", "spiece.model", "pytorch_model.bin"]
    assert wanted([*files, "model.safetensors"]) == ["config.json", "spiece.model", "model.safetensors"]


def test_without_a_network_the_message_comes_in_seconds(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from augment.models import locate
from extractors.errors import QuireError
try:
    locate("valhalla/t5-base-qg-hl", "", Path("unused"))
except QuireError as error:
    print(error)
"""
    environment = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    began = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-c", script],
        env=environment | {"HF_HOME": str(tmp_path), "HF_ENDPOINT": "https://hub.invalid"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert time.monotonic() - began < 10
    assert "hf download valhalla/t5-base-qg-hl" in run.stdout
    assert "--set ask.model=" in run.stdout


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub

    monkeypatch.setattr(models, "REACH_S", 0.2)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda *_, **__: time.sleep(30))
    began = time.monotonic()
    with pytest.raises(QuireError, match="did not answer"):
        locate("someone/something-never-cached", "", tmp_path)
    assert time.monotonic() - began < 5


def test_nothing_is_downloaded_unasked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda *_, **__: pytest.fail("asked the hub"))
    with pytest.raises(QuireError, match="not on this machine"):
        locate("someone/something-never-cached", "", tmp_path, download=False)


def test_a_name_that_is_no_id_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(QuireError, match="neither an existing folder nor a hub id"):
        locate("no such thing", "", tmp_path)


class Hub(BaseHTTPRequestHandler):
    """The part of the hub's interface that a download uses, for one repository."""

    files: ClassVar[dict[str, str]] = PARTS | {"pytorch_model.bin": "old", "code.py": "raise SystemExit"}
    asked: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.asked.append(path)
        if path.startswith("/api/models/some/model/tree/"):
            rows = [{"type": "file", "path": n, "size": len(t), "oid": sha256(t)[:40]} for n, t in self.files.items()]
            self.answer(json.dumps(rows))
        elif path in ("/api/models/some/model", "/api/models/some/model/revision/main"):
            siblings = [{"rfilename": name} for name in self.files]
            self.answer(json.dumps({"id": "some/model", "sha": COMMIT, "siblings": siblings}))
        elif path.startswith(f"/some/model/resolve/{COMMIT}/"):
            self.answer(self.files[path.rsplit("/", 1)[1]])
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{sha256(text)[:40]}"')
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Hub.asked.clear()
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_hub_model_is_downloaded_once_and_then_found(hub: str, tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from augment.models import locate
files = locate(sys.argv[1], "", Path("unused"))
print(files.name, files.revision, *sorted(path.name for path in files.folder.iterdir()))
"""

    def run(name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if key != "HF_HUB_OFFLINE"}
        return subprocess.run(
            [sys.executable, "-c", script, name],
            env=kept
            | {"HF_HOME": str(tmp_path), "HF_ENDPOINT": hub, "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
            | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    first = run("some/model")
    assert first.stdout.split() == ["some/model", COMMIT, *sorted(PARTS)], first.stderr
    assert not any("code.py" in path or "pytorch_model.bin" in path for path in Hub.asked)
    Hub.asked.clear()
    assert run("some/model").stdout == first.stdout
    assert run("some/model", HF_HUB_OFFLINE="1").stdout == first.stdout
    assert Hub.asked == [], "what is in the cache is not asked for again"
    assert "has no model some/other" in run("some/other").stderr
