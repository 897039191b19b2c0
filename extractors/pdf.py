"""PDF: text pages by PyMuPDF in stream order, the others by OCR."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from extractors.documents import Piece, assemble
from extractors.errors import UnreadableDocument
from extractors.layout.geometry import Sheet
from extractors.layout.labels import label
from extractors.layout.paragraphs import pieces
from extractors.pages import bookmark
from extractors.pages.each import Read, read_pages
from extractors.pages.pagetree import losses, mended, opened, said
from extractors.pages.turn import Turn
from extractors.reading import extractor
from extractors.records import Document, Page
from extractors.settings import ReadSettings

if TYPE_CHECKING:
    import pymupdf

READING = 0.8
"""Share of a document's time after which no further page is begun, so that those read so far are not lost with it."""
PART = 100
"""Pages read and laid out at a time, in a file opened anew: the lines of a page and what MuPDF keeps take 200 KB."""
MOST_CHARACTERS = 100_000
"""Characters that a page may have: one of a paper has 5,000, one of a newspaper 60,000."""


class Opened(NamedTuple):
    """A file whose page tree holds what it says, and what had to be mended for that, or ""."""

    file: pymupdf.Document
    damage: str = ""


@extractor(".pdf")
def pdf(path: Path, settings: ReadSettings, source: str) -> Document:
    """Read a PDF page by page; pages that cannot be read are marked failed.

    Of a damaged file the pages that are whole are read. Raises UnreadableDocument where it is encrypted, corrupt, or
    without pages.
    """
    until = time.monotonic() + READING * settings.timeout_s
    opened = _open(path, source)
    file = opened.file
    count = file.page_count
    damaged = bool(opened.damage or file.is_repaired)
    metadata = {key: value for key, value in (file.metadata or {}).items() if value}
    pages = {page.number: page for page in _left_out(file, damaged, settings.max_pages)}
    wanted = [number for number in range(1, min(count, settings.max_pages) + 1) if number not in pages]
    if opened.damage:
        pages[count + 1] = _failed(count + 1, opened.damage)
    turns: dict[int, Turn] = {}

    def parts() -> Iterator[list[Sheet]]:
        """The sheets of a part of the file at a time; their records and turns go where the others are."""
        if not wanted:
            file.close()
        for numbers in _parts(wanted):
            sheets: list[Sheet] = []
            with file if numbers[0] == wanted[0] else _open(path, source).file as part:
                for page, sheet, turn in _pages(part, numbers, settings):
                    pages[page.number] = page
                    sheets.append(sheet)
                    if turn:
                        turns[page.number] = turn
                    if time.monotonic() > until:
                        break
            bookmark.end()
            yield sheets
            if time.monotonic() > until:
                late = f"not begun within {READING:.0%} of the {settings.timeout_s:g} s that a document may take"
                pages.update({number: _failed(number, late) for number in wanted if number not in pages})
                return

    with _uncollected():
        document = assemble(
            path,
            source,
            title=_metadata_title(metadata),
            pages=pages.values(),
            pieces=(_placed(piece, pages, turns) for piece in pieces(label(parts()))),
            metadata=metadata,
        )
    if damaged and not document.blocks:
        raise _corrupt(source, opened.damage or f"none of its {count} pages is whole")
    return document


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """`numbers` in runs of much the same length, none longer than PART."""
    count = -(-len(numbers) // PART)
    for part in range(count):
        yield numbers[part * len(numbers) // count : (part + 1) * len(numbers) // count]


def _open(path: Path, source: str) -> Opened:
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    pymupdf.set_messages(pylogging_name="pymupdf", pylogging_level=logging.DEBUG)
    try:
        file = opened(path)
        if file.needs_pass and not file.authenticate(""):
            raise UnreadableDocument(
                "encrypted",
                f"{source} is locked with a password.",
                fix="Unlock it: qpdf --decrypt --password=... IN OUT",
            )
        damage = mended(file)
        count = file.page_count
    except (UnreadableDocument, OSError, MemoryError):
        raise
    except Exception as error:  # MuPDF has a dozen kinds of errors
        raise _corrupt(source, said(error).replace(said(path), source)) from error
    if not count and file.is_repaired:
        raise _corrupt(source, "cut short perhaps: no page is left in it")
    if not count:
        raise UnreadableDocument("no pages", f"{source} is a PDF without pages.", fix=AGAIN)
    return Opened(file, damage)


AGAIN = "Download it again; if it opens elsewhere, print it to a new PDF."


def _corrupt(source: str, what: str) -> UnreadableDocument:
    return UnreadableDocument("corrupt", f"{source} is a damaged PDF ({what}).", fix=AGAIN)


def _left_out(file: pymupdf.Document, damaged: bool, max_pages: int) -> Iterator[Page]:
    """The pages that are not to be read: known to kill their reader, lost with a part of the file, or too many."""
    count = file.page_count
    spoilt = bookmark.spoilt()
    for number in range(1, min(count, max_pages) + 1):
        if number in spoilt:
            yield _failed(number, spoilt[number])
        elif damaged and (loss := _loss(file, number)):
            yield _failed(number, f"damaged page: {loss}")
    for number in range(max_pages + 1, count + 1):
        yield _failed(number, "too many pages")


def _loss(file: pymupdf.Document, number: int) -> str:
    bookmark.begin(number)
    try:
        return losses(file[number - 1])
    except MemoryError:
        raise
    except Exception as error:  # MuPDF has a dozen kinds of errors
        return said(error)


def _pages(file: pymupdf.Document, numbers: Sequence[int], settings: ReadSettings) -> Iterator[Read]:
    for read in read_pages(file, numbers, settings):
        number, characters = read.page.number, sum(len(line.text) + 1 for line in read.sheet.lines)
        if characters > MOST_CHARACTERS:
            failed = _failed(number, f"{characters:,} characters are no text")
            read = Read(failed, Sheet(number, 0.0, 0.0, ()))
        yield read


@contextmanager
def _uncollected() -> Iterator[None]:
    """Looking for cycles among thousands of small records that hold none takes a tenth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _failed(number: int, reason: str) -> Page:
    return Page(number=number, read_as="failed", reason=reason)


def _metadata_title(metadata: dict[str, str]) -> str:
    title = metadata.get("title", "").strip()
    return "" if title.lower().endswith((".dvi", ".tex", ".doc", ".docx", ".pdf")) or len(title) < 4 else title


def _placed(piece: Piece, pages: Mapping[int, Page], turns: Mapping[int, Turn]) -> Piece:
    """`piece` with its boxes on the pages as they lie in the file, where OCR had to turn them, and cut off where a
    damaged line goes on for miles beyond its page."""
    placed = []
    for part in piece.parts:
        box = part.box
        if box and part.page in turns:
            box = turns[part.page].back(box)
        if box:
            page = pages[part.page]
            x0, y0, x1, y1 = box
            box = max(x0, -SPILL), max(y0, -SPILL), min(x1, page.width + SPILL), min(y1, page.height + SPILL)
        placed.append(part if box == part.box else replace(part, box=box))
    return (
        piece if all(a is b for a, b in zip(placed, piece.parts, strict=True)) else replace(piece, parts=tuple(placed))
    )


SPILL = 18.0
"""Points that a line may reach beyond its page, as tall or slanted letters do."""
