"""What the steps on the whole corpus need of one document, made when it is asked: they then read a sixth of what is
kept of it, and count and compare what is numbers already."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from augment.asking import Asked
from augment.likeness.families import own_words, shingles_of_text
from augment.likeness.retrieval import Searched, searched, titled
from augment.likeness.shingles import Numbers
from extractors.files import to_lines, write_whole
from extractors.records import Document
from flows.funnel import reasons_of
from flows.store import beside


@dataclass(frozen=True)
class Brief:
    """What is kept of one document, each part read when it is asked for. Raises what reading raises where the file is
    not whole."""

    parts: Mapping[str, Numbers]

    @property
    def doc_id(self) -> str:
        return self._text("doc_id").decode()

    @property
    def document(self) -> Document:
        """Without its blocks, and only with the places where a passage begins."""
        return Document.model_validate_json(self._text("document.json"))

    @property
    def asked(self) -> Asked:
        """Without what was refused and without entries."""
        return Asked.model_validate_json(self._text("asked.json"))

    @property
    def lines(self) -> list[bytes]:
        """What the ledger says of what was refused, a line each."""
        return self._text("lines").splitlines(keepends=True)

    @property
    def reasons(self) -> dict[str, dict[str, int]]:
        """The same, counted: how many were dropped, by unit and reason."""
        counted: dict[str, dict[str, int]] = json.loads(self._text("reasons"))
        return counted

    @property
    def shingles(self) -> Numbers:
        """Of its own words."""
        return self.parts["shingles"]

    @property
    def searched(self) -> Searched:
        """Its passages, and the questions of its pairs."""
        return Searched(*(self.parts[name] for name in Searched._fields))

    def _text(self, name: str) -> bytes:
        return self.parts[name].tobytes()


def brief_of(asked: Path, read: Path) -> Brief:
    """The Brief of the work files `asked` and `read`, made anew where it is gone or damaged."""
    file = brief_file(asked)
    try:
        return _opened(file)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile):
        document = Document.model_validate_json(read.read_bytes())
        write_brief(file, document, Asked.model_validate_json(asked.read_bytes()))
        return _opened(file)


def _opened(file: Path) -> Brief:
    return Brief(np.load(io.BytesIO(file.read_bytes())))


def brief_file(asked: Path) -> Path:
    """Where the Brief is kept that belongs to the work file `asked`."""
    return beside(asked, "brief", ".npz")


def write_brief(made: Path, document: Document, asked: Asked) -> None:
    """Write to `made` what the corpus steps need of `document` and of what was `asked` of it; the same bytes each time.

    A change of what is in it wants another version of the step "ask", by which it is named.
    """
    passages = [titled(document.title, passage.text) for passage in asked.passages]
    own = [titled(pair.title, pair.context) for pair in asked.pairs]
    places = tuple(dict.fromkeys(document.place_at(passage.start) for passage in asked.passages))
    short = (
        document.model_copy(update={"blocks": (), "places": places}),
        asked.model_copy(update={"refused": (), "entries": ()}),
    )
    parts = {
        "doc_id": _bytes(document.doc_id),
        "document.json": _bytes(short[0].model_dump_json()),
        "asked.json": _bytes(short[1].model_dump_json()),
        "lines": _bytes(to_lines(asked.entries)),
        "reasons": _bytes(json.dumps(reasons_of(asked.entries))),
        "shingles": shingles_of_text(own_words(document)),
        **searched([pair.question for pair in asked.pairs], own, passages)._asdict(),
    }
    buffer = io.BytesIO()
    np.savez(buffer, **parts)
    write_whole(made, buffer.getvalue())


def _bytes(text: str) -> Numbers:
    return np.frombuffer(text.encode(), np.uint8)
