"""The pages drawn with their blocks: what is drawn where, looked up in the pixels."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from extractors.errors import QuireError
from extractors.picture import COLOURS, HEAD, LONGER_SIDE, MARGIN, PIXELS_A_POINT, blocks_on, how_read, page_picture
from extractors.records import Block, Document, Page, Region

HEADING = (60.0, 60.0, 200.0, 80.0)
LEFT, RIGHT = (60.0, 100.0, 200.0, 500.0), (220.0, 100.0, 360.0, 300.0)
FOOTER = (60.0, 560.0, 100.0, 570.0)


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    path = tmp_path / "paper.pdf"
    with pymupdf.open() as file:
        for _ in range(2):
            file.new_page(width=420, height=600)
        file.save(path)
    return path


@pytest.fixture
def document() -> Document:
    """Two pages: a heading, a paragraph over two columns and the next page, and a page number."""
    spread = (Region(page=1, box=LEFT), Region(page=1, box=RIGHT), Region(page=2, box=LEFT))
    blocks = (
        Block(kind="heading", text="Method", page=1, box=HEADING, regions=(Region(page=1, box=HEADING),), level=2),
        Block(kind="furniture", text="1", page=1, box=FOOTER, regions=(Region(page=1, box=FOOTER),)),
        Block(kind="paragraph", text="Words.", page=1, box=LEFT, regions=spread, start=0, end=6),
    )
    pages = (
        Page(number=1, width=420, height=600),
        Page(number=2, width=420, height=600, read_as="ocr", confidence=0.914, reason="no text"),
    )
    return Document(doc_id="d", source="paper.pdf", title="Paper", pages=pages, blocks=blocks, text="Words.", places=())


def colour_at(png: bytes, x: float, y: float) -> tuple[int, ...]:
    """The colour of the picture at a point of the page."""
    scale = LONGER_SIDE / 600
    pixels = pymupdf.Pixmap(png)
    place = ((MARGIN + x * scale) * PIXELS_A_POINT, (HEAD + y * scale) * PIXELS_A_POINT)
    return tuple(pixels.pixel(*map(round, place)))


def drawn(path: Path, document: Document, page: int) -> bytes:
    return page_picture(path, page, how_read(document, page), list(blocks_on(document, page)))


def test_blocks_are_numbered_in_reading_order_and_tell_their_parts(document: Document) -> None:
    assert [one.label for one in blocks_on(document, 1)] == [
        "1 heading 2",
        "2 furniture",
        "3 paragraph 1/3",
        "3 paragraph 2/3",
    ]
    assert [(one.label, one.box) for one in blocks_on(document, 2)] == [("3 paragraph 3/3", LEFT)]


def test_a_page_tells_how_it_was_read(document: Document) -> None:
    assert how_read(document, 1) == "paper.pdf, page 1 of 2: text layer"
    assert how_read(document, 2) == "paper.pdf, page 2 of 2: OCR, 91% sure (no text)"


def test_body_text_is_filled_with_its_colour_in_every_column(blank: Path, document: Document) -> None:
    png = drawn(blank, document, 1)
    filled = {colour_at(png, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in (LEFT, RIGHT)}
    (colour,) = filled
    assert colour[0] < colour[1] < colour[2] < 255, "a light blue, as COLOURS says"
    assert COLOURS["paragraph"] == (min(COLOURS["paragraph"]), *COLOURS["paragraph"][1:])
    assert colour_at(png, 130, 70) == (255, 255, 255), "a heading is outlined and not filled"
    grey = colour_at(png, 80, 565)
    assert max(grey) - min(grey) <= 2 and grey[0] < 255
    assert colour_at(png, 400, 30) == (255, 255, 255), "nothing stands there"


def test_a_block_is_drawn_on_each_of_its_pages(blank: Path, document: Document) -> None:
    assert colour_at(drawn(blank, document, 2), 130, 300) == colour_at(drawn(blank, document, 1), 130, 300)
    assert colour_at(drawn(blank, document, 2), 290, 200) == (255, 255, 255)


@pytest.mark.parametrize("size", [(14400, 14400), (30, 900)])
def test_a_page_of_any_size_gives_a_picture_of_a_size(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "page.pdf"
    with pymupdf.open() as file:
        file.new_page(width=size[0], height=size[1])
        file.save(path)
    pixels = pymupdf.Pixmap(page_picture(path, 1, "a page", []))
    assert LONGER_SIDE < max(pixels.width, pixels.height) < 2 * LONGER_SIDE


def test_a_page_that_is_not_there_is_said(blank: Path) -> None:
    with pytest.raises(QuireError, match=r"Page 9 of paper\.pdf cannot be drawn"):
        page_picture(blank, 9, "", [])
