"""What the pages say of a document beside its text; kept in a small file, as its record takes long to read."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from extractors.files import write_whole
from extractors.records import Document, Page, Record
from flows.corpus import read_back
from flows.store import beside


class Outline(Record):
    """`characters` is the length of the body text."""

    doc_id: str
    source: str
    title: str
    characters: int
    pages: tuple[Page, ...]


def outline_of(document: Document) -> Outline:
    return Outline(
        doc_id=document.doc_id,
        source=document.source,
        title=document.title,
        characters=len(document.text),
        pages=document.pages,
    )


def outline_in(made: Path) -> Outline:
    """The outline of the Document in the work file `made`, which is read only the first time."""
    kept = beside(made, "outline")
    try:
        return Outline.model_validate_json(kept.read_bytes())
    except (FileNotFoundError, ValidationError):
        outline = outline_of(read_back(made))
        write_whole(kept, outline.model_dump_json())
        return outline
