"""The end of a build: all that the steps made, counted, and written as dataset and ledger."""

from __future__ import annotations

import importlib.metadata
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import merge
from pathlib import Path
from typing import Any

from pydantic import Field

from augment.asking import Asked
from augment.decisions import STEP as REVIEWED
from augment.decisions import reinstated
from augment.records import QAPair
from extractors.errors import NothingInHand
from extractors.files import to_json_parts, to_lines, write_whole
from extractors.ledger import LedgerEntry, page_entries
from extractors.records import Document, Record
from flows.coverage import LOST_LATER, coverage_of, covered
from flows.funnel import FunnelRow, add, funnel_row, reasons_of
from flows.outline import outline_in
from flows.settings import Settings
from flows.store import record_in
from training.dataset import SLICE, write_dataset
from training.split import unsplittable

PACKAGES = (
    "quire",
    "pymupdf",
    "markdown-it-py",
    "nltk",
    "transformers",
    "torch",
    "ctranslate2",
    "datasets",
    "scipy",
    "matplotlib",
)
"""What the bytes of a dataset depend on."""


class Pairs(Record):
    """The pairs a corpus step keeps, the entries for those it drops, the family of each document by doc_id, and how
    many decisions of a person came to what."""

    pairs: tuple[QAPair, ...]
    entries: tuple[LedgerEntry, ...] = ()
    families: dict[str, str] = Field(default_factory=dict)
    decisions: dict[str, int] = Field(default_factory=dict)


def write_pairs(made: Path, pairs: Pairs) -> None:
    """Write a work file; the next step in this process need not read it."""
    write_whole(made, to_json_parts(pairs))
    while len(_at_hand) >= AT_HAND:
        del _at_hand[next(iter(_at_hand))]
    _at_hand[_state_of(made)] = pairs


def pairs_in(file: Path) -> Pairs:
    """The Pairs in a work file."""
    return _at_hand.get(_state_of(file)) or record_in(file, Pairs)


def _state_of(file: Path) -> tuple[Path, int, int]:
    found = file.stat()
    return file, found.st_ino, found.st_mtime_ns


AT_HAND = 2
"""Work files that are kept in memory: all pairs, and their variants."""
_at_hand: dict[tuple[Path, int, int], Pairs] = {}


class Corpus(Record):
    """The work files that a dataset is written from, and the entries of what never came so far.

    `documents` and `asked` are in the order of the doc_ids; `decisions` is the sha256 of those that stand.
    """

    documents: tuple[Path, ...]
    asked: tuple[Path, ...]
    pairs: Path
    sides: Path
    variants: Path
    decisions: str
    question_model: str
    entries: tuple[LedgerEntry, ...]


def write_corpus(settings: Settings, corpus: Corpus) -> Path:
    """Write ledger and dataset and return the path of the manifest, which is written last.

    Raises NothingInHand if no pair survived; then only the ledger is written.
    """
    pairs, variants = pairs_in(corpus.pairs), pairs_in(corpus.variants)
    splits = _splits(pairs, variants, json.loads(corpus.sides.read_bytes()))
    notes = unsplittable(splits, settings.split)
    rows, lines, reasons = _document_rows(corpus, settings.read.poor_confidence, splits, pairs)
    entries = [*corpus.entries, *pairs.entries, *map(_not_held_out, notes if pairs.pairs else ())]
    lines += map(_line, [*entries, *variants.entries])
    write_whole(settings.out / "ledger.jsonl", sorted(lines))
    add(reasons, reasons_of(entries))
    if not pairs.pairs:
        raise NothingInHand(
            f"No question-answer pair survived out of {len(rows)} documents.",
            fix=f"{settings.out / 'ledger.jsonl'} says what each gate stopped.",
        )
    lineage = {
        "documents": rows,
        "funnel": [row.model_dump() for row in _funnel(rows, pairs, variants, reasons)],
        "decisions": {"sha256": corpus.decisions, **pairs.decisions} if any(pairs.decisions.values()) else {},
        **provenance(settings, corpus.question_model),
    }
    write_dataset(settings.out / "dataset", splits, lineage)
    return settings.out / "dataset" / "manifest.json"


def read_back(file: Path) -> Document:
    """The Document in a work file."""
    return record_in(file, Document)


def _line(entry: LedgerEntry) -> bytes:
    return to_lines([entry]).encode()


