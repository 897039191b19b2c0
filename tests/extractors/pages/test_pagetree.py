"""PDFs whose page tree lies, runs in circles or was cut off with the end of the file."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pymupdf
import pytest

from extractors.errors import UnreadableDocument
from extractors.ledger import page_entries
from extractors.pages.each import Read, read_pages
from extractors.records import Document
from extractors.settings import ReadSettings
from tests.extractors.conftest import read
from tests.extractors.hostile import AFTER, BEFORE, FONT, between, stream, text, written

PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"


def one_page(path: Path, tree: bytes) -> Path:
    return written(path, [b"<</Type/Catalog/Pages 2 0 R>>", tree, PAGE, stream(text(BEFORE)), FONT])


@pytest.mark.parametrize("count", [b"9999999", b"9999999999", b"-3", b"2"])
def test_a_count_that_lies_costs_no_page_and_is_told(tmp_path: Path, count: bytes) -> None:
    document = read(one_page(tmp_path / "lie.pdf", b"<</Type/Pages/Kids[3 0 R]/Count %s>>" % count))
    assert BEFORE in document.text
    assert [(page.number, page.read_as) for page in document.pages] == [(1, "text"), (2, "failed")]
    assert "promises" in document.pages[1].reason
    assert [(e.page, e.outcome) for e in page_entries(document, 0.6)] == [(2, "dropped")]


def test_pages_that_are_not_counted_are_read(tmp_path: Path) -> None:
    path = between(tmp_path / "paper.pdf", text("Greedy decoding takes the most probable token at every step."))
    path.write_bytes(path.read_bytes().replace(b"/Count 3", b"/Count 1"))
    document = read(path)
    assert [page.read_as for page in document.pages] == ["text"] * 3
    assert AFTER in document.text


def test_a_tree_that_runs_in_circles_ends(tmp_path: Path) -> None:
    document = read(one_page(tmp_path / "circle.pdf", b"<</Type/Pages/Kids[2 0 R 3 0 R 2 0 R]/Count 3>>"))
    assert BEFORE in document.text
    assert document.pages[0].read_as == "text"


def test_what_mupdf_quotes_of_a_file_can_be_kept(tmp_path: Path) -> None:
    content = text("Greedy decoding takes the most probable token at every step.")
    document = read(between(tmp_path / "odd.pdf", b"482\xc2278 " + content))
    assert document.pages[1].reason.startswith("read in part: syntax error")
    assert Document.model_validate_json(document.model_dump_json()) == document


def cut(paper: Path, path: Path, share: float) -> Path:
    """The beginning of `paper`, written anew so that each page stands before the next."""
    with pymupdf.open(paper) as file:
        data = file.tobytes(garbage=4, deflate=True, use_objstms=0)
    path.write_bytes(data[: int(share * len(data))])
    return path


@pytest.mark.parametrize("share", [0.2, 0.4, 0.6, 0.8, 0.95])
def test_of_a_file_cut_short_whole_pages_are_read_and_the_others_told(
    paper: Path, tmp_path: Path, share: float
) -> None:
    with pymupdf.open(paper) as file:
        count = file.page_count
    try:
        document = read(cut(paper, tmp_path / "cut.pdf", share))
    except UnreadableDocument as error:
        assert error.reason == "corrupt"
        return
    whole = {block.text for block in read(paper).blocks}
    found = [block.text for block in document.blocks if block.kind == "paragraph"]
    assert found and sum(text in whole for text in found) >= len(found) - 2, "but for those that a lost page ended"
    assert len(document.pages) >= count
    assert any(page.read_as == "failed" for page in document.pages) or share > 0.9


def test_a_page_whose_fonts_are_lost_is_not_read_with_letters_missing(tmp_path: Path) -> None:
    path = between(tmp_path / "paper.pdf", text("Not what it says."), keys=b"/Resources<</Font<</F1 77 0 R>>>>")
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"xref\n0")])
    document = read(path)
    assert [page.read_as for page in document.pages] == ["text", "failed", "text"]
    assert "fonts are lost" in document.pages[1].reason
    assert BEFORE in document.text and AFTER in document.text and "Not what" not in document.text


def test_content_that_breaks_off_is_told(tmp_path: Path) -> None:
    sentences = "".join(f"T* (Sentence number {n} of this page is about passages.) Tj " for n in range(400))
    path = between(tmp_path / "paper.pdf", b"BT /F1 4 Tf 3 TL 72 720 Td " + sentences.encode() + b"ET")
    data = bytearray(path.read_bytes())
    at = data.index(b"stream", data.index(b"7 0 obj")) + 400
    data[at : at + 60] = bytes(60)
    path.write_bytes(data)
    document = read(path)
    assert document.pages[1].reason.startswith("read in part")
    assert [(e.page, e.outcome) for e in page_entries(document, 0.6)] == [(2, "degraded")]


def test_pages_beyond_what_is_asked_for_are_told(paper: Path) -> None:
    document = read(paper, max_pages=1)
    assert [(page.number, page.read_as) for page in document.pages][:2] == [(1, "text"), (2, "failed")]
    assert document.pages[1].reason == "too many pages"


def test_what_was_read_in_time_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(file: object, numbers: Sequence[int], settings: ReadSettings) -> Iterator[Read]:
        for number in numbers:
            time.sleep(0.3)
            yield from read_pages(file, [number], settings)

    monkeypatch.setattr("extractors.pdf.read_pages", slowly)
    path = between(tmp_path / "paper.pdf", text("Greedy decoding takes the most probable token at every step."))
    document = read(path, timeout_s=0.5)
    assert [page.read_as for page in document.pages] == ["text", "text", "failed"]
    assert "of the 0.5 s" in document.pages[2].reason
    assert BEFORE in document.text and AFTER not in document.text


def test_a_page_of_more_text_than_a_page_can_have_is_none(tmp_path: Path) -> None:
    rows = b"".join(b"0 -1 Td (abcdefghij klmnop qrst uvwx yz) Tj " for _ in range(5_000))
    document = read(between(tmp_path / "flood.pdf", b"BT /F1 1 Tf 50 6000 Td " + rows + b"ET", box=b"[0 0 612 6100]"))
    assert [page.read_as for page in document.pages] == ["text", "failed", "text"]
    assert "are no text" in document.pages[1].reason


def test_many_pages_stream(paper: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractors.pdf.PART", 2)
    in_batches = read(paper)
    monkeypatch.undo()
    assert in_batches == read(paper)
