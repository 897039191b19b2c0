"""One document as the pipeline reads it, what was lost of it, and its pages with their blocks drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count, groupby
from pathlib import Path

from extractors.errors import NothingInHand, UnreadableDocument
from extractors.files import write_whole
from extractors.ledger import page_entries
from extractors.picture import blocks_on, how_read, page_picture
from extractors.records import Document
from extractors.settings import ReadSettings
from flows.documents import printable
from flows.reading import read_apart
from flows.settings import ConfigurationError
from flows.workers import in_worker, worker_pools

EMPTY = ("nothing to read", "no pages", "empty file")
"""Reasons of a file that was opened and had nothing in it."""

PAGE_S = 60
"""Seconds that drawing one page may take."""

HOW = {"text": "as text", "ocr": "by OCR", "failed": "lost"}


def extract(file: Path, settings: ReadSettings) -> Document:
    """The Document of `file`. Raises NothingInHand where there is nothing in it, UnreadableDocument where it cannot be
    read, ConfigurationError where it is no file."""
    try:
        return read_apart(file, printable(file.name), settings)
    except UnreadableDocument as error:
        if error.reason == "not a file":
            raise ConfigurationError(f"There is no file {printable(str(file))}.", fix="Check the path.") from error
        if error.reason in EMPTY:
            raise NothingInHand(error.message, fix=error.fix) from error
        raise


def summary(document: Document, poor_confidence: float) -> str:
    """A line on how much was read, how, and what was lost or is doubtful: OCR less sure than `poor_confidence` is."""
    words = f"{len(document.text.split()):,} words of body text"
    if not has_pages(document):
        return f"{document.source}: {words}"
    read = Counter(HOW[page.read_as] for page in document.pages)
    how = ", ".join(f"{read[told]:,} {told}" for told in HOW.values() if read[told])
    pages = f"{len(document.pages):,} page{'' if len(document.pages) == 1 else 's'} ({how})"
    doubtful: dict[str, list[int]] = {}
    for entry in page_entries(document, poor_confidence):
        why = f"lost, {entry.detail}" if entry.outcome == "dropped" else entry.reason
        doubtful.setdefault(why, []).append(entry.page or 0)
    told = "".join(f"; {why}: page {ranges(numbers)}" for why, numbers in doubtful.items())
    return f"{document.source}: {pages}, {words}{told}"


def ranges(numbers: list[int]) -> str:
    """'2, 5-9' for 2, 5, 6, 7, 8, 9."""
    counter = count()
    runs = [list(run) for _, run in groupby(sorted(numbers), key=lambda number: number - next(counter))]
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def has_pages(document: Document) -> bool:
    """Whether the document is laid out in pages that can be drawn: Markdown, HTML and plain text are not."""
    return any(page.width for page in document.pages)


def draw(file: Path, document: Document, to: Path, page: int | None, settings: ReadSettings) -> Iterator[Path]:
    """Draw `page` of `document`, or all pages, each with its blocks, and yield the pictures as they are made.

    `to` is a PNG for one page (the first, unless `page` says another), else a folder for them. Raises
    ConfigurationError where there is no such page, QuireError where a page cannot be drawn.
    """
    if not has_pages(document):
        raise ConfigurationError(
            f"{document.source} has no pages to draw: only a PDF has.", fix="Leave out --picture, or use --json."
        )
    pages = range(1, len(document.pages) + 1)
    if page is not None and page not in pages:
        raise ConfigurationError(f"{document.source} has no page {page}, only 1 to {len(pages)}.", fix="Check --page.")
    single = to.suffix.lower() == ".png"
    with worker_pools():
        for number in [page or 1] if single else [page] if page else pages:
            path = to if single else to / f"{file.stem}-{number:0{len(str(len(pages)))}}.png"
            title, drawn = how_read(document, number), list(blocks_on(document, number))
            png = in_worker("pictures", 1, settings.memory_gb, PAGE_S, page_picture, file, number, title, drawn)
            write_whole(path, png)
            yield path
