"""A note in Markdown, written and read."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from extractors.records import Document
from tests.extractors import invariants
from tests.extractors.conftest import read


def markdown(folder: Path, text: str | bytes, name: str = "note.md") -> Document:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode())
    document = read(path)
    invariants.hold(document)
    assert [page.number for page in document.pages] == [1]
    return document


def kinds(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in document.blocks]
