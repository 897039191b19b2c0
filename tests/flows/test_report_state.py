from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from flows import report
from flows.report import refresh_report, write_report
from flows.report_state import state_in, state_of
from flows.store import remember_seconds
from tests.flows.example import ExampleOut, add_adapters

Change = Callable[[ExampleOut], object]
CHANGES: dict[str, Change] = {
    "a row taken out": lambda made: (made.out / "dataset" / "train.json").write_text(""),
    "a line of the ledger": lambda made: (made.out / "ledger.jsonl").write_text(""),
    "the manifest": lambda made: (made.out / "dataset" / "manifest.json").write_text("{}"),
    "adapters": lambda made: add_adapters(made.out),
    "another time": lambda made: remember_seconds(made.out / ".quire", {"a": {"read": 1.0}}),
    "a document touched": lambda made: os.utime(made.raw_docs / "adapters.pdf", (1, 1)),
    "a document gone": lambda made: (made.raw_docs / "adapters.pdf").unlink(),
    "a document more": lambda made: (made.raw_docs / "more.md").write_text("# More"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_is_shown_is_part_of_the_state(example_out: ExampleOut, change: Change) -> None:
    before = state_of(*example_out)
    assert state_of(*example_out) == before
    change(example_out)
    assert state_of(*example_out) != before


def test_a_report_is_written_again_only_where_something_changed(
    example_out: ExampleOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = refresh_report(*example_out)
    assert state_in(path) == state_of(*example_out)
    with monkeypatch.context() as without:
        without.setattr(report, "write_report", lambda *_: pytest.fail("it was written again"))
        assert refresh_report(*example_out) == path
    add_adapters(example_out.out)
    assert "answer better" not in path.read_text()
    assert "answer better" in refresh_report(*example_out).read_text()
    path.write_text("<html>edited</html>")
    assert "answer better" in refresh_report(*example_out).read_text()
    assert write_report(*example_out) == path
