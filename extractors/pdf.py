"""PDF: text pages by PyMuPDF in stream order, the others by OCR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.documents import Piece, assemble
from extractors.errors import UnreadableDocument
from extractors.geometry import Sheet
from extractors.layout import label
from extractors.legibility import Legibility, legibility, needs_ocr
from extractors.lines import text_lines
from extractors.ocr import OcrUnavailable, Turn, read_page
from extractors.paragraphs import pieces
from extractors.reading import extractor
from extractors.records import Document, Page
from extractors.settings import ReadSettings

if TYPE_CHECKING:
    import pymupdf

ILLEGIBLE = 0.35
"""Score below which neither the text layer nor the OCR of a page is kept."""

_LOOKS_LIKE = (
    (b"PK\x03\x04", "a zip archive or an office document such as .docx"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"%!PS", "PostScript"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old office document such as .doc"),
    (b"{\\rtf", "rich text"),
)


@extractor(".pdf")
def pdf(path: Path, settings: ReadSettings, source: str) -> Document:
    """Read a PDF page by page; pages that cannot be read are marked failed.

    Raises UnreadableDocument where it is encrypted, corrupt, without pages, or no PDF.
    """
    pages: list[Page] = []
    sheets: list[Sheet] = []
    turns: dict[int, Turn] = {}
    with _open(path, source) as file:
        count = file.page_count
        for number in range(1, min(count, settings.max_pages) + 1):
            page, sheet, turn = _read_page(file, number, settings)
            pages.append(page)
            sheets.append(sheet)
            if turn:
                turns[number] = turn
        metadata = {key: value for key, value in (file.metadata or {}).items() if value}
    for number in range(settings.max_pages + 1, min(count, MOST_PAGES) + 1):
        pages.append(Page(number=number, read_as="failed", reason="too many pages"))
    return assemble(
        path,
        source,
        title=_metadata_title(metadata),
        pages=pages,
        pieces=[_turned_back(piece, turns) for piece in pieces(label(sheets))],
        metadata=metadata,
    )


MOST_PAGES = 100_000
"""Pages believed of a file: broken ones promise millions."""


def _open(path: Path, source: str) -> pymupdf.Document:
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    with path.open("rb") as start:
        head = start.read(1024)
    if b"%PDF-" not in head:
        raise UnreadableDocument(
            "not a PDF",
            f"{source} is not a PDF: it looks like {_looks_like(head)}.",
            fix="Download it again, or give it the suffix of what it is.",
        )
    again = "Download it again; if it opens elsewhere, print it to a new PDF."
    try:
        file = pymupdf.open(path, filetype="pdf")
    except RuntimeError as error:
        raise UnreadableDocument("corrupt", f"{source} is a damaged PDF ({error}).", fix=again) from error
    if file.needs_pass and not file.authenticate(""):
        file.close()
        raise UnreadableDocument(
            "encrypted", f"{source} is locked with a password.", fix="Unlock it: qpdf --decrypt --password=... IN OUT"
        )
    try:
        count = file.page_count
    except (RuntimeError, ValueError) as error:
        file.close()
        raise UnreadableDocument("corrupt", f"{source} is a damaged PDF ({error}).", fix=again) from error
    if not count:
        repaired = file.is_repaired
        file.close()
        if repaired:
            raise UnreadableDocument("corrupt", f"{source} is a damaged PDF, cut short perhaps.", fix=again)
        raise UnreadableDocument("no pages", f"{source} is a PDF without pages.", fix=again)
    return file


def _looks_like(head: bytes) -> str:
    for signature, name in _LOOKS_LIKE:
        if head.startswith(signature):
            return name
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return "an HTML page, such as a login or error page"
    if b"\x00" not in head:
        return "plain text"
    return "some other kind of file"


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


def _metadata_title(metadata: dict[str, str]) -> str:
    title = metadata.get("title", "").strip()
    return "" if title.lower().endswith((".dvi", ".tex", ".doc", ".docx", ".pdf")) or len(title) < 4 else title


def _turned_back(piece: Piece, turns: Mapping[int, Turn]) -> Piece:
    """`piece` with its boxes on the pages as they lie in the file, where OCR had to turn them."""
    if not any(part.page in turns for part in piece.parts):
        return piece
    parts = (
        replace(part, box=turns[part.page].back(part.box)) if part.box and part.page in turns else part
        for part in piece.parts
    )
    return replace(piece, parts=tuple(parts))
