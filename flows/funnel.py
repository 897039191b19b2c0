"""The yield funnel: for each unit, how many there were, how many were kept, and why the others were not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from extractors.ledger import LedgerEntry
from extractors.records import Record


class FunnelRow(Record):
    """`made == kept + dropped`, and `dropped` is the sum of `reasons`."""

    unit: str
    made: int
    kept: int
    dropped: int
    reasons: dict[str, int]


def reasons_of(entries: Iterable[LedgerEntry]) -> dict[str, dict[str, int]]:
    """How many were dropped, by unit, and by step and reason."""
    reasons: dict[str, Counter[str]] = {}
    for entry in entries:
        if entry.outcome == "dropped":
            reasons.setdefault(entry.unit, Counter())[f"{entry.step}: {entry.reason}"] += 1
    return {unit: dict(found) for unit, found in reasons.items()}


def add(reasons: dict[str, dict[str, int]], more: Mapping[str, Mapping[str, int]]) -> None:
    """Count `more` of the same into `reasons`."""
    for unit, found in more.items():
        counted = reasons.setdefault(unit, {})
        for reason, number in found.items():
            counted[reason] = counted.get(reason, 0) + number


def funnel_row(unit: str, kept: int, reasons: Mapping[str, int]) -> FunnelRow:
    """The row of one unit from what was kept and the reasons for which how many were dropped."""
    dropped = sum(reasons.values())
    return FunnelRow(unit=unit, made=kept + dropped, kept=kept, dropped=dropped, reasons=dict(sorted(reasons.items())))
