"""A few pairs of the dataset to look at, each with its passage and, for a PDF, a picture of the page."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from augment.records import QAPair
from extractors.errors import QuireError
from extractors.records import Document, Place
from flows.page_image import PageImage, drawn_apart, page_image


class Sample(NamedTuple):
    """A pair, its passage cut into (before, span, after), its variants, and its picture or why there is none."""

    pair: QAPair
    split: str
    passage: tuple[str, str, str]
    variants: list[QAPair]
    image: PageImage | None
    png: str
    no_image: str


def choose(rows: Iterable[tuple[str, QAPair]], count: int) -> list[tuple[str, QAPair]]:
    """`count` original pairs of `rows` (split, pair), spread over documents and generators; the same rows give the
    same choice."""
    by_document: dict[str, list[tuple[str, QAPair]]] = {}
    for split, pair in rows:
        if pair.kind == "original":
            by_document.setdefault(pair.source, []).append((split, pair))
    queues = [_turns(pairs) for _, pairs in sorted(by_document.items())]
    chosen = [queue[turn] for turn in range(count) for queue in queues if turn < len(queue)]
    return sorted(chosen[:count], key=lambda row: (row[1].source, row[1].char_start, row[1].id))


def _turns(pairs: Sequence[tuple[str, QAPair]]) -> list[tuple[str, QAPair]]:
    """The pairs of one document in an order that takes each generator in turn."""
    drawn = sorted(pairs, key=lambda row: random.Random(f"sample:{row[1].id}").random())
    seen: dict[str, int] = {}
    turns = []
    for row in drawn:
        turns.append((seen.get(row[1].generator, 0), row))
        seen[row[1].generator] = seen.get(row[1].generator, 0) + 1
    return [row for _, row in sorted(turns, key=lambda turn: turn[0])]


def illustrate(split: str, pair: QAPair, variants: list[QAPair], document: Document | None, raw_docs: Path) -> Sample:
    """The sample with its picture; the picture is drawn in a worker process, as a page may crash what draws it."""
    image, missing = None, ""
    if document is None:
        missing = "The record of this document is gone from the work folder."
    elif pair.source.lower().endswith(".pdf"):
        try:
            image = _picture(pair, document, raw_docs / document.source)
        except QuireError as error:
            missing = f"Page {pair.page} could not be drawn: {error.message}"
    png = b64encode(image.png).decode() if image else ""
    return Sample(pair, split, _passage(pair, document), variants, image, png, missing)


def _picture(pair: QAPair, document: Document, path: Path) -> PageImage:
    start = _passage_start(pair, document)
    passage = _places(document, pair.page, start, start + len(pair.context))
    lines = _places(document, pair.page, pair.char_start, pair.char_end)
    boxes, lines_boxes = ([place.box for place in places if place.box] for places in (passage, lines))
    occurrence = _occurrence(document, lines, pair)
    about = path, pair.page, boxes, lines_boxes, pair.answer_span, occurrence
    return drawn_apart(path, document.doc_id, page_image, *about)


def _places(document: Document, page: int, start: int, end: int) -> list[Place]:
    """The places on one page that hold characters `start` to `end` of the text."""
    return [place for place in document.places if place.page == page and place.start < end and place.end > start]


def _occurrence(document: Document, lines: Sequence[Place], pair: QAPair) -> tuple[int, int]:
    """Which of how many times the answer's words stand in its lines, as a search without case counts them."""
    if not lines:
        return 0, 0
    words = pair.answer_span.lower()
    before = document.text[lines[0].start : pair.char_start].lower().count(words)
    return before, document.text[lines[0].start : lines[-1].end].lower().count(words)


def _passage_start(pair: QAPair, document: Document) -> int:
    return max(0, document.text.find(pair.context, max(0, pair.char_start - len(pair.context))))


def _passage(pair: QAPair, document: Document | None) -> tuple[str, str, str]:
    start = pair.context.find(pair.answer_span)
    if document is not None:
        start = pair.char_start - _passage_start(pair, document)
    end = start + len(pair.answer_span)
    return pair.context[:start], pair.context[start:end], pair.context[end:]


def spread(sources: Iterable[str], count: int) -> set[str]:
    """`count` of the sources, evenly over their names, or all."""
    ordered = sorted(set(sources))
    return {ordered[index * len(ordered) // count] for index in range(count)} if len(ordered) > count else {*ordered}


def variants_of(pairs: Iterable[QAPair], chosen: Mapping[str, QAPair]) -> dict[str, list[QAPair]]:
    """The variants among `pairs` of the chosen pairs, by the id of the pair they were made of."""
    found: dict[str, list[QAPair]] = {}
    for pair in pairs:
        if pair.parent_id in chosen:
            found.setdefault(pair.parent_id, []).append(pair)
    return found
