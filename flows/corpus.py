"""The end of a build: all that the steps made, counted, and written as dataset and ledger."""

from __future__ import annotations

import importlib.metadata
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from augment.asking import Asked
from augment.records import QAPair
from extractors.errors import NothingInHand
from extractors.files import from_lines, to_lines, write_whole
from extractors.ledger import LedgerEntry, page_entries
from extractors.records import Document, Record
from flows.funnel import FunnelRow, funnel_row
from flows.settings import Settings
from training.dataset import write_dataset

PACKAGES = ("quire", "pymupdf", "markdown", "nltk", "transformers", "torch", "datasets", "datasketch")
"""What the bytes of a dataset depend on."""


class Pairs(Record):
    """The pairs a corpus step keeps, and the entries for those it drops."""

    pairs: tuple[QAPair, ...]
    entries: tuple[LedgerEntry, ...] = ()


class Corpus(Record):
    """The work files that a dataset is written from, and the entries of what never came so far.

    `documents` and `asked` are in the order of the doc_ids.
    """

    documents: tuple[Path, ...]
    asked: tuple[Path, ...]
    pairs: Path
    sides: Path
    variants: Path
    question_model: str
    entries: tuple[LedgerEntry, ...]


def write_corpus(settings: Settings, corpus: Corpus) -> Path:
    """Write ledger and dataset and return the path of the manifest, which is written last.

    Raises NothingInHand if no pair survived; then only the ledger is written.
    """
    documents = [Document.model_validate_json(file.read_bytes()) for file in corpus.documents]
    asked = [Asked.model_validate_json(file.read_bytes()) for file in corpus.asked]
    pairs, variants = (Pairs.model_validate_json(file.read_bytes()) for file in (corpus.pairs, corpus.variants))
    side_of = json.loads(corpus.sides.read_bytes())

    entries = list(corpus.entries)
    for document in documents:
        entries += page_entries(document, settings.read.poor_confidence)
    for asking in asked:
        entries += asking.entries
    entries += pairs.entries
    write_ledger(settings.out, [*entries, *variants.entries])
    if not pairs.pairs:
        raise NothingInHand(
            f"No question-answer pair survived out of {len(documents)} documents.",
            fix=f"{settings.out / 'ledger.jsonl'} says what each gate stopped.",
        )
    splits: dict[str, list[QAPair]] = {"train": [], "validation": [], "test": [], "test_seen": []}
    for pair in pairs.pairs:
        splits[side_of[pair.id]].append(pair)
    splits["train"] += variants.pairs
    lineage = {
        "documents": _document_rows(documents, asked, splits),
        "funnel": [row.model_dump() for row in _funnel(documents, asked, pairs, variants, entries)],
        **provenance(settings, corpus.question_model),
    }
    write_dataset(settings.out / "dataset", splits, lineage)
    return settings.out / "dataset" / "manifest.json"


def provenance(settings: Settings, question_model: str) -> dict[str, Any]:
    """What a dataset was made with, beside the documents."""
    sections = ("read", "ask", "augment", "split")
    return {
        "settings": {
            "preset": settings.preset,
            **{name: getattr(settings, name).model_dump(mode="json") for name in sections},
        },
        "seed": settings.seed,
        "models": {"questions": question_model},
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def passages_with_pair(asking: Asked) -> int:
    """How many of a document's passages got at least one pair through the gates."""
    starts = sorted(pair.char_start for pair in asking.pairs)
    return sum(bisect_left(starts, passage.start) < bisect_left(starts, passage.end) for passage in asking.passages)


def write_ledger(out: Path, entries: Iterable[LedgerEntry]) -> None:
    """All entries in one order, whatever order they came in."""
    write_whole(out / "ledger.jsonl", to_lines(sorted(entries, key=lambda entry: entry.model_dump_json())))


def replace_entries(out: Path, step: str, entries: Iterable[LedgerEntry]) -> None:
    """Have the ledger say of `step` what `entries` say, and no more what an earlier run said."""
    ledger = out / "ledger.jsonl"
    said = from_lines(ledger, LedgerEntry) if ledger.exists() else []
    now = [*(entry for entry in said if entry.step != step), *entries]
    if now != said:
        write_ledger(out, now)


def _funnel(
    documents: list[Document], asked: list[Asked], pairs: Pairs, variants: Pairs, entries: list[LedgerEntry]
) -> list[FunnelRow]:
    pages_read = sum(page.read_as != "failed" for document in documents for page in document.pages)
    with_pair = sum(passages_with_pair(asking) for asking in asked)
    kept = {"document": len(documents), "page": pages_read, "passage": with_pair, "pair": len(pairs.pairs)}
    rows = [funnel_row(unit, count, (entry for entry in entries if entry.unit == unit)) for unit, count in kept.items()]
    return [*rows, funnel_row("variant", len(variants.pairs), variants.entries)]


def _document_rows(
    documents: list[Document], asked: list[Asked], splits: dict[str, list[QAPair]]
) -> list[dict[str, Any]]:
    rows = Counter(pair.doc_id for members in splits.values() for pair in members)
    family = {pair.doc_id: pair.family for members in splits.values() for pair in members}
    return [
        {
            "doc_id": document.doc_id,
            "source": document.source,
            "title": document.title,
            "pages": len(document.pages),
            "ocr_pages": sum(page.read_as == "ocr" for page in document.pages),
            "failed_pages": sum(page.read_as == "failed" for page in document.pages),
            "passages": len(asking.passages),
            "passages_with_pair": passages_with_pair(asking),
            "family": family.get(document.doc_id, ""),
            "rows": rows[document.doc_id],
        }
        for document, asking in zip(documents, asked, strict=True)
    ]
