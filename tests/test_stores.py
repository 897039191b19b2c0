"""What another version of Quire left is read, or refused with a clear word, and never misread."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extractors.errors import OtherVersion, QuireError
from extractors.ledger import read_ledger
from flows import store as work_folder
from flows.changes import settled_changes, snapshot
from flows.decisions import decisions_file, read_decisions
from flows.report import write_report
from flows.review import offered
from flows.store import current_documents, opened
from tests.flows.in_process import quire
from tests.flows.real_run import RULES_ONLY
from tests.test_end_to_end import contents
from training import adapters, dataset

STORES = sorted(path for path in (Path(__file__).parent / "stores").iterdir() if path.is_dir())


@pytest.fixture(params=STORES, ids=lambda path: path.name)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of what a release left, and of its documents."""
    copy = tmp_path / "store"
    shutil.copytree(request.param, copy)
    return copy


def format_of(file: Path) -> int:
    return int(json.loads(file.read_bytes())["format"])


def read_dataset(out: Path) -> dict[str, int]:
    manifest = dataset.read_manifest(out / "dataset")
    rows = {name: len(dataset.read_split(out / "dataset", name)) for name in dataset.JSON_FILES}
    assert rows == {name: manifest["files"][file]["rows"] for name, file in dataset.JSON_FILES.items()}
    return rows


def test_a_store_of_a_release_is_read_or_refused(store: Path) -> None:
    out = store / "out"
    work = (out / ".quire" / "format").read_text() == f"{work_folder.FORMAT}\n"
    rows, weights = (format_of(out / name / "manifest.json") for name in ("dataset", "adapters"))
    reads: list[tuple[bool, Callable[[Path], Any]]] = [
        (rows == dataset.FORMAT, read_dataset),
        (weights == adapters.FORMAT, lambda out: adapters.read_manifest(out / "adapters")),
        (work, lambda out: current_documents(out / ".quire")),
        (work, offered),
    ]
    for ours, read in reads:
        if ours:
            assert read(out)
        else:
            with pytest.raises(OtherVersion):
                read(out)
    assert read_decisions(out), "what a person decided is never given up"


def test_a_store_of_this_format_is_understood(store: Path) -> None:
    if format_of(store / "out" / "dataset" / "manifest.json") != dataset.FORMAT:
        pytest.skip("of another format")
    out = store / "out"
    documents = current_documents(out / ".quire")
    assert {document.source for document in documents.values()} == {
        path.name for path in (store / "papers").iterdir() if path.name != "broken.pdf"
    }
    for name in dataset.JSON_FILES:
        for pair in dataset.read_split(out / "dataset", name):
            assert documents[pair.doc_id].text[pair.char_start : pair.char_end] == pair.answer_span
    assert [entry.source for entry in read_ledger(out / "ledger.jsonl") if entry.unit == "document"] == ["broken.pdf"]
    found = settled_changes(out / "dataset", out / ".quire" / "snapshot.json")
    assert str(found) == "Nothing has changed since the last build."
    (decided,) = read_decisions(out).values()
    assert decided.verdict == "reject"
    assert adapters.read_metrics(out / "adapters")["verdict"]["sentence"]
    page = write_report(out, store / "papers").read_text()
    assert "These counts do not agree" not in page


@pytest.mark.slow
@pytest.mark.usefixtures("kept_workers")
def test_a_build_on_an_old_store_is_the_same_as_a_clean_one(store: Path, tmp_path: Path, server: str) -> None:
    old, clean = store / "out", tmp_path / "clean"
    if (old / ".quire" / "format").read_text() != f"{work_folder.FORMAT}\n":
        refused = quire(server, "build", store / "papers", *RULES_ONLY, out=old)
        assert (refused.status, "another version" in refused.stderr) == (1, True)
        shutil.rmtree(old / ".quire")
    clean.mkdir()
    shutil.copy(decisions_file(old), clean)
    for out in (old, clean):
        done = quire(server, "build", store / "papers", *RULES_ONLY, out=out)
        assert done.status == 0, done.stderr
    assert contents(old / "dataset") == contents(clean / "dataset")
    assert (old / "ledger.jsonl").read_bytes() == (clean / "ledger.jsonl").read_bytes()


@pytest.mark.parametrize("version", [0, 99])
def test_an_older_and_a_newer_work_folder_are_refused_by_whoever_reads_it(tmp_path: Path, version: int) -> None:
    out = tmp_path / "out"
    shutil.copytree(STORES[-1] / "out", out)
    (out / ".quire" / "format").write_text(f"{version}\n")
    told = rf"\.quire was written by another version of Quire \(format {version}, not {work_folder.FORMAT}\)\. Delete"
    for read in (lambda: current_documents(out / ".quire"), lambda: offered(out), lambda: write_report(out, tmp_path)):
        with pytest.raises(OtherVersion, match=told):
            read()
    with pytest.raises(OtherVersion, match=told), opened(out / ".quire"):
        pass


@pytest.mark.parametrize("version", [0, 99, None])
@pytest.mark.parametrize("read", [dataset.read_manifest, adapters.read_manifest])
def test_an_older_and_a_newer_manifest_are_refused(
    tmp_path: Path, read: Callable[[Path], dict[str, Any]], version: int | None
) -> None:
    folder = tmp_path / read.__module__.rpartition(".")[2]
    shutil.copytree(STORES[-1] / "out" / folder.name, folder)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": version}))
    with pytest.raises(OtherVersion, match=rf"manifest\.json was written by another version.*format {version}, not 1"):
        read(folder)


def test_work_files_with_more_in_them_than_is_known_are_refused(tmp_path: Path) -> None:
    readers: dict[str, list[Callable[[Path], Any]]] = {
        "read": [lambda out: current_documents(out / ".quire"), lambda out: write_report(out, tmp_path)],
        "ask": [offered],
    }
    for step, reads in readers.items():
        out = tmp_path / step
        shutil.copytree(STORES[-1] / "out", out)
        for file in (out / ".quire" / step).iterdir():
            file.write_text(json.dumps({**json.loads(file.read_bytes()), "more": 1}))
        for read in reads:
            with pytest.raises(QuireError, match=r"not what this version of Quire writes \(more: .*quire build"):
                read(out)


def test_decisions_and_ledgers_with_more_in_them_than_is_known_are_refused_by_line(tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(STORES[-1] / "out", out)
    for file, read in (
        (decisions_file(out), lambda: read_decisions(out)),
        (out / "ledger.jsonl", lambda: read_ledger(out / "ledger.jsonl")),
        (out / "ledger.jsonl", lambda: write_report(out, tmp_path)),
    ):
        first, *rest = file.read_text().splitlines(keepends=True)
        file.write_text("".join([json.dumps({**json.loads(first), "weight": 2}) + "\n", *rest]))
        with pytest.raises(QuireError, match=rf"{file.name}.*Extra inputs are not permitted"):
            read()


def test_a_snapshot_that_cannot_be_read_costs_a_sentence_and_no_build(tmp_path: Path) -> None:
    kept = tmp_path / "snapshot.json"
    kept.write_text('{"documents": {}, "pairs": {}, "more": 1}')
    folder = STORES[-1] / "out" / "dataset"
    assert settled_changes(folder, kept) is None
    assert kept.read_text() and settled_changes(folder, kept) is not None
    assert snapshot(folder).documents
