"""Labelled lines become pieces: joined over columns and pages, hyphens repaired, note marks dropped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from extractors.cleaning import LOWERED, SUPERSCRIPTS, joint, vocabulary
from extractors.documents import Part, Piece
from extractors.layout import Labelled
from extractors.records import BlockKind

_MARKER = re.compile(
    r"[•◦▪‣∙·■□►➢✓●○⋄★]\s*|[-–—*]\s+|(\(?\d{1,2}[.)]|\([a-z]\)|[a-z]\)|\(?[ivx]{1,4}\)|[ivx]{1,4}\.)\s+"
)
_DIGITS = SUPERSCRIPTS[:10]
_NOTE = re.compile(
    rf"(?:(?<=[^\W\d_][^\W\d_])|(?<=[.,;:)\]”\"’']))[{_DIGITS}][{_DIGITS},]*(?=[\s.,;:)\]]|$)",
)


def pieces(labelled: Sequence[Labelled]) -> list[Piece]:
    """Blocks in reading order. A paragraph that a figure, a note or a page break interrupts stays one block."""
    words = vocabulary(entry.line.text for entry in labelled)
    notes = _note_numbers(labelled)
    blocks: list[tuple[BlockKind, list[Labelled]]] = []
    open_at: dict[BlockKind, int] = {}
    for entry in labelled:
        body = entry.kind in ("paragraph", "list")
        at = open_at.get("paragraph" if body else entry.kind)
        joins = entry.kind == "list" or not entry.starts
        if at is not None and joins and (body or at == len(blocks) - 1) and blocks[at][0] == entry.kind:
            blocks[at][1].append(entry)
        else:
            blocks.append((entry.kind, [entry]))
            open_at["paragraph" if body else entry.kind] = len(blocks) - 1
        if entry.kind == "heading":
            open_at.pop("paragraph", None)
    return [_piece(kind, entries, words, notes) for kind, entries in blocks]


def _note_numbers(labelled: Iterable[Labelled]) -> dict[int, set[str]]:
    """The marks of the footnotes of each page."""
    notes: dict[int, set[str]] = {}
    for entry in labelled:
        if entry.kind == "footnote":
            mark = entry.line.mark or (re.match(r"\d{1,2}", entry.line.text) or [""])[0]
            notes.setdefault(entry.line.page, set()).update({mark} - {""})
    return notes


def _piece(kind: BlockKind, entries: Sequence[Labelled], words: Counter[str], notes: dict[int, set[str]]) -> Piece:
    texts = [_without_notes(e.line.text, notes.get(e.line.page, set())) for e in entries]
    if kind == "list":
        texts = [_MARKER.sub("", t, count=1) if e.starts else t for t, e in zip(texts, entries, strict=True)]
    parts = []
    for i, entry in enumerate(entries):
        text = texts[i]
        if i + 1 < len(entries):
            if kind in ("table", "code", "equation") or (kind == "list" and entries[i + 1].starts):
                text += "\n"
            else:
                text = "".join(joint(text, texts[i + 1], words))
        parts.append(Part(text, entry.line.page, entry.line.box))
    return Piece(kind, tuple(parts), entries[0].level)


def _without_notes(text: str, numbers: set[str]) -> str:
    if not numbers:
        return text
    return _NOTE.sub(lambda m: "" if set(m[0].translate(LOWERED).split(",")) <= numbers else m[0], text)
