from __future__ import annotations

import os
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest

from extractors.files import sha256_of
from extractors.ledger import LedgerEntry
from extractors.records import Page
from flows import doubtful, page_image
from flows.doubtful import SHOWN, Doubtful, doubtful_pages
from flows.page_image import SHEET_PIXELS, Sheet, whole_page
from flows.workers import worker_pools
from flows.yields import DocumentRow


@pytest.fixture(scope="module", autouse=True)
def pools() -> Iterator[None]:
    with worker_pools():
        yield


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("papers") / "scan.pdf"
    with pymupdf.open() as document:
        for number in range(1, 4):
            document.new_page(width=400, height=500).insert_text((60, 80), f"Page {number}")
        document.save(path)
    return path


def row(path: Path, *pages: Page, doc_id: str = "") -> DocumentRow:
    doc_id = doc_id or (sha256_of(path) if path.exists() else "gone")
    return DocumentRow(path.name, "", doc_id, [], 0, list(pages), 0, 0, [], [], {}, 0, [])


def ocr(number: int, confidence: float) -> Page:
    return Page(number=number, read_as="ocr", confidence=confidence, reason="no text")


def failed(number: int, reason: str = "damaged page") -> Page:
    return Page(number=number, read_as="failed", reason=reason)


def reasons(found: Doubtful) -> list[str]:
    return [one.no_picture for one in found.shown]


def test_the_pages_read_by_ocr_come_with_the_least_sure_first(scan: Path) -> None:
    (found,) = doubtful_pages([row(scan, Page(number=1), ocr(2, 0.9), ocr(3, 0.5))], [], scan.parent)
    assert (found.title, found.number) == ("Pages read by OCR", 2)
    assert [one.page.number for one in found.shown] == [3, 2]
    for one in found.shown:
        pixels = pymupdf.Pixmap(b64decode(one.jpeg))
        assert one.sheet and (pixels.width, pixels.height) == (one.sheet.width, one.sheet.height) == (416, SHEET_PIXELS)
        assert len(one.jpeg) < 30_000


def test_of_many_lost_pages_each_document_has_some(scan: Path) -> None:
    gone = [row(Path(f"{name}.pdf"), *map(failed, range(1, 31))) for name in "ab"]
    (found,) = doubtful_pages(gone, [], scan.parent)
    assert (found.title, found.number, len(found.shown)) == ("Pages lost", 60, SHOWN)
    assert [(one.source, one.page.number) for one in found.shown[:4]] == [
        ("a.pdf", 1), ("b.pdf", 1), ("a.pdf", 2), ("b.pdf", 2),
    ]  # fmt: skip
    assert found.which, "a reader is told that these are not all"


def test_a_file_that_changed_is_not_drawn(scan: Path) -> None:
    (found,) = doubtful_pages([row(scan, failed(1), doc_id="another")], [], scan.parent)
    assert reasons(found) == ["Could not be drawn: The file has changed or gone since it was read."]


def test_a_page_that_killed_its_reader_is_not_drawn(scan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubtful, "drawn_apart", lambda *_: pytest.fail("it was drawn"))
    told = "crashed its reader: The process that worked on it died (exit code -11)."
    (found,) = doubtful_pages([row(scan, failed(1, told))], [], scan.parent)
    assert reasons(found) == ["Not drawn, as it killed its reader."]


def dies(path: Path, page: int) -> Sheet:
    os.abort()


def hangs(path: Path, page: int) -> Sheet:
    time.sleep(60)
    return whole_page(path, page)


@pytest.mark.parametrize(("draw", "why"), [(dies, "died"), (hangs, "took longer than 0.5 s")])
def test_a_page_that_kills_what_draws_it_costs_its_document_the_pictures(
    scan: Path, monkeypatch: pytest.MonkeyPatch, draw: object, why: str
) -> None:
    monkeypatch.setattr(doubtful, "whole_page", draw)
    monkeypatch.setattr(page_image, "DRAWING_S", 0.5)
    (found,) = doubtful_pages([row(scan, failed(1), failed(2))], [], scan.parent)
    first, second = reasons(found)
    assert "Could not be drawn" in first and why in first
    assert second == "Not drawn, as page 1 could not be."


def test_what_cannot_be_drawn_says_why(scan: Path) -> None:
    note = scan.with_name("note.pdf")
    note.write_text("no PDF")
    lost = LedgerEntry(
        unit="document", outcome="dropped", step="read", reason="nothing to read", source="note.pdf",
        doc_id=sha256_of(note),
    )  # fmt: skip
    other = lost.model_copy(update={"reason": "encrypted"})
    (found,) = doubtful_pages([], [lost, other], scan.parent)
    assert found.title.startswith("First pages of documents")
    (reason,) = reasons(found)
    assert reason.startswith("Could not be drawn: ") and "Error" in reason
