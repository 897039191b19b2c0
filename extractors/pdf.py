"""PDF: text pages by PyMuPDF in stream order, the others by OCR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from extractors.documents import Piece, assemble
from extractors.errors import UnreadableDocument
from extractors.geometry import Sheet
from extractors.layout import label
from extractors.ocr import Turn
from extractors.pages import read_pages
from extractors.paragraphs import pieces
from extractors.reading import extractor
from extractors.records import Document, Page
from extractors.settings import ReadSettings

if TYPE_CHECKING:
    import pymupdf

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
        for page, sheet, turn in read_pages(file, min(count, settings.max_pages), settings):
            pages.append(page)
            sheets.append(sheet)
            if turn:
                turns[page.number] = turn
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
