from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from flows.watch import Listing, Watch, listing

A: Listing = {"a.md": (10, 1)}
GROWN: Listing = {"a.md": (20, 2)}
TWO: Listing = {"a.md": (20, 2), "b.md": (5, 3)}


def runs(looks: list[tuple[float, Listing]], rest_s: float = 5) -> list[float]:
    """The times at which a run is started."""
    watch, started = Watch(rest_s), []
    for clock, found in looks:
        if watch.ready(found, clock):
            watch.done()
            started.append(clock)
    return started


def test_a_file_that_grows_is_waited_for() -> None:
    assert runs([(0, A), (4, GROWN), (8, GROWN), (9, GROWN), (20, GROWN)]) == [9]


def test_many_files_one_run() -> None:
    assert runs([(0, A), (1, GROWN), (2, TWO), (4, TWO), (7, TWO), (9, TWO)]) == [7]


def test_a_file_taken_away_is_a_change() -> None:
    assert runs([(0, A), (6, A), (8, {}), (14, {}), (30, {})]) == [6, 14]


def test_an_empty_folder_starts_nothing() -> None:
    assert runs([(0, {}), (10, {}), (100, {})]) == []


listings = st.dictionaries(st.sampled_from(["a.md", "b.pdf", "c.md"]), st.tuples(st.integers(0, 3), st.just(0)))


@given(st.lists(st.tuples(st.integers(0, 4), listings), max_size=30))
def test_every_change_that_comes_to_rest_is_run_once(changes: list[tuple[int, Listing]]) -> None:
    """Whatever happened before: the last listing, held for long, has had a run, and no second one."""
    clock, looks = 0, []
    for seconds, found in changes:
        clock += seconds
        looks.append((clock, found))
    last = changes[-1][1] if changes else {}
    held = [(clock + seconds, last) for seconds in range(20)]
    watch, seen_by_run = Watch(5), {}
    for now, found in [*looks, *held]:
        if watch.ready(found, now):
            watch.done()
            assert found != seen_by_run
            seen_by_run = found
    assert seen_by_run == last


def test_hidden_files_are_not_listed(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a.md", ".a.md.part", "deep/b.pdf"):
        (tmp_path / name).write_text("x")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "c.md").write_text("x")
    assert sorted(listing(tmp_path)) == ["a.md", "deep/b.pdf"]
    assert listing(tmp_path / "deep")["b.pdf"][0] == 1


def test_a_folder_that_is_gone_lists_nothing(tmp_path: Path) -> None:
    assert listing(tmp_path / "gone") == {}
