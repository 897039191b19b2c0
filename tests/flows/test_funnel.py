from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from extractors.ledger import LedgerEntry
from flows.funnel import add, funnel_row, reasons_of

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
    row = funnel_row("pair", kept, reasons_of(told).get("pair", {}))
    assert row.made == row.kept + row.dropped
    assert row.dropped == sum(row.reasons.values()) == sum(entry.outcome == "dropped" for entry in told)


@given(some=entries, others=entries)
def test_what_is_counted_apart_adds_up_to_what_is_counted_together(
    some: list[LedgerEntry], others: list[LedgerEntry]
) -> None:
    reasons = reasons_of(some)
    add(reasons, reasons_of(others))
    assert reasons == reasons_of([*some, *others])
