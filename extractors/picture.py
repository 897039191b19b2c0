"""A page as it was read: its blocks drawn over it as coloured boxes, numbered in reading order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from extractors.errors import QuireError
from extractors.records import BODY_KINDS, Block, BlockKind, Box, Document

if TYPE_CHECKING:
    import pymupdf

Colour = tuple[float, float, float]

COLOURS: dict[BlockKind, Colour] = {
    "heading": (0.76, 0.16, 0.22),
    "paragraph": (0.13, 0.42, 0.75),
    "list": (0.05, 0.55, 0.55),
    "caption": (0.52, 0.27, 0.70),
    "table": (0.80, 0.47, 0.05),
    "equation": (0.62, 0.52, 0.02),
    "code": (0.30, 0.45, 0.15),
    "footnote": (0.55, 0.33, 0.20),
    "reference": (0.75, 0.30, 0.55),
    "furniture": (0.50, 0.50, 0.50),
}
LONGER_SIDE = 1000.0
"""The longer side of the page in the picture's own points, whatever the page claims, so that labels fit any page."""
PIXELS_A_POINT = 1.6
MARGIN, HEAD, FOOT, LEAST_WIDTH = 36.0, 28.0, 30.0, 420.0
TYPE = 8.0
BLACK, GREY, WHITE = (0.0, 0.0, 0.0), (0.45, 0.45, 0.45), (1.0, 1.0, 1.0)


class Drawn(NamedTuple):
    """One region of a block. `number` counts the document's blocks from 1, `part` the regions of this one from 1."""

    block: Block
    number: int
    part: int
    box: Box

    @property
    def label(self) -> str:
        """'12 heading 2'; of a block in several regions '12 paragraph 2/3'."""
        block, count = self.block, len(self.block.regions)
        kind = "title" if block.kind == "heading" and block.level == 0 else block.kind
        level = f" {block.level}" if block.kind == "heading" and block.level else ""
        return f"{self.number} {kind}{level}{f' {self.part}/{count}' if count > 1 else ''}"


def blocks_on(document: Document, page: int) -> Iterator[Drawn]:
    """The regions on `page` (from 1) that blocks fill, in reading order."""
    for number, block in enumerate(document.blocks, start=1):
        for part, region in enumerate(block.regions, start=1):
            if region.page == page:
                yield Drawn(block, number, part, region.box)


def page_picture(path: Path, number: int, title: str, drawn: Sequence[Drawn]) -> bytes:
    """Page `number` (from 1) of the PDF at `path` with the regions `drawn` on it, under `title`, as a PNG.

    Body text is filled lightly, furniture grey; every box tells its number in reading order, its kind and a heading's
    level, and which part of its block it is where that runs over columns or pages. Raises QuireError if the page cannot
    be drawn.
    """
    import pymupdf

    pixels, scale = _rendered(path, number)
    width, height = pixels.width / PIXELS_A_POINT, pixels.height / PIXELS_A_POINT
    with pymupdf.open() as sheet:
        canvas = sheet.new_page(width=max(width, LEAST_WIDTH) + 2 * MARGIN, height=height + HEAD + FOOT)
        frame = pymupdf.Rect(MARGIN, HEAD, MARGIN + width, HEAD + height)
        canvas.insert_image(frame, pixmap=pixels)
        canvas.draw_rect(frame, color=GREY, width=0.5)
        _write(canvas, MARGIN, HEAD - 9, title, TYPE + 2)
        place = pymupdf.Matrix(scale, 0, 0, scale, MARGIN, HEAD)
        boxes = [pymupdf.Rect(one.box) * place for one in drawn]
        for one, box in zip(drawn, boxes, strict=True):
            _outline(canvas, one.block.kind, box)
        labels: list[pymupdf.Rect] = []
        for one, box in zip(drawn, boxes, strict=True):
            labels.append(_label(canvas, one, box, [*(other for other in boxes if other is not box), *labels]))
        _legend(canvas, {one.block.kind for one in drawn}, frame.y1 + 18)
        image = canvas.get_pixmap(matrix=pymupdf.Matrix(PIXELS_A_POINT, PIXELS_A_POINT), alpha=False)
        png: bytes = image.tobytes("png")
        return png


