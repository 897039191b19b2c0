from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from extractors.ledger import LedgerEntry
from flows.funnel import funnel_row

entries = st.lists(
    st.builds(
        LedgerEntry,
        unit=st.just("pair"),
        outcome=st.sampled_from(["dropped", "degraded"]),
        step=st.sampled_from(["gate form", "deduplicate"]),
        reason=st.sampled_from(["too long", "no question mark"]),
    )
)


@given(kept=st.integers(0, 1000), told=entries)
def test_counts_add_up(kept: int, told: list[LedgerEntry]) -> None:
    row = funnel_row("pair", kept, told)
    assert row.made == row.kept + row.dropped
    assert row.dropped == sum(row.reasons.values()) == sum(entry.outcome == "dropped" for entry in told)
