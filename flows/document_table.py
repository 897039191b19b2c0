"""The documents of a build, a row each: how it ended, what came of it, how long that took, and why it was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from extractors.ledger import LedgerEntry
from flows.losses import LedgerTally

LOST, PASSED_OVER, DONE, AS_IT_WAS = "lost", "passed over", "read and asked", "as it was"
ENDS = (LOST, PASSED_OVER, DONE, AS_IT_WAS)
PLURAL = {AS_IT_WAS: "as they were"}

Row = dict[str, str | int | float]


def document_table(
    listed: Sequence[Mapping[str, Any]],
    ledger: LedgerTally,
    seconds: Mapping[str, Mapping[str, float]],
    as_they_were: Collection[str],
) -> list[Row]:
    """Lost documents first, then those that were worked on, then those `as_they_were` (doc_ids).

    `listed` is what the manifest says of each document, `seconds` by doc_id how long each step took.
    """
    rows = [_lost(entry) for entry in ledger.lost.values()]
    for document in listed:
        doc_id, source = document["doc_id"], document["source"]
        rows.append(
            {
                "document": source,
                "ended": AS_IT_WAS if doc_id in as_they_were else DONE,
                "reason": ", ".join(_times(*one) for one in ledger.troubles.get(source, Counter()).most_common()),
                "pages": _pages(document),
                "rows": document["rows"],
                "seconds": round(sum(seconds.get(doc_id, {}).values()), 1),
                "detail": "",
            }
        )
    return sorted(rows, key=lambda row: (ENDS.index(str(row["ended"])), row["document"]))


def in_a_sentence(table: Iterable[Row]) -> str:
    """How many documents ended how."""
    counts = Counter(row["ended"] for row in table)
    parts = [f"{counts[end]:,} {PLURAL.get(end, end) if counts[end] > 1 else end}" for end in ENDS if counts[end]]
    return f"{counts.total():,} {'document' if counts.total() == 1 else 'documents'}: {', '.join(parts)}."


def _lost(entry: LedgerEntry) -> Row:
    return {
        "document": entry.source,
        "ended": PASSED_OVER if entry.step == "find" else LOST,
        "reason": entry.reason,
        "pages": "",
        "rows": "",
        "seconds": "",
        "detail": entry.detail,
    }


def _pages(document: Mapping[str, Any]) -> str:
    counts = (("ocr_pages", "by OCR"), ("failed_pages", "lost"))
    return ", ".join([str(document["pages"]), *(f"{document[key]} {how}" for key, how in counts if document[key])])


def _times(reason: str, number: int) -> str:
    return reason if number == 1 else f"{reason} × {number}"