def _rendered(path: Path, number: int) -> tuple[pymupdf.Pixmap, float]:
    """The page in pixels, and the picture's points for one of the page."""
    import pymupdf

    try:
        with pymupdf.open(path, filetype="pdf") as file:
            page = file[number - 1]
            scale = LONGER_SIDE / max(page.rect.width, page.rect.height)
            zoom = scale * PIXELS_A_POINT
            return page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), alpha=False), scale
    except (RuntimeError, ValueError, IndexError) as error:
        raise QuireError(f"Page {number} of {path.name} cannot be drawn: {error}") from error


def how_read(document: Document, number: int) -> str:
    """A line on how a page was read: by its text or by OCR, how sure, and why."""
    page = document.pages[number - 1]
    how = {"text": "text layer", "ocr": "OCR", "failed": "not read"}[page.read_as]
    sure = f", {page.confidence:.0%} sure" if page.confidence is not None else ""
    why = f" ({page.reason})" if page.reason else ""
    return f"{document.source}, page {number} of {len(document.pages)}: {how}{sure}{why}"


def _outline(canvas: pymupdf.Page, kind: BlockKind, box: pymupdf.Rect) -> None:
    import pymupdf

    canvas.draw_rect(
        pymupdf.Rect(box.x0 - 1, box.y0 - 1, box.x1 + 1, box.y1 + 1),
        color=COLOURS[kind],
        fill=COLOURS[kind],
        fill_opacity=0.14 if kind in BODY_KINDS else 0.25 if kind == "furniture" else 0,
    )


def _label(canvas: pymupdf.Page, drawn: Drawn, box: pymupdf.Rect, taken: list[pymupdf.Rect]) -> pymupdf.Rect:
    """Write the label of a region beside its first line, or above it where that covers less of what is `taken`."""
    import pymupdf

    wide, high = _width(drawn.label, TYPE) + 4, TYPE + 1
    corners = (
        (box.x0 - 2 - wide, box.y0),
        (box.x1 + 2, box.y0),
        (box.x0 - 1, box.y0 - 1 - high),
        (box.x1 + 1 - wide, box.y0 - 1 - high),
    )
    tags = [pymupdf.Rect(x, y, x + wide, y + high) for x, y in corners]
    tag: pymupdf.Rect = min(
        [tag for tag in tags if tag in canvas.rect] or tags,
        key=lambda tag: sum((tag & other).get_area() for other in taken if tag.intersects(other)),
    )
    canvas.draw_rect(tag, color=None, fill=COLOURS[drawn.block.kind], fill_opacity=0.85)
    _write(canvas, tag.x0 + 2, tag.y0 + TYPE - 1, drawn.label, TYPE, WHITE)
    return tag


def _legend(canvas: pymupdf.Page, kinds: set[BlockKind], base: float) -> None:
    import pymupdf

    left, size = MARGIN, TYPE + 1
    for kind in (kind for kind in COLOURS if kind in kinds):
        _outline(canvas, kind, pymupdf.Rect(left, base - size + 2, left + size - 2, base))
        _write(canvas, left + 12, base, kind, size)
        left += 12 + _width(kind, size) + 12
    body = "filled: body text" if kinds & BODY_KINDS else "no body text on this page"
    _write(canvas, left + 4, base, body, size, GREY)


def _write(canvas: pymupdf.Page, x: float, y: float, text: str, size: float, colour: Colour = BLACK) -> None:
    canvas.insert_text((x, y), text, fontsize=size, color=colour)


def _width(text: str, size: float) -> float:
    import pymupdf

    return float(pymupdf.get_text_length(text, fontsize=size))
