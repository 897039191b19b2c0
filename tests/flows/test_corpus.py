"""The ledger as it is written and mended."""

from __future__ import annotations

from pathlib import Path

from extractors.ledger import LedgerEntry, read_ledger
from flows.corpus import replace_entries, write_ledger


def entry(step: str, detail: str) -> LedgerEntry:
    return LedgerEntry(unit="run", outcome="degraded", step=step, reason="told", detail=detail)


def test_the_entries_of_one_step_are_replaced_and_no_others(tmp_path: Path) -> None:
    quotes = entry("ask", 'a text that says "step":"push"')
    write_ledger(tmp_path, [quotes, entry("push", "old"), entry("read", "kept")])
    replace_entries(tmp_path, "push", [entry("push", "new"), entry("push", "newer")])
    expected = [quotes, entry("push", "new"), entry("push", "newer"), entry("read", "kept")]
    assert read_ledger(tmp_path / "ledger.jsonl") == sorted(expected, key=lambda one: one.model_dump_json())
    before = (tmp_path / "ledger.jsonl").stat()
    replace_entries(tmp_path, "push", [entry("push", "newer"), entry("push", "new")])
    assert (tmp_path / "ledger.jsonl").stat().st_ino == before.st_ino, "written again without need"
    replace_entries(tmp_path, "push", [])
    assert read_ledger(tmp_path / "ledger.jsonl") == [quotes, entry("read", "kept")]


def test_where_there_is_no_ledger_there_is_one_only_for_an_entry(tmp_path: Path) -> None:
    replace_entries(tmp_path, "train", [])
    assert not (tmp_path / "ledger.jsonl").exists()
    replace_entries(tmp_path, "train", [entry("train", "lack")])
    assert read_ledger(tmp_path / "ledger.jsonl") == [entry("train", "lack")]
