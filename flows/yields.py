"""What went in and what came out: the funnel held against the ledger, the losses by reason, a row a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from augment.records import QAPair
from extractors.ledger import LedgerEntry
from extractors.records import Document
from flows.funnel import FunnelRow

EXAMPLES = 12
"""Ledger entries shown of one reason; the ledger itself holds them all."""


class Loss(NamedTuple):
    """The entries of the ledger that share unit, outcome, step and reason."""

    unit: str
    outcome: str
    step: str
    reason: str
    number: int
    examples: list[LedgerEntry]


class DocumentRow(NamedTuple):
    """`marks` are the places in the text that pairs point at, 0 to 1. Of its `passages` and `sections`, so many have a
    pair; `read_as` counts pages, `rows` the original pairs in each split."""

    source: str
    title: str
    doc_id: str
    pages: int
    read_as: dict[str, int]
    confidence: float | None
    passages: int
    passages_with_pair: int
    sections: int
    sections_with_pair: int
    marks: list[float]
    rows: dict[str, int]
    variants: int
    problems: list[tuple[str, int]]


class Tally:
    """Counts over the rows of the dataset, taken in one pass."""

    def __init__(self, rows: Iterable[tuple[str, QAPair]]) -> None:
        self.splits: dict[str, Counter[str]] = {}
        self.kinds: Counter[str] = Counter()
        self.variants: Counter[str] = Counter()
        self.starts: dict[str, set[int]] = {}
        for split, pair in rows:
            self.kinds[pair.kind] += 1
            if pair.kind != "original":
                self.variants[pair.doc_id] += 1
                continue
            self.splits.setdefault(pair.doc_id, Counter())[split] += 1
            self.starts.setdefault(pair.doc_id, set()).add(pair.char_start)


def losses(entries: Sequence[LedgerEntry]) -> list[Loss]:
    """The ledger by reason: documents before pages before passages before pairs, the most frequent first."""
    units = ("run", "document", "page", "passage", "pair")
    groups: dict[tuple[str, str, str, str], list[LedgerEntry]] = {}
    for entry in entries:
        groups.setdefault((entry.unit, entry.outcome, entry.step, entry.reason), []).append(entry)
    found = [Loss(*key, len(group), group[:EXAMPLES]) for key, group in groups.items()]
    return sorted(found, key=lambda loss: (units.index(loss.unit), -loss.number, loss.step, loss.reason))


def discrepancies(
    funnel: Sequence[FunnelRow], entries: Sequence[LedgerEntry], tally: Tally, documents: Sequence[Document]
) -> list[str]:
    """Sentences that say where the funnel does not add up, or is not what the ledger, the rows and the records of the
    documents say; none if all is well."""
    told = []
    for row in funnel:
        if row.made != row.kept + row.dropped or row.dropped != sum(row.reasons.values()):
            told.append(f"The {row.unit} counts do not add up: {row.model_dump_json()}.")
    in_funnel: Counter[str] = Counter()
    for row in funnel:
        in_funnel["pair" if row.unit == "variant" else row.unit] += row.dropped
    in_ledger = Counter[str](entry.unit for entry in entries if entry.outcome == "dropped")
    for unit in sorted(in_funnel.keys() | in_ledger.keys()):
        if in_funnel[unit] != in_ledger[unit]:
            told.append(f"The funnel drops {_count(in_funnel[unit], unit)}, the ledger {in_ledger[unit]:,}.")
    pages = [page for document in documents for page in document.pages]
    there = {
        "document": len(documents),
        "page": sum(page.read_as != "failed" for page in pages),
        "pair": tally.kinds["original"],
        "variant": tally.kinds.total() - tally.kinds["original"],
    }
    for row in funnel:
        if row.unit in there and row.kept != there[row.unit]:
            told.append(f"The funnel keeps {_count(row.kept, row.unit)}, but {there[row.unit]:,} are there.")
    return told


def _count(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def document_rows(
    documents: Iterable[Document],
    passages: Mapping[str, tuple[int, int]],
    tally: Tally,
    entries: Sequence[LedgerEntry],
) -> list[DocumentRow]:
    """A row for each document that was read, and for each that was not but has an entry in the ledger.

    `passages` counts those of each document by doc_id: all of them, and those with a pair.
    """
    problems: dict[str, Counter[str]] = {}
    for entry in entries:
        if entry.unit in ("document", "page"):
            problems.setdefault(entry.source, Counter())[entry.reason] += 1
    rows = {}
    for document in documents:
        told = problems.pop(document.source, Counter()).most_common()
        rows[document.source] = _row(document, passages.get(document.doc_id, (0, 0)), tally, told)
    for source, reasons in problems.items():
        rows[source] = DocumentRow(source, "", "", 0, {}, None, 0, 0, 0, 0, [], {}, 0, reasons.most_common())
    return [rows[source] for source in sorted(rows)]


def _row(document: Document, passages: tuple[int, int], tally: Tally, problems: list[tuple[str, int]]) -> DocumentRow:
    starts = sorted(tally.starts.get(document.doc_id, ()))
    sections: dict[tuple[str, ...], bool] = {}
    for block in document.blocks:
        if block.start is not None and block.end is not None:
            asked = any(block.start <= start < block.end for start in starts)
            sections[block.section] = sections.get(block.section, False) or asked
    confidences = [page.confidence for page in document.pages if page.confidence is not None]
    return DocumentRow(
        source=document.source,
        title=document.title,
        doc_id=document.doc_id,
        pages=len(document.pages),
        read_as=dict(Counter(page.read_as for page in document.pages)),
        confidence=fmean(confidences) if confidences else None,
        passages=passages[0],
        passages_with_pair=passages[1],
        sections=len(sections),
        sections_with_pair=sum(sections.values()),
        marks=[round(start / max(len(document.text), 1), 4) for start in starts],
        rows=dict(tally.splits.get(document.doc_id, {})),
        variants=tally.variants[document.doc_id],
        problems=problems,
    )
