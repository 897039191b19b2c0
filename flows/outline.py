"""What cards and pages say of a document beside its text; kept in a small file, as its record takes long to read."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from extractors.files import write_whole
from extractors.records import Document, Page, Record
from flows.store import beside, record_in


class Outline(Record):
    """`characters` is the length of the body text."""

    doc_id: str
    source: str
    title: str
    licence: str
    characters: int
    pages: tuple[Page, ...]


def outline_of(document: Document) -> Outline:
    return Outline(
        doc_id=document.doc_id,
        source=document.source,
        title=document.title,
        licence=document.metadata.get("license") or document.metadata.get("licence", ""),
        characters=len(document.text),
        pages=document.pages,
    )


def outline_in(made: Path) -> Outline:
    """The outline of the Document in the work file `made`, which is read where its outline is gone or damaged."""
    try:
        return Outline.model_validate_json(outline_file(made).read_bytes())
    except (FileNotFoundError, ValidationError):
        return write_outline(outline_file(made), record_in(made, Document))


def write_outline(made: Path, document: Document) -> Outline:
    outline = outline_of(document)
    write_whole(made, outline.model_dump_json())
    return outline


def outline_file(read: Path) -> Path:
    """Where the outline is kept of the Document in the work file `read`."""
    return beside(read, "outline")
