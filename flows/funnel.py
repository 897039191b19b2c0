"""The yield funnel: for each unit, how many there were, how many were kept, and why the others were not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from extractors.ledger import LedgerEntry
from extractors.records import Record


class FunnelRow(Record):
    """`made == kept + dropped`, and `dropped` is the sum of `reasons`."""

    unit: str
    made: int
    kept: int
    dropped: int
    reasons: dict[str, int]


def funnel_row(unit: str, kept: int, entries: Iterable[LedgerEntry]) -> FunnelRow:
    """The row of one unit from what was kept and the entries of what was dropped."""
    reasons = Counter(f"{entry.step}: {entry.reason}" for entry in entries if entry.outcome == "dropped")
    dropped = reasons.total()
    return FunnelRow(unit=unit, made=kept + dropped, kept=kept, dropped=dropped, reasons=dict(sorted(reasons.items())))
