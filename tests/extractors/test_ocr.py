from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from extractors import cores
from extractors.errors import UnreadableDocument
from extractors.ledger import page_entries
from extractors.pages.each import read_pages
from extractors.settings import ReadSettings
from tests.extractors import hard_pages, invariants, typeset
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
@pytest.mark.parametrize(("skew", "quarters"), [(0, 0), (6, 0), (1.3, 2), (0, 1)])
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
def test_white_on_black_is_read(tmp_path: Path) -> None:
    pixels = press().page.get_pixmap(dpi=150, colorspace=pymupdf.csGRAY)
    pixels.invert_irect()
    film = typeset.Press()
    film.page.insert_image(film.page.rect, pixmap=pixels)
    assert similar(read(film.save(tmp_path / "film.pdf")).text, PROSE * 3) > 0.97


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
    with pytest.raises(UnreadableDocument, match=r"tesseract has no language xyz .*apt-get install tesseract-ocr-xyz"):
        read(press().scanned(tmp_path / "scan.pdf"), languages="eng+xyz")


@needs_tesseract
def test_a_language_that_cannot_be_loaded_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="tesseract cannot load script/Nowhere"):
        read(press().scanned(tmp_path / "scan.pdf"), languages="script/Nowhere")


@needs_tesseract
def test_tesseract_has_its_time_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractors.ocr.TIMEOUT_S", 0.01)
    with pytest.raises(UnreadableDocument, match="no text; OCR failed: Tesseract process timeout"):
        read(press().scanned(tmp_path / "scan.pdf"))


@needs_tesseract
def test_a_hidden_text_layer_is_kept_where_it_agrees_with_the_picture(tmp_path: Path) -> None:
    page = press().file[0]
    kept = read(save(hard_pages.scanned(page, 150, layer=str), tmp_path / "good.pdf")).pages[0]
    assert (kept.read_as, kept.reason) == ("text", f"{HIDDEN}; it agrees with what is seen")
    assert kept.confidence is not None and kept.confidence > 0.85
    off = read(tmp_path / "good.pdf", ocr="never")
    assert (off.pages[0].read_as, off.pages[0].reason) == ("text", f"{HIDDEN}, and OCR is off")
    assert [entry.outcome for entry in page_entries(off, 0.6)] == ["degraded"]
    poor = read(save(hard_pages.scanned(page, 150, layer=hard_pages.misread(0.1)), tmp_path / "poor.pdf"))
    assert (poor.pages[0].read_as, poor.pages[0].reason) == ("ocr", HIDDEN)
    assert similar(poor.text, PROSE * 3) > 0.97


HIDDEN = "a picture with an invisible text layer"


@needs_tesseract
def test_a_stamp_does_not_hide_a_scan_nor_a_photograph_its_caption(tmp_path: Path) -> None:
    stamped = read(save(hard_pages.scanned(press().file[0], 150, stamps=2), tmp_path / "stamped.pdf"))
    assert stamped.pages[0].read_as == "ocr"
    assert similar(stamped.text, PROSE * 3) > 0.8
    plate = typeset.Press()
    grey = pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.IRect(0, 0, 300, 400), False)
    grey.set_rect(grey.irect, (170,))
    plate.page.insert_image(pymupdf.Rect(60, 60, 535, 690), pixmap=grey)
    plate.line(60, 715, "Figure 3: The apparatus, photographed before the first of the experiments.")
    [page] = read(plate.save(tmp_path / "plate.pdf")).pages
    assert (page.read_as, page.reason) == ("text", "a picture with little text; OCR found no more")


@pytest.mark.parametrize("text", [hard_pages.numbers(), hard_pages.references(), hard_pages.code()])
def test_pages_of_few_words_are_not_suspected(text: str) -> None:
    [page] = read_pages(hard_pages.typed(text, size=8), [1], ReadSettings())
    assert (page.page.read_as, page.page.reason) == ("text", "")


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_text_that_runs_up_the_side_is_read_as_text_and_its_boxes_are_where_it_is_seen(rotation: int) -> None:
    made = typeset.Press()
    rows = [f"Row {n} of a table that was set across the page" for n in range(8)]
    for n, row in enumerate(rows):
        made.page.insert_text((100 + 20 * n, 700), row, rotate=90)
    made.page.set_rotation(rotation)
    [read] = read_pages(made.file, [1], ReadSettings())
    assert [line.text for line in read.sheet.lines] == [
        f"Row {n} of a table that was set across the page" for n in range(8)
    ]
    assert (read.page.read_as, read.page.width) == ("text", made.page.rect.width)
    box = read.sheet.lines[0].box
    shown = read.turn.back(box) if read.turn else box
    assert shown == pytest.approx(tuple(made.page.search_for("Row 0")[0] * made.page.rotation_matrix | shown), abs=4)


@needs_tesseract
def test_pages_come_in_order_and_alike_on_any_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    book = hard_pages.scanned(typeset_line("The first page, which is a scan."), 100)
    text = typeset.Press()
    text.paragraph(90, 100, 400, "This page was never a picture, and its text is in the file. " * 5)
    book.insert_pdf(text.file)
    book.insert_pdf(hard_pages.scanned(typeset_line("The last page, which is a scan too."), 100))
    found = []
    for count in (1, 3):
        monkeypatch.setattr(cores, "count", lambda count=count: count)
        found.append(list(read_pages(book, [1, 2, 3], ReadSettings())))
    assert found[0] == found[1]
    assert [read.page.number for read in found[0]] == [1, 2, 3]
    assert [read.page.read_as for read in found[0]] == ["ocr", "text", "ocr"]
    assert found[0][2].sheet.lines[0].text == "The last page, which is a scan too."


@needs_tesseract
def test_the_cells_of_a_scanned_table_stay_apart() -> None:
    made = typeset.Press()
    for row, cells in enumerate(
        [("system", "top one", "top twenty"), ("sparse", "41.2", "68.8"), ("dense", "45.9", "78.4")]
    ):
        for column, cell in enumerate(cells):
            made.line(80 + 120 * column, 100 + 16 * row, cell, 11)
    [read] = read_pages(hard_pages.scanned(made.file[0], 150), [1], ReadSettings())
    assert [line.text for line in read.sheet.lines] == [
        "system top one top twenty",
        "sparse 41.2 68.8",
        "dense 45.9 78.4",
    ]
    assert [line.gaps for line in read.sheet.lines] == [(7, 15), (7, 12), (6, 11)]


def typeset_line(text: str) -> pymupdf.Page:
    made = typeset.Press()
    made.line(90, 120, text, 16)
    made.line(90, 150, "It has another line.", 16)
    return made.file[0]


def save(file: pymupdf.Document, path: Path) -> Path:
    file.save(path)
    return path
