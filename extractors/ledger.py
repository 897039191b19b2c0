"""The ledger: one entry for every document, page, passage or pair that was dropped or degraded, and why; and for every
pair that a person decided to keep."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

from pydantic import ValidationError

from extractors.errors import QuireError
from extractors.files import from_lines
from extractors.records import Page, Record


class LedgerEntry(Record):
    """`reason` is short and stable so that entries can be counted by it; `detail` is for the reader. The unit `run`
    is for what the whole run went without, such as a model that could not be had; the outcome `kept` for what is there
    because a person decided so."""

    unit: Literal["run", "document", "page", "passage", "pair"]
    outcome: Literal["dropped", "degraded", "kept"]
    step: str
    reason: str
    detail: str = ""
    source: str = ""
    doc_id: str = ""
    page: int | None = None
    id: str = ""


def read_ledger(file: Path) -> list[LedgerEntry]:
    """The entries of a ledger, none where there is none. Raises QuireError where it holds a line that is no entry."""
    try:
        return from_lines(file, LedgerEntry) if file.exists() else []
    except ValidationError as error:
        raise QuireError(
            f"{file} holds a line that is no entry of this version's ledger: {error.errors()[0]['msg']}.",
            fix="Delete it and run `quire build` again, which then writes it anew.",
        ) from None


READ_IN_PART = "read in part"
"""What the reason of a page begins with where a part of it was lost."""


class Paged(Protocol):
    """A document, or what is kept of it that says how its pages were read."""

    @property
    def doc_id(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def pages(self) -> tuple[Page, ...]: ...


def page_entries(document: Paged, poor_confidence: float) -> list[LedgerEntry]:
    """The pages of `document` that were lost, in part or whole, and those whose OCR is less sure than
    `poor_confidence` (0 to 1)."""
    entries = []
    for page in document.pages:
        if page.read_as == "failed":
            outcome, reason, detail = "dropped", "page not read", page.reason
        elif page.reason.startswith(READ_IN_PART):
            outcome, reason, detail = "degraded", READ_IN_PART, page.reason
        elif page.confidence is not None and page.confidence < poor_confidence:
            outcome, reason = "degraded", "poor OCR"
            detail = f"mean word confidence {page.confidence:.2f} ({page.reason})"
        else:
            continue
        entries.append(
            LedgerEntry(
                unit="page",
                outcome=outcome,
                step="read",
                reason=reason,
                detail=detail,
                source=document.source,
                doc_id=document.doc_id,
                page=page.number,
            )
        )
    return entries
