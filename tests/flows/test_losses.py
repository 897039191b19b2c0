from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.errors import QuireError
from extractors.files import to_lines
from extractors.ledger import LedgerEntry
from flows.losses import EXAMPLES, LedgerTally, tallied


def entry(unit: str, reason: str, outcome: str = "dropped", source: str = "") -> LedgerEntry:
    about = {"unit": unit, "outcome": outcome, "step": "ask", "reason": reason, "source": source}
    return LedgerEntry.model_validate(about)


def test_losses_go_from_documents_to_pairs_and_from_many_to_few() -> None:
    tally = LedgerTally([entry("pair", "rare"), *[entry("pair", "often")] * 20, entry("document", "encrypted")])
    found = [(loss.unit, loss.reason, loss.number) for loss in tally.losses]
    assert found == [("document", "encrypted", 1), ("pair", "often", 20), ("pair", "rare", 1)]
    assert len(tally.losses[1].examples) == EXAMPLES
    assert tally.total == 22


def test_dropped_and_degraded_are_told_apart() -> None:
    tally = LedgerTally([entry("page", "poor OCR"), entry("page", "poor OCR", "degraded")])
    assert {(loss.outcome, loss.number) for loss in tally.losses} == {("degraded", 1), ("dropped", 1)}
    assert tally.dropped["page"] == 1


def test_what_a_person_kept_is_no_loss() -> None:
    tally = LedgerTally([entry("pair", "accepted", "kept"), entry("pair", "x")])
    assert [loss.reason for loss in tally.losses] == ["x"]


def test_troubles_are_those_of_a_document_and_its_pages() -> None:
    tally = LedgerTally(
        [
            entry("document", "encrypted", source="a.pdf"),
            entry("page", "poor OCR", "degraded", source="b.pdf"),
            entry("page", "poor OCR", "degraded", source="b.pdf"),
            entry("pair", "x", source="c.pdf"),
        ]
    )
    assert tally.troubles == {"a.pdf": {"encrypted": 1}, "b.pdf": {"poor OCR": 2}}
    assert list(tally.lost) == ["a.pdf"]


def told(tally: LedgerTally) -> object:
    return tally.total, +tally.dropped, tally.troubles, tally.lost, tally.losses


UNITS = st.sampled_from(["run", "document", "page", "passage", "pair"])
TEXTS = st.sampled_from(["x", 'y","detail":', "z\\", "é\n", ""])


@given(st.lists(st.builds(entry, UNITS, TEXTS, st.sampled_from(["dropped", "degraded", "kept"]), TEXTS), max_size=60))
def test_a_file_is_counted_as_its_entries_are(entries: list[LedgerEntry]) -> None:
    entries = [*entries, *entries[:2] * 20]
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger.jsonl"
        assert told(tallied(ledger)) == told(LedgerTally())
        ledger.write_text(to_lines(entries))
        assert told(tallied(ledger)) == told(LedgerTally(entries))


def test_a_spoilt_line_is_named(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text(to_lines([entry("pair", "x")]) + "{}\n")
    with pytest.raises(QuireError, match="no entry of this version's ledger"):
        tallied(ledger)
