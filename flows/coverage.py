"""Which of a document's passages have a pair in the dataset, and which have lost all of theirs on the way."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from augment.records import Passage
from extractors.records import Record

LOST_LATER = "its questions were dropped later"
"""Reason of a passage of which questions passed the gates, but none is in the dataset."""


class SectionCoverage(Record):
    """Of the passages of body text in one section, how many there are and how many have a pair."""

    section: str
    passages: int
    with_pair: int


def covered(passages: Iterable[Passage], starts: Iterable[int]) -> list[Passage]:
    """Those of a document's `passages` in which one of `starts` lies, the places of the answers of its pairs."""
    ordered = sorted(starts)
    return [passage for passage in passages if bisect_left(ordered, passage.start) < bisect_left(ordered, passage.end)]


def coverage_of(passages: Sequence[Passage], with_pair: Sequence[Passage]) -> dict[str, Any]:
    """What the manifest says of one document: its passages, its captions among them, and the body by section."""
    ids = {passage.passage_id for passage in with_pair}
    sections: dict[str, list[bool]] = {}
    for passage in passages:
        if not passage.caption:
            sections.setdefault(" > ".join(passage.section), []).append(passage.passage_id in ids)
    return {
        "passages": len(passages),
        "passages_with_pair": len(with_pair),
        "captions": sum(passage.caption for passage in passages),
        "captions_with_pair": sum(passage.caption for passage in with_pair),
        "sections": [
            SectionCoverage(section=name, passages=len(found), with_pair=sum(found)).model_dump()
            for name, found in sections.items()
        ],
    }


def body_coverage(documents: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """How many passages of body text, and how many captions, the documents of a manifest have, and how many of each
    have a pair; kinds of which there is none are left out."""
    every, asked, captions, captions_asked = (
        sum(document.get(name, 0) for document in documents)
        for name in ("passages", "passages_with_pair", "captions", "captions_with_pair")
    )
    counts = {
        "passages of body text": (every - captions, asked - captions_asked),
        "captions": (captions, captions_asked),
    }
    return {kind: found for kind, found in counts.items() if found[0]}
