"""What the ledger says was lost, counted in one pass over it: it may have a hundred lines a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from extractors.errors import QuireError
from extractors.ledger import LedgerEntry

UNITS = ("run", "document", "page", "passage", "pair")
EXAMPLES = 12
"""Ledger entries shown of one reason; the ledger itself holds them all."""


class Loss(NamedTuple):
    """The entries of the ledger that share unit, outcome, step and reason; of them the first few."""

    unit: str
    outcome: str
    step: str
    reason: str
    number: int
    examples: list[LedgerEntry]


class LedgerTally:
    """How many entries there are and of what: by unit, what was dropped; by source, the troubles of the document and
    its pages; and the documents that were lost whole, by source."""

    def __init__(self, entries: Iterable[LedgerEntry] = ()) -> None:
        self.total = 0
        self.dropped: Counter[str] = Counter()
        self.troubles: dict[str, Counter[str]] = {}
        self.lost: dict[str, LedgerEntry] = {}
        self._numbers: Counter[tuple[str, str, str, str]] = Counter()
        self._examples: dict[tuple[str, str, str, str], list[LedgerEntry]] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: LedgerEntry) -> None:
        self.total += 1
        self.dropped[entry.unit] += entry.outcome == "dropped"
        if entry.unit in ("document", "page"):
            self.troubles.setdefault(entry.source, Counter())[entry.reason] += 1
        if entry.unit == "document" and entry.outcome == "dropped":
            self.lost[entry.source] = entry
        if entry.outcome != "kept":
            key = (entry.unit, entry.outcome, entry.step, entry.reason)
            self._numbers[key] += 1
            if self._numbers[key] <= EXAMPLES:
                self._examples.setdefault(key, []).append(entry)

    def add_alike(self, entry: LedgerEntry, number: int) -> None:
        """Count so many more of the unit, outcome, step and reason of `entry`, without examples."""
        self.total += number
        self.dropped[entry.unit] += number * (entry.outcome == "dropped")
        self._numbers[entry.unit, entry.outcome, entry.step, entry.reason] += number

    def has_examples(self, entry: LedgerEntry) -> bool:
        """Whether there are examples enough of the unit, outcome, step and reason of `entry`."""
        return self._numbers[entry.unit, entry.outcome, entry.step, entry.reason] >= EXAMPLES

    @property
    def losses(self) -> list[Loss]:
        """What was lost, by reason: documents before pages before passages before pairs, the most frequent first."""
        found = [Loss(*key, number, self._examples[key]) for key, number in self._numbers.items()]
        return sorted(found, key=lambda loss: (UNITS.index(loss.unit), -loss.number, loss.step, loss.reason))


# The fields stand in the order of their class, so that what is counted stands before the detail.
AS_WRITTEN = b'{"unit":"passage","outcome":', b'{"unit":"pair","outcome":'


def tallied(ledger: Path) -> LedgerTally:
    """The tally of a ledger, an empty one where there is none. Raises QuireError where a line is no entry."""
    if not ledger.exists():
        return LedgerTally()
    found = ledger.stat()
    return _tallied(ledger, (found.st_ino, found.st_size, found.st_mtime_ns))


@lru_cache(maxsize=1)
def _tallied(ledger: Path, state: tuple[int, int, int]) -> LedgerTally:
    """The same, counted once as long as its `state` says that it is the same file.

    Most lines say the same of another passage or pair: these are counted by how they begin, and not read.
    """
    tally = LedgerTally()
    known: dict[bytes, LedgerEntry] = {}
    alike: Counter[bytes] = Counter()
    with ledger.open("rb") as lines:
        for line in lines:
            head = line.partition(b',"detail":')[0]
            if head in known:
                alike[head] += 1
                continue
            entry = _entry(line, ledger)
            tally.add(entry)
            counted = line.startswith(AS_WRITTEN) and b',"reason":' in head and entry.outcome != "kept"
            if counted and tally.has_examples(entry):
                known[head] = entry
    for head, number in alike.items():
        tally.add_alike(known[head], number)
    return tally


def _entry(line: bytes, ledger: Path) -> LedgerEntry:
    try:
        return LedgerEntry.model_validate_json(line)
    except ValidationError as error:
        raise QuireError(
            f"{ledger} holds a line that is no entry of this version's ledger: {error.errors()[0]['msg']}.",
            fix="Delete it and run `quire build` again, which then writes it anew.",
        ) from None
