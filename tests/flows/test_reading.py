"""A page that hangs, floods or kills its reader costs itself, and nothing else."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from augment.settings import AskSettings
from extractors.errors import UnreadableDocument
from extractors.files import sha256_of, write_whole
from extractors.pages.bookmark import begin, kept_in, page_in
from extractors.records import Document
from extractors.settings import ReadSettings
from flows import reading, steps
from flows.documents import FoundDocument
from flows.reading import read, read_apart
from flows.store import seconds_of
from flows.work import read_into
from flows.workers import WorkerDied, worker_pools
from tests.extractors.hostile import AFTER, BEFORE, FONT, between, stream, text, written

pytestmark = pytest.mark.slow

HANG = b"0 0 m 1 1 l S\n" * 10_000_000
"""Content that MuPDF works on for seconds."""
FLOOD = b"BT /F1 1 Tf " + b"(abcdefghij klmnop) Tj 0 -1 Td " * 1_000_000 + b"ET"
"""Content that becomes gigabytes of characters."""


@pytest.fixture
def pools() -> Iterator[None]:
    with worker_pools():
        yield


@pytest.mark.parametrize(
    ("content", "limit", "reason"),
    [(HANG, {"page_s": 1}, "took too long"), (FLOOD, {"memory_gb": 0.75}, "out of memory")],
)
def test_a_monstrous_page_costs_itself(
    pools: None, tmp_path: Path, content: bytes, limit: dict[str, float], reason: str
) -> None:
    path = between(tmp_path / "paper.pdf", content)
    document = read_apart(path, "paper.pdf", ReadSettings.model_validate({"ocr": "never", **limit}))
    assert [page.read_as for page in document.pages] == ["text", "failed", "text"]
    assert document.pages[1].reason.startswith(reason)
    assert BEFORE in document.text and AFTER in document.text
    harmless = between(tmp_path / "harmless.pdf", text("The next document is read as if nothing had been."))
    assert len(read_apart(harmless, "harmless.pdf", ReadSettings(memory_gb=0.75)).pages) == 3


def hanging(path: Path, pages: int) -> Path:
    page = b"<</Type/Page/Parent 2 0 R/Contents 3 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 4 0 R>>>>>>"
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(pages))
    tree = b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids)
    return written(path, [b"<</Type/Catalog/Pages 2 0 R>>", tree, stream(HANG), FONT, *[page] * pages])


def test_a_document_that_kills_its_reader_again_and_again_goes_to_quarantine(
    pools: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hanging(tmp_path / "paper.pdf", reading.MOST_SPOILT + 1)
    found = FoundDocument(sha256_of(path), "paper.pdf", str(path))
    settings = ReadSettings(ocr="never", page_s=0.5)
    made = tmp_path / "work" / "read" / "read@2-settings-input.json"
    with pytest.raises(WorkerDied) as first:
        steps.read_file.fn("key", made, found, settings, 1)
    assert first.value.reason == "took too long"
    assert "It is in quarantine" in first.value.message
    began = time.monotonic()
    with pytest.raises(WorkerDied) as second:
        steps.read_file.fn("key", made, found, settings, 1)
    assert time.monotonic() - began < 0.5, "it is not tried again"
    assert (second.value.reason, str(second.value)) == (first.value.reason, str(first.value))
    assert not made.exists()

    monkeypatch.setattr(steps, "read", lambda made, *arguments: write_whole(made, "{}"))
    other = made.with_name("read@2-others-input.json")
    steps.read_file.fn("key", other, found, settings, 1)
    assert other.exists(), "with other settings it is tried again"


@pytest.mark.parametrize(("deaths", "reads"), [(1, True), (2, False)])
def test_a_reader_that_dies_has_one_more_chance_in_a_fresh_process(
    pools: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deaths: int, reads: bool
) -> None:
    path, died = between(tmp_path / "paper.pdf", text("Fine.")), tmp_path / "died"
    monkeypatch.setattr(reading, "read_into", partial(dying, died, deaths, signal.SIGSEGV))
    made = tmp_path / "work" / "read" / "read@2-settings-input.json"
    found = FoundDocument(sha256_of(path), "paper.pdf", str(path))
    if reads:
        steps.read_file.fn("key", made, found, ReadSettings(), 1)
        assert made.exists()
    else:
        for _ in range(2):
            with pytest.raises(WorkerDied, match=r"exit code -11.*quarantine") as caught:
                steps.read_file.fn("key", made, found, ReadSettings(), 1)
            assert caught.value.reason == "crashed its reader"
    killed = [int(number) for number in died.read_text().split()]
    assert len(killed) == len(set(killed)) == deaths, "each in a process of its own, and none in the second run"


def test_a_document_whose_reader_the_system_kills_has_one_more_chance_in_the_next_run(
    pools: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, died = between(tmp_path / "paper.pdf", text("Fine.")), tmp_path / "died"
    monkeypatch.setattr(reading, "read_into", partial(dying, died, 99, signal.SIGKILL))
    made = tmp_path / "work" / "read" / "read@2-settings-input.json"
    found = FoundDocument(sha256_of(path), "paper.pdf", str(path))
    deaths, quarantine = [], []
    for _ in range(3):
        with pytest.raises(WorkerDied) as caught:
            steps.read_file.fn("key", made, found, ReadSettings(), 1)
        deaths.append(len(died.read_text().split()))
        quarantine.append("It is in quarantine" in caught.value.message)
        assert caught.value.reason == "killed" and "--set workers=1" in caught.value.fix
    assert deaths == [2, 4, 4], "twice in each of two runs, and never again"
    assert quarantine == [False, True, True]


def test_asking_that_takes_too_long_is_ended_and_not_begun_again(
    pools: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = tmp_path / "began"
    monkeypatch.setattr(steps, "ask_into", partial(endless, began))
    made = tmp_path / "work" / "ask" / "ask@2-settings-input.json"
    for _ in range(2):
        with pytest.raises(WorkerDied, match=r"longer than 2 s.*quarantine.*ask\.timeout_s") as caught:
            steps.ask_document.fn("key", made, "paper.pdf", tmp_path, AskSettings(timeout_s=2), None, 1, 1)
        assert caught.value.reason == "took too long"
    assert began.read_text() == "+"


def endless(began: Path, *arguments: Any) -> None:
    with began.open("a") as file:
        file.write("+")
    time.sleep(60)


def dying(died: Path, deaths: int, of: signal.Signals, *arguments: Any) -> None:
    """What reads a document, and the first few times dies of it before the first page."""
    before = died.read_text() if died.exists() else ""
    if len(before.split()) < deaths:
        died.write_text(f"{before} {os.getpid()}")
        os.kill(os.getpid(), of)
    read_into(*arguments)


def test_what_is_refused_with_a_reason_is_not_tried_without_a_page(pools: None, tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing follows")
    with pytest.raises(UnreadableDocument) as caught:
        read_apart(tmp_path / "broken.pdf", "broken.pdf", ReadSettings())
    assert caught.value.reason == "corrupt" and not isinstance(caught.value, WorkerDied)


def test_what_is_made_is_the_same_and_its_seconds_are_beside_it(pools: None, tmp_path: Path) -> None:
    path, made = between(tmp_path / "paper.pdf", text("Three pages.")), tmp_path / "work" / "read" / "made.json"
    read(made, path, "paper.pdf", ReadSettings(), 1)
    first = made.read_bytes()
    assert Document.model_validate_json(first).source == "paper.pdf"
    assert 0 < seconds_of(made) < 60
    made.unlink()
    read(made, path, "paper.pdf", ReadSettings(), 1)
    assert made.read_bytes() == first
    assert not any((tmp_path / "work" / "begun").iterdir())


def test_a_file_that_was_changed_after_it_was_found_is_not_taken_for_what_it_was(pools: None, tmp_path: Path) -> None:
    path, made = tmp_path / "paper.md", tmp_path / "work" / "read" / "read@2-settings-input.json"
    path.write_text("What is still being copied.")
    found = FoundDocument(sha256_of(path), "paper.md", str(path))
    path.write_text("What is still being copied, and now is whole.")
    with pytest.raises(UnreadableDocument, match="changed after it was found") as caught:
        steps.read_file.fn("key", made, found, ReadSettings(), 1)
    assert caught.value.reason == "changed meanwhile"
    assert not made.exists()


def test_the_page_is_noted_until_all_are_read(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with pytest.raises(ValueError), kept_in(mark, {}, 0):
        begin(12)
        begin(3)
        assert page_in(mark) == 3
        raise ValueError
    assert page_in(mark) == 3
    with kept_in(mark, {}, 0):
        begin(4)
    assert page_in(mark) == 0
    assert page_in(tmp_path / "missing") == 0
