"""A picture of the place on a PDF page that a pair was asked of, and the outlines of the answer in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.records import Box, Record

if TYPE_CHECKING:
    import pymupdf

MARGIN = 14.0
"""Points of page shown around the passage."""

MAX_HEIGHT = 300.0
"""Points of page shown at most, so that a picture stays as tall as the text beside it."""

MAX_PIXELS = 1400
"""Width and height of a picture at most, whatever size the page claims to be."""


class PageImage(Record):
    """`png` is grey, two pixels a point. The outlines are polygons in points from the picture's top left corner."""

    png: bytes
    width: float
    height: float
    passage: tuple[Box, ...]
    answer: tuple[tuple[tuple[float, float], ...], ...]


def page_image(
    path: Path,
    page: int,
    passage: Sequence[Box],
    paragraph: Box | None,
    span: str,
    occurrence: tuple[int, int],
) -> PageImage:
    """Draw the part of `page` (from 1) that holds the boxes of `passage`, centred on `paragraph`.

    `occurrence` says which of how many times `span` stands in that paragraph. The answer has no outline where the
    page carries no text (a scan) or where the hits on the page are not those of the text.
    Raises what PyMuPDF raises on a damaged file, so call it in a process of its own.
    """
    import pymupdf

    with pymupdf.open(path) as document:
        sheet = document[page - 1]
        frame = _frame(sheet.rect, passage, paragraph)
        scale = min(2.0, MAX_PIXELS / frame.width, MAX_PIXELS / frame.height)
        pixels = sheet.get_pixmap(matrix=pymupdf.Matrix(scale, scale), clip=frame, colorspace=pymupdf.csGRAY)
        quads = sheet.search_for(span, clip=paragraph, quads=True) if paragraph else []
        corners = [(quad.ul, quad.ur, quad.lr, quad.ll) for quad in _hit(quads, occurrence)]
        return PageImage(
            png=pixels.tobytes("png"),
            width=round(frame.width, 1),
            height=round(frame.height, 1),
            passage=tuple(
                (box[0] - frame.x0, box[1] - frame.y0, box[2] - frame.x0, box[3] - frame.y0) for box in passage
            ),
            answer=tuple(
                tuple((round(at.x - frame.x0, 1), round(at.y - frame.y0, 1)) for at in quad) for quad in corners
            ),
        )


def _hit(quads: Sequence[Any], occurrence: tuple[int, int]) -> Sequence[Any]:
    """The quads of the hit that is meant: a hit broken over lines has several, so only a lone hit may have."""
    index, count = occurrence
    if count == 1:
        return quads
    return quads[index : index + 1] if len(quads) == count else []


def _frame(sheet: pymupdf.Rect, passage: Sequence[Box], paragraph: Box | None) -> pymupdf.Rect:
    import pymupdf

    frame = pymupdf.Rect(sheet)
    if passage:
        frame = pymupdf.Rect(passage[0])
        for box in passage[1:]:
            frame |= pymupdf.Rect(box)
        if frame.height > MAX_HEIGHT and paragraph:
            middle = (paragraph[1] + paragraph[3]) / 2
            half = max(MAX_HEIGHT, paragraph[3] - paragraph[1]) / 2
            frame.y0, frame.y1 = max(frame.y0, middle - half), min(frame.y1, middle + half)
        frame = pymupdf.Rect(frame.x0 - MARGIN, frame.y0 - MARGIN, frame.x1 + MARGIN, frame.y1 + MARGIN) & sheet
    return pymupdf.Rect(sheet) if frame.is_empty or frame.is_infinite else frame