def provenance(settings: Settings, question_model: str) -> dict[str, Any]:
    """What a dataset was made with, beside the documents."""
    sections = ("read", "ask", "augment", "split", "dataset")
    return {
        "settings": {
            "preset": settings.preset,
            **{name: getattr(settings, name).model_dump(mode="json", exclude={"push_to_hub"}) for name in sections},
        },
        "seed": settings.seed,
        "models": {"questions": question_model},
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def write_ledger(out: Path, entries: Iterable[LedgerEntry]) -> None:
    """All entries in one order, whatever order they came in."""
    write_whole(out / "ledger.jsonl", sorted(map(_line, entries)))


def replace_entries(out: Path, step: str, entries: Iterable[LedgerEntry]) -> None:
    """Have the ledger say of `step` what `entries` say, and no more what an earlier run said. It is read line by line,
    as it may be larger than all else."""
    ledger, now = out / "ledger.jsonl", sorted(map(_line, entries))
    named = f'"step":"{step}"'.encode()  # which no text within an entry can hold, as its quotes are escaped
    if [line for line in _lines(ledger) if named in line] != now:
        write_whole(ledger, merge((line for line in _lines(ledger) if named not in line), now))


def _lines(file: Path) -> Iterator[bytes]:
    if file.exists():
        with file.open("rb") as lines:
            yield from lines


def _splits(pairs: Pairs, variants: Pairs, side_of: dict[str, str]) -> dict[str, list[QAPair]]:
    """Pairs and variants by split. Variants of what is held out are no training rows, but a slice of their own."""
    splits: dict[str, list[QAPair]] = {"train": [], "validation": [], "test": [], "test_seen": [], SLICE: []}
    for pair in pairs.pairs:
        splits[side_of[pair.id]].append(pair)
    for pair in variants.pairs:
        splits["train" if side_of[pair.parent_id] == "train" else SLICE].append(pair)
    return splits


def _not_held_out(note: str) -> LedgerEntry:
    return LedgerEntry(
        unit="run", outcome="degraded", step="split", reason="not everything could be held out", detail=note
    )


def _funnel(
    rows: list[dict[str, Any]], pairs: Pairs, variants: Pairs, reasons: dict[str, dict[str, int]]
) -> list[FunnelRow]:
    kept = {
        "document": len(rows),
        "page": sum(row["pages"] - row["failed_pages"] for row in rows),
        "passage": sum(row["passages_with_pair"] for row in rows),
        "pair": len(pairs.pairs),
    }
    of_variants = reasons_of(variants.entries).get("pair", {})
    return [
        *(funnel_row(unit, count, reasons.get(unit, {})) for unit, count in kept.items()),
        funnel_row("variant", len(variants.pairs), of_variants),
    ]


def _document_rows(
    corpus: Corpus, poor_confidence: float, splits: dict[str, list[QAPair]], pairs: Pairs
) -> tuple[list[dict[str, Any]], list[bytes], dict[str, dict[str, int]]]:
    """A row for each document, the ledger's lines for what it lost, and how many were dropped by unit and reason. No
    more than one document is held at a time."""
    from flows.brief import brief_of, made_brief  # numpy and scipy take half a second to load

    pairs_of = Counter(pair.doc_id for members in splits.values() for pair in members)
    kept = {pair.id for members in splits.values() for pair in members}
    by_hand = {pair.doc_id for pair in pairs.pairs if REVIEWED in pair.checks}
    starts: dict[str, set[int]] = {}
    for pair in (pair for members in splits.values() for pair in members if pair.kind == "original"):
        starts.setdefault(pair.doc_id, set()).add(pair.char_start)
    rows: list[dict[str, Any]] = []
    lines: list[bytes] = []
    reasons: dict[str, dict[str, int]] = {}
    for read_file, asked_file in zip(corpus.documents, corpus.asked, strict=True):
        document, brief = outline_in(read_file), brief_of(asked_file, read_file)
        if document.doc_id in by_hand:
            asked = reinstated(record_in(asked_file, Asked), kept)
            brief = made_brief(read_back(read_file), asked)
        passages = brief.passages
        with_pair = covered(passages, starts.get(document.doc_id, ()))
        there = {passage.passage_id for passage in with_pair}
        lost = [line for place, line in brief.lost if passages[place].passage_id not in there]
        pages = page_entries(document, poor_confidence)
        lines += [*brief.lines, *map(_line, pages), *lost]
        add(reasons, brief.reasons)
        add(reasons, reasons_of(pages))
        add(reasons, {"passage": {f"deduplicate: {LOST_LATER}": len(lost)}} if lost else {})
        rows.append(
            {
                "doc_id": document.doc_id,
                "source": document.source,
                "title": document.title,
                "licence": document.licence,
                "pages": len(document.pages),
                "ocr_pages": sum(page.read_as == "ocr" for page in document.pages),
                "failed_pages": sum(page.read_as == "failed" for page in document.pages),
                **coverage_of(passages, with_pair),
                "family": pairs.families[document.doc_id],
                "rows": pairs_of[document.doc_id],
            }
        )
    return rows, lines, reasons
