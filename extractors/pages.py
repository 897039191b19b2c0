"""The pages of a PDF, each by its text layer, or by OCR where that is not what a reader sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from extractors.geometry import Sheet
from extractors.legibility import Legibility, legibility, needs_ocr
from extractors.lines import text_lines
from extractors.ocr import OcrUnavailable, Turn, read_page
from extractors.records import Page
from extractors.settings import ReadSettings

if TYPE_CHECKING:
    import pymupdf

ILLEGIBLE = 0.35
"""Score below which neither the text layer nor the OCR of a page is kept."""


def read_pages(file: pymupdf.Document, count: int, settings: ReadSettings) -> Iterator[tuple[Page, Sheet, Turn | None]]:
    """The first `count` pages: the record of each, its lines, and how OCR turned it. One that fails has no lines."""
    for number in range(1, count + 1):
        yield _read_page(file, number, settings)


def _read_page(file: pymupdf.Document, number: int, settings: ReadSettings) -> tuple[Page, Sheet, Turn | None]:
    """The record of one page, its lines, and how OCR turned it."""
    import pymupdf

    nothing = Sheet(number, 0.0, 0.0, ())
    try:
        page = file[number - 1]
        flags = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
        content: dict[str, Any] = page.get_text("dict", flags=flags)
    except (RuntimeError, ValueError, IndexError) as error:
        return Page(number=number, read_as="failed", reason=f"damaged page: {error}"), nothing, None
    width, height = float(content["width"]), float(content["height"])
    layer = _text(content)
    found = legibility(layer)
    reason = _why_ocr(page, found, settings.ocr)
    as_text = Page(number=number, width=width, height=height)
    if not reason:
        if not found.characters:
            as_text = as_text.model_copy(update={"reason": "blank"})
        return as_text, Sheet(number, width, height, tuple(text_lines(content, number))), None
    failed = as_text.model_copy(update={"read_as": "failed", "reason": reason})
    if settings.ocr == "never":
        return failed.model_copy(update={"reason": f"{reason}, and OCR is off"}), nothing, None
    try:
        reading = read_page(page, number, settings.languages, settings.dpi)
    except OcrUnavailable as error:
        return failed.model_copy(update={"reason": str(error)}), nothing, None
    except (RuntimeError, ValueError, MemoryError) as error:
        return failed.model_copy(update={"reason": f"cannot be drawn: {error}"}), nothing, None
    seen = legibility("\n".join(line.text for line in reading.lines))
    if reading.words and max(seen.score, reading.confidence) >= ILLEGIBLE and seen.score >= found.score:
        read = as_text.model_copy(
            update={"read_as": "ocr", "reason": reason, "confidence": round(reading.confidence, 4)}
        )
        return read, Sheet(number, *reading.turn.size, reading.lines), reading.turn
    if found.score >= ILLEGIBLE:
        kept = as_text.model_copy(update={"reason": f"{reason}; its text layer is better than OCR"})
        return kept, Sheet(number, width, height, tuple(text_lines(content, number))), None
    return failed.model_copy(update={"reason": f"{reason}; OCR found no legible text"}), nothing, None


def _text(content: dict[str, Any]) -> str:
    """The text of a page, without the lines that stand at its very edge or turned: stamps say nothing about it."""
    margin_x, margin_y = 0.06 * content["width"], 0.05 * content["height"]
    lines = (line for block in content["blocks"] for line in block["lines"])
    return "\n".join(
        "".join(span["text"] for span in line["spans"])
        for line in lines
        if abs(line["dir"][0]) > 0.9
        and line["bbox"][2] > margin_x
        and margin_y < line["bbox"][3]
        and line["bbox"][1] < content["height"] - margin_y
    )


def _why_ocr(page: pymupdf.Page, found: Legibility, when: str) -> str:
    if when == "always":
        return "OCR asked for"
    if found.characters >= 250 and found.alphanumeric >= 0.6 and found.function_words >= 0.15:
        return needs_ocr(found, 0.0)
    return needs_ocr(found, max(_picture_cover(page), _ink(page) if found.characters < 20 else 0.0))


def _picture_cover(page: pymupdf.Page) -> float:
    """The share of the page under its largest picture, 0 to 1."""
    area = abs(page.rect.width * page.rect.height) or 1.0
    shares = [abs((page.rect & info["bbox"]).get_area()) / area for info in page.get_image_info()]
    return max(shares, default=0.0)


def _ink(page: pymupdf.Page) -> float:
    """The share of the page that is not white: words may be drawn as shapes, or in fonts without Unicode values."""
    import numpy as np

    from extractors.ocr import draw

    picture, _ = draw(page, 36)
    return float((np.asarray(picture) < 200).mean())
