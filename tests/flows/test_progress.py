from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.console import Console

from flows import progress

TRAINING = "loss 2.413, 14727 tokens/s, 17.1 GiB"


def drawn(monkeypatch: pytest.MonkeyPatch, title: str, done: int, of: int, now: str) -> str:
    """The last line of a bar in a terminal of 80 columns."""
    console = Console(file=StringIO(), width=80, force_terminal=True, color_system=None)
    monkeypatch.setattr(progress, "console", console)
    with progress.bar(title, None) as advance:
        advance(now, done, of)
    written = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())  # type: ignore[attr-defined]
    return written.rstrip().splitlines()[-1]


def test_a_line_of_the_training_fits_an_old_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    line = drawn(monkeypatch, "Training", 162, 228, TRAINING)
    assert "162/228" in line and TRAINING in line and "…" not in line


def test_a_long_name_is_cut_and_not_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    line = drawn(monkeypatch, "Reading and asking", 1, 11, "data-quality-and-deduplication-in-large-corpora.md")
    assert "Reading and asking" in line and "1/11" in line and "data-qual" in line and "-:--:--" in line


def test_where_nobody_watches_it_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=StringIO(), width=80, force_terminal=False)
    monkeypatch.setattr(progress, "console", console)
    with progress.bar("Exporting", 3) as advance:
        advance("merging")
        advance("measuring")
    assert console.file.getvalue() == "Exporting (3)\n"  # type: ignore[attr-defined]
