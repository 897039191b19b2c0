"""The pages to look at: those read by OCR and those that were lost, each with its picture or why there is none."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from extractors.errors import QuireError
from extractors.ledger import LedgerEntry
from extractors.records import Page
from flows.page_image import Sheet, drawn_apart, whole_page
from flows.yields import DocumentRow

EMPTY = "nothing to read"
"""The reason in the ledger for a document that was opened, but holds no text."""

SHOWN = 12
"""Pages of a kind that are shown, which keeps the page that a person opens below a few megabytes."""

KILLERS = ("crashed its reader", "took too long", "out of memory")
"""What the reason of a page begins with that cost a reader its life: nobody draws it."""


class Shown(NamedTuple):
    source: str
    page: Page
    jpeg: str
    sheet: Sheet | None
    no_picture: str


class Doubtful(NamedTuple):
    """Pages of one kind: how many there are, those `shown`, and `which` these are where they are not all."""

    title: str
    which: str
    number: int
    shown: list[Shown]


class _Wanted(NamedTuple):
    """A page that may be shown; those of the lowest rank are."""

    rank: float
    source: str
    number: int
    doc_id: str
    page: Page


def doubtful_pages(rows: Sequence[DocumentRow], lost: Iterable[LedgerEntry], raw_docs: Path) -> list[Doubtful]:
    """The pages of `rows` that were lost or read by OCR, and the first of those `lost` documents that hold nothing."""
    empty: list[_Wanted] = []
    failed: list[_Wanted] = []
    unsure: list[_Wanted] = []
    for entry in lost:
        if entry.reason == EMPTY:
            empty.append(_Wanted(0, entry.source, 1, entry.doc_id, Page(number=1, read_as="failed")))
    for row in rows:
        for page in row.pages:
            about = (row.source, page.number, row.doc_id, page)
            if page.read_as == "failed":
                failed.append(_Wanted(sum(one.source == row.source for one in failed[-SHOWN:]), *about))
            elif page.read_as == "ocr":
                unsure.append(_Wanted(page.confidence or 0.0, *about))
    kinds = (
        ("Pages lost", "of every document some; the ledger names them all", failed),
        ("First pages of documents in which nothing to read was found", "the first by name", empty),
        ("Pages read by OCR", "those that it is least sure of", unsure),
    )
    given_up: dict[str, str] = {}
    return [
        Doubtful(title, which, len(wanted), [_shown(one, raw_docs, given_up) for one in sorted(wanted)[:SHOWN]])
        for title, which, wanted in kinds
        if wanted
    ]


def _shown(wanted: _Wanted, raw_docs: Path, given_up: dict[str, str]) -> Shown:
    """The page with its picture; of a document with a page that could not be drawn, no further one is tried."""
    source, page = wanted.source, wanted.page
    missing = given_up.get(source, "")
    if page.reason.startswith(KILLERS):
        missing = "Not drawn, as it killed its reader."
    if not missing:
        path = raw_docs / source
        try:
            sheet = drawn_apart(path, wanted.doc_id, whole_page, path, page.number)
            return Shown(source, page, b64encode(sheet.jpeg).decode(), sheet, "")
        except QuireError as error:
            missing = f"Could not be drawn: {error.message}"
            given_up[source] = f"Not drawn, as page {page.number} could not be."
    return Shown(source, page, "", None, missing)
