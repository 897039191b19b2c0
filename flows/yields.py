"""What went in and what came out: the funnel held against the ledger and the rows, and a row a document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from augment.records import QAPair
from extractors.records import Page
from flows.coverage import SectionCoverage
from flows.funnel import FunnelRow
from flows.losses import LedgerTally
from flows.outline import Outline

SLOWEST = 5


class DocumentRow(NamedTuple):
    """`marks` are the places in the text that pairs point at, 0 to 1. Of its `passages`, captions among them, so many
    have a pair; `sections` counts those of the body. `rows` counts the original pairs in each split. `kin` are the
    sources that belong to its family, `seconds` what reading and asking took, 0 if that is not known."""

    source: str
    title: str
    doc_id: str
    kin: list[str]
    seconds: float
    pages: list[Page]
    passages: int
    passages_with_pair: int
    sections: list[SectionCoverage]
    marks: list[float]
    rows: dict[str, int]
    variants: int
    problems: list[tuple[str, int]]

    @property
    def read_as(self) -> dict[str, int]:
        """How many pages were read as text, by OCR, or failed."""
        return dict(Counter(page.read_as for page in self.pages))

    @property
    def bare(self) -> list[SectionCoverage]:
        """The sections of which nothing was kept."""
        return [section for section in self.sections if not section.with_pair]

    @property
    def confidence(self) -> float | None:
        """The mean confidence of the pages read by OCR."""
        found = [page.confidence for page in self.pages if page.confidence is not None]
        return fmean(found) if found else None


class PageRow(NamedTuple):
    """The pages read in one way for one reason; `confidence` is the mean of OCR's, `least` that of its worst page."""

    number: int
    read_as: str
    reason: str
    confidence: float | None
    least: float | None


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


def discrepancies(
    funnel: Sequence[FunnelRow], ledger: LedgerTally, tally: Tally, documents: Sequence[DocumentRow]
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
    for unit in sorted(in_funnel.keys() | ledger.dropped.keys()):
        if in_funnel[unit] != ledger.dropped[unit]:
            told.append(f"The funnel drops {_count(in_funnel[unit], unit)}, the ledger {ledger.dropped[unit]:,}.")
    pages = [page for document in documents for page in document.pages]
    there = {
        "document": sum(bool(document.doc_id) for document in documents),
        "page": sum(page.read_as != "failed" for page in pages),
        "passage": sum(document.passages_with_pair for document in documents),
        "pair": tally.kinds["original"],
        "variant": tally.kinds.total() - tally.kinds["original"],
    }
    for row in funnel:
        if row.unit in there and row.kept != there[row.unit]:
            told.append(f"The funnel keeps {_count(row.kept, row.unit)}, but {there[row.unit]:,} are there.")
    return told


def _count(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def page_rows(documents: Iterable[DocumentRow]) -> list[PageRow]:
    """All pages by how and why they were read so, the most frequent first. Reasons count up to their first colon or
    semicolon, after which they speak of one page."""
    groups: dict[tuple[str, str], list[Page]] = {}
    for page in (page for document in documents for page in document.pages):
        reason = re.split("[:;]", page.reason, maxsplit=1)[0]
        groups.setdefault((page.read_as, reason), []).append(page)
    found = []
    for (read_as, reason), pages in groups.items():
        sure = [page.confidence for page in pages if page.confidence is not None]
        found.append(PageRow(len(pages), read_as, reason, fmean(sure) if sure else None, min(sure, default=None)))
    ways = ("text", "ocr", "failed")
    return sorted(found, key=lambda row: (ways.index(row.read_as), -row.number, row.reason))


def slowest(documents: Iterable[DocumentRow]) -> list[DocumentRow]:
    """The documents that took longest, the slowest first."""
    timed = (document for document in documents if document.seconds)
    return sorted(timed, key=lambda document: (-document.seconds, document.source))[:SLOWEST]


def document_rows(
    documents: Iterable[Outline],
    listed: Sequence[Mapping[str, Any]],
    seconds: Mapping[str, Mapping[str, float]],
    tally: Tally,
    ledger: LedgerTally,
) -> list[DocumentRow]:
    """A row for each document that was read, and for each that was not but has an entry in the ledger.

    `listed` is what the manifest says of each document, `seconds` by doc_id how long each step took.
    """
    problems = dict(ledger.troubles)
    families: dict[str, list[str]] = {}
    for told in listed:
        families.setdefault(told["family"], []).append(told["source"])
    by_id = {told["doc_id"]: told for told in listed}
    rows = {}
    for document in documents:
        told = by_id.get(document.doc_id, {})
        kin = sorted(source for source in families.get(told.get("family", ""), []) if source != document.source)
        took = sum(seconds.get(document.doc_id, {}).values())
        reasons = problems.pop(document.source, Counter()).most_common()
        rows[document.source] = _row(document, told, kin, took, tally, reasons)
    for source, counts in problems.items():
        rows[source] = DocumentRow(source, "", "", [], 0, [], 0, 0, [], [], {}, 0, counts.most_common())
    return [rows[source] for source in sorted(rows)]


def _row(
    document: Outline,
    told: Mapping[str, Any],
    kin: list[str],
    took: float,
    tally: Tally,
    problems: list[tuple[str, int]],
) -> DocumentRow:
    starts = sorted(tally.starts.get(document.doc_id, ()))
    return DocumentRow(
        source=document.source,
        title=document.title,
        doc_id=document.doc_id,
        kin=kin,
        seconds=took,
        pages=list(document.pages),
        passages=told.get("passages", 0),
        passages_with_pair=told.get("passages_with_pair", 0),
        sections=[SectionCoverage.model_validate(section) for section in told.get("sections", ())],
        marks=[round(start / max(document.characters, 1), 4) for start in starts],
        rows=dict(tally.splits.get(document.doc_id, {})),
        variants=tally.variants[document.doc_id],
        problems=problems,
    )
