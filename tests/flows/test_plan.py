"""`--dry-run` counts what there is to do, and does none of it."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from flows.plan import plan
from flows.settings import load


@pytest.mark.slow
def test_a_plan_counts_and_touches_nothing(tmp_path: Path) -> None:
    raw_docs, out = tmp_path / "raw_docs", tmp_path / "out"
    raw_docs.mkdir()
    (raw_docs / "notes.md").write_text("# Notes\n\nAn epoch is one pass over the data.\n")
    (raw_docs / "table.csv").write_text("a,b\n")
    with pymupdf.open() as paper:
        paper.new_page().insert_text((72, 72), "An epoch is one pass over the training data.")
        paper.new_page()
        paper.save(raw_docs / "paper.pdf")
    planned = plan("quire_run", load(out=out, raw_docs=raw_docs))
    assert [step.step for step in planned] == ["read", "ask", "deduplicate, split, augment, write", "train", "judge"]
    assert planned[0].what == "2 documents (1 pages by OCR), 0 of 2 as they were, 1 files passed over"
    assert planned[1].what.startswith("2 documents, 3 pages")
    assert "not there yet" in planned[3].what
    assert all(step.seconds for step in planned)
    assert not out.exists()
