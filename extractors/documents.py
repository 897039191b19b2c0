"""Pieces in reading order become a Document: body text, sections, and where every character stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from extractors.files import sha256_of
from extractors.records import BODY_KINDS, Block, BlockKind, Box, Document, Page, Place, Region


@dataclass(frozen=True, slots=True)
class Part:
    """Text that stands in one place."""

    text: str
    page: int
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A block before it has a section: the concatenation of its parts is its text."""

    kind: BlockKind
    parts: tuple[Part, ...]
    level: int | None = None


def assemble(
    path: Path,
    source: str,
    *,
    title: str,
    pages: Iterable[Page],
    pieces: Iterable[Piece],
    metadata: Mapping[str, str] | None = None,
) -> Document:
    """The Document of `path`: body blocks follow each other in `text` with a blank line between them.

    A heading of level 0 is the document's title and no section; `title` stands in where there is none.
    `pages` may still be filled while the `pieces` are taken.
    """
    blocks: list[Block] = []
    places: list[Place] = []
    body: list[str] = []
    length = 0
    section: list[tuple[int, str]] = []
    for piece in pieces:
        text = "".join(part.text for part in piece.parts)
        if not text.strip():
            continue
        if piece.kind == "heading" and piece.level == 0:
            title = text
        elif piece.kind == "heading":
            level = piece.level or 1
            section = [entry for entry in section if entry[0] < level]
            section.append((level, text))
        start = end = None
        if piece.kind in BODY_KINDS:
            if body:
                body.append("\n\n")
                length += 2
            start = length
            for part in piece.parts:
                if part.text:
                    places.append(Place(length, length + len(part.text), part.page, part.box and _rounded(part.box)))
                    body.append(part.text)
                    length += len(part.text)
            end = length
        regions = _regions(piece.parts)
        blocks.append(
            Block(
                kind=piece.kind,
                text=text,
                page=piece.parts[0].page,
                box=regions[0].box if regions else None,
                regions=regions,
                section=tuple(name for _, name in section),
                level=piece.level,
                start=start,
                end=end,
            )
        )
    return Document(
        doc_id=sha256_of(path),
        source=source,
        title=title or path.stem,
        metadata=dict(metadata or {}),
        pages=tuple(sorted(pages, key=lambda page: page.number)),
        blocks=tuple(blocks),
        text="".join(body),
        places=tuple(places),
    )


def _regions(parts: Sequence[Part]) -> tuple[Region, ...]:
    """The rectangles that `parts` fill, in order; the next begins on a new page, or beside the last and higher up."""
    found: list[tuple[int, Box]] = []
    above = 0.0
    for part in parts:
        if part.box is None:
            continue
        x0, y0, x1, y1 = part.box
        page, (left, top, right, bottom) = found[-1] if found else (-1, part.box)
        if part.page != page or ((x0 > right or x1 < left) and y0 < above):
            found.append((part.page, part.box))
        else:
            found[-1] = page, (min(left, x0), min(top, y0), max(right, x1), max(bottom, y1))
        above = y0
    return tuple(Region(page, _rounded(box)) for page, box in found)


def _rounded(box: Box) -> Box:
    x0, y0, x1, y1 = box
    return round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)


def union(boxes: Sequence[Box]) -> Box:
    """The smallest box around `boxes`."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)
