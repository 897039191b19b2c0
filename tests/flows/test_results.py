from __future__ import annotations

import json
from io import StringIO

import pytest
from rich.console import Console

from extractors.errors import QuireError
from flows import results
from flows.results import show_results
from tests.flows.example import ExampleOut, add_adapters


def shown(example: ExampleOut, monkeypatch: pytest.MonkeyPatch) -> str:
    console = Console(width=100, record=True, file=StringIO())
    said: list[str] = []
    monkeypatch.setattr(results, "console", console)
    monkeypatch.setattr(results, "say", said.append)
    show_results(example.out)
    return " ".join((console.export_text() + " ".join(said)).translate(dict.fromkeys(map(ord, "│┃"), " ")).split())


def test_the_tables_at_the_end_of_a_training(example_out: ExampleOut, monkeypatch: pytest.MonkeyPatch) -> None:
    add_adapters(example_out.out)
    text = shown(example_out, monkeypatch)
    assert "step training loss validation loss" in text and "35 3.430696 2.941176" in text
    assert "test base 24 0.0000 0.4000 0.0500 3.1000" in text
    assert "test trained 24 0.1000 0.4000 0.1700 2.2000" in text
    assert text.endswith("trainable params: 29,933,568 || all params: 3,115,872,256 || trainable%: 0.9607")


def test_before_they_were_judged_there_is_no_evaluation(
    example_out: ExampleOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_adapters(example_out.out)
    path = example_out.out / "adapters" / "metrics.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "sets": {}}))
    assert "evaluation" not in shown(example_out, monkeypatch)


def test_scores_that_are_damaged_are_told(example_out: ExampleOut) -> None:
    add_adapters(example_out.out)
    for damage in ("{", "[]"):
        (example_out.out / "adapters" / "metrics.json").write_text(damage)
        with pytest.raises(QuireError, match=r"metrics\.json"):
            show_results(example_out.out)
