from __future__ import annotations

from multiprocessing import get_context
from pathlib import Path

import pytest

from augment.decisions import Decision
from extractors.errors import QuireError
from flows.decisions import add_decision, decisions_file, read_decisions, settled_decisions

ACCEPTED = Decision(key="a", verdict="accept", question="What is é?\n")
REJECTED = Decision(key="b", verdict="reject")
TAKEN_BACK = Decision(key="a", verdict="undecided")


def add_many(out: Path, name: str) -> None:
    for number in range(50):
        add_decision(out, Decision(key=f"{name}{number}", verdict="accept", answer="x" * 3000))


def test_what_is_added_is_read_and_no_line_is_ever_changed(tmp_path: Path) -> None:
    assert read_decisions(tmp_path / "out") == {}
    before = b""
    for decision in (ACCEPTED, REJECTED, TAKEN_BACK, ACCEPTED):
        add_decision(tmp_path / "out", decision)
        after = decisions_file(tmp_path / "out").read_bytes()
        assert after.startswith(before) and after.count(b"\n") == before.count(b"\n") + 1
        before = after
    assert list(read_decisions(tmp_path / "out").values()) == [REJECTED, ACCEPTED]


def test_two_who_decide_at_once_lose_nothing(tmp_path: Path) -> None:
    context = get_context("spawn")
    both = [context.Process(target=add_many, args=(tmp_path, name)) for name in "xy"]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert len(read_decisions(tmp_path)) == 100


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_a_line_that_was_cut_off_costs_only_itself(tmp_path: Path, cut: int) -> None:
    for decision in (ACCEPTED, REJECTED):
        add_decision(tmp_path, decision)
    path = decisions_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    rest = [ACCEPTED, REJECTED] if cut == 1 else [ACCEPTED]
    assert list(read_decisions(tmp_path).values()) == rest
    add_decision(tmp_path, TAKEN_BACK)
    assert list(read_decisions(tmp_path).values()) == rest[1:]


def test_a_line_that_is_no_decision_is_named(tmp_path: Path) -> None:
    add_decision(tmp_path, ACCEPTED)
    path = decisions_file(tmp_path)
    path.write_text(path.read_text() + '{"key": "b", "verdict": "maybe"}\n')
    with pytest.raises(QuireError, match=r"Line 2 of .*decisions\.jsonl"):
        read_decisions(tmp_path)


def test_a_build_goes_by_what_stands_and_not_by_the_way_there(tmp_path: Path) -> None:
    out, work = tmp_path / "out", tmp_path / "out" / ".quire"
    nothing = settled_decisions(out, work)
    add_decision(out, ACCEPTED)
    add_decision(out, REJECTED)
    copy, first = settled_decisions(out, work)
    add_decision(out, TAKEN_BACK)
    assert copy.read_text().count("\n") == 2
    assert settled_decisions(out, work)[1] not in (first, nothing[1])
    add_decision(out, ACCEPTED)
    assert settled_decisions(out, work) == (copy, first)
    for key in "ab":
        add_decision(out, Decision(key=key, verdict="undecided"))
    assert settled_decisions(out, work) == nothing
