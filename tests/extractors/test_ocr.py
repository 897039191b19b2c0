from __future__ import annotations

from pathlib import Path

import pytest

from extractors.errors import UnreadableDocument
from extractors.ledger import page_entries
from extractors.legibility import legibility, needs_ocr
from tests.extractors import invariants, typeset
from tests.extractors.conftest import needs_tesseract, read

PROSE = (
    "The quick review of the scanned page begins here. Every sentence of it was set in type, drawn as a picture and "
    "turned a little, so that nothing but its look is left of the text. A program that reads it must find the words. "
)


def press() -> typeset.Press:
    made = typeset.Press()
    made.centred(90, "A Scanned Sample", 18, typeset.BOLD)
    y = made.paragraph(90, 130, 400, PROSE * 2, 11)
    made.line(90, y + 24, "What comes after", 11, typeset.BOLD)
    made.paragraph(90, y + 44, 400, PROSE, 11)
    return made


def similar(found: str, expected: str) -> float:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, found.split(), expected.split(), autojunk=False).ratio()


@needs_tesseract
@pytest.mark.parametrize(("skew", "quarters"), [(0, 0), (1.3, 0), (0, 2), (0, 1)])
def test_a_scan_is_read_whichever_way_it_lies(tmp_path: Path, skew: float, quarters: int) -> None:
    document = read(press().scanned(tmp_path / "scan.pdf", skew=skew, quarters=quarters))
    invariants.hold(document)
    [page] = document.pages
    assert (page.read_as, page.reason) == ("ocr", "no text")
    assert page.confidence is not None
    assert 0.8 < page.confidence <= 1
    assert document.title == "A Scanned Sample"
    assert similar(document.text, PROSE * 3) > 0.97
    assert ("heading", "What comes after") in [(block.kind, block.text) for block in document.blocks]
    assert page_entries(document, 0.6) == []
    [entry] = page_entries(document, 0.999)
    assert (entry.outcome, entry.reason, entry.page) == ("degraded", "poor OCR", 1)


@needs_tesseract
def test_boxes_stand_on_the_page_as_it_lies_in_the_file(tmp_path: Path) -> None:
    upright = read(press().scanned(tmp_path / "upright.pdf"))
    turned = read(press().scanned(tmp_path / "turned.pdf", quarters=2))
    page = turned.pages[0]
    a, b = upright.places[0].box, turned.places[0].box
    assert a is not None
    assert b is not None
    assert b[0] == pytest.approx(page.width - a[2], abs=6)
    assert b[1] == pytest.approx(page.height - a[3], abs=6)


@needs_tesseract
def test_only_the_pages_that_need_it_are_read_by_ocr(tmp_path: Path) -> None:
    import pymupdf

    scan = press().scanned(tmp_path / "scan.pdf")
    mixed = typeset.Press()
    mixed.paragraph(90, 100, 400, "This page was never a picture, and its text is in the file. " * 5)
    with pymupdf.open(scan) as picture:
        mixed.file.insert_pdf(picture)
    document = read(mixed.save(tmp_path / "mixed.pdf"))
    invariants.hold(document)
    assert [page.read_as for page in document.pages] == ["text", "ocr"]
    off = read(tmp_path / "mixed.pdf", ocr="never")
    assert [page.read_as for page in off.pages] == ["text", "failed"]
    assert off.pages[1].reason == "no text, and OCR is off"
    always = read(tmp_path / "mixed.pdf", ocr="always")
    assert [page.read_as for page in always.pages] == ["ocr", "ocr"]


def test_without_tesseract_a_page_is_lost_and_not_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pymupdf
    import pytesseract

    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", str(tmp_path / "nowhere"))
    scan = press().scanned(tmp_path / "scan.pdf")
    with pytest.raises(UnreadableDocument) as caught:
        read(scan)
    assert caught.value.reason == "nothing to read"
    assert "tesseract is not installed" in caught.value.message
    mixed = typeset.Press()
    mixed.paragraph(90, 100, 400, "This page was never a picture, and its text is in the file. " * 5)
    with pymupdf.open(scan) as picture:
        mixed.file.insert_pdf(picture)
    document = read(mixed.save(tmp_path / "mixed.pdf"))
    assert [page.read_as for page in document.pages] == ["text", "failed"]
    [entry] = page_entries(document, 0.6)
    assert (entry.outcome, entry.reason, entry.detail) == ("dropped", "page not read", "tesseract is not installed")


@needs_tesseract
def test_a_language_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="tesseract has no language xyz"):
        read(press().scanned(tmp_path / "scan.pdf"), languages="xyz")


@pytest.mark.parametrize(
    ("text", "picture", "expected"),
    [
        (PROSE * 2, 0.0, ""),
        (PROSE * 2, 1.0, ""),
        ("", 1.0, "no text"),
        ("", 0.0, ""),
        ("the last words", 0.001, ""),
        ("arXiv:2601.00001 downloaded for you alone", 0.9, "a picture with little text"),
        ("\ufffd\ufffd\ufffd and some words that can be read " * 3, 0.0, "characters without a Unicode value"),
        ("文字化け" * 20, 0.0, "text in no Latin script"),
        ("Wkh txlfn uhylhz ri wkh vfdqqhg sdjh ehjlqv khuh lq wkh whaw dqg jrhv rq xqwlo wkh hqg ri wkh sdjh " * 3, 0.0,
         "text that is no language"),
        ("lorem ipsum dolor sit amet consectetur adipiscing elit sed eiusmod tempor " * 5, 0.9,
         "a picture with a poor text layer"),
    ],
)  # fmt: skip
def test_what_needs_ocr(text: str, picture: float, expected: str) -> None:
    assert needs_ocr(legibility(text), picture) == expected
