"""Adversarial variants of held-out pairs, kept apart from the verdict."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.training.made_up import make_lineage, make_pair
from training.dataset import SLICE, write_dataset
from training.evaluate import evaluate, judge_adapters
from training.inference import Budget
from training.judging.adversarial import Way, adversarial
from training.judging.examination import Examination


def tricky(number: int, way: str, **changes: Any) -> Any:
    return make_pair(
        "fig", number, id=f"{way}-{number}", kind="adversarial", generator=f"adversarial@1:{way}", **changes
    )


def declined(number: int, way: str, **changes: Any) -> Any:
    none: dict[str, Any] = {"answer": "I do not know what it is.", "answer_span": "", "char_start": 0, "char_end": 0}
    return tricky(number, way, **none, **changes)


ROWS = [
    tricky(1, "rephrased"),
    tricky(2, "rephrased"),
    tricky(3, "false premise"),
    declined(4, "under-specified"),
    declined(5, "unanswerable", checks={"open book": 1.0}),
]


@pytest.fixture
def examination(reloaded) -> Examination:
    model, tokenizer, stops, job = reloaded
    return Examination(model, tokenizer, stops, job, job.train, Budget(2048), lambda _: None)


def test_what_each_did_is_counted_by_way(examination, monkeypatch):
    said = {
        "base": {pair.id: "I do not know that." for pair in ROWS},
        "adapters": {pair.id: f"That is not so. {pair.answer}" for pair in ROWS},
    }
    said["adapters"]["rephrased-2"] = "It is made of wood."
    monkeypatch.setattr(
        Examination, "ask", lambda self, examples, place: [said[place[1]][example.id] for example in examples]
    )
    assert adversarial(examination, ROWS) == {
        "false premise": Way(rows=1, base=0, adapters=1),
        "rephrased": Way(rows=2, base=0, adapters=0.5),
        "under-specified": Way(rows=1, base=1, adapters=1),
    }
    assert adversarial(examination, []) == {}


def test_rows_that_need_their_passage_are_put_only_with_it(examination, monkeypatch):
    monkeypatch.setattr(Examination, "ask", lambda self, examples, place: ["The passage does not say."] * len(examples))
    beside = replace(examination, train=examination.train.model_copy(update={"with_context": True}))
    assert "unanswerable" not in adversarial(examination, [*ROWS[:3], ROWS[4]])
    assert adversarial(beside, [ROWS[4]]) == {"unanswerable": Way(rows=1, base=1, adapters=1)}


def test_the_slice_is_judged_beside_the_sets_and_stands_on_the_card(reloaded, trained, tmp_path: Path):
    model, tokenizer, stops, job = reloaded
    pairs = {"train": [make_pair("ash", n) for n in range(6)], "test": [make_pair("fig", 1)], SLICE: ROWS}
    write_dataset(tmp_path / "dataset", pairs, make_lineage([pair for found in pairs.values() for pair in found]))
    other = job.model_copy(update={"dataset": tmp_path / "dataset", "adapters": tmp_path / "adapters"})
    judged = evaluate(model, tokenizer, stops, other, job.train, lambda _: None)
    assert list(judged["sets"]) == ["test"] and judged["sets"]["test"]["questions"] == 1
    assert sum(found["rows"] for found in judged["adversarial"].values()) == 4
    assert all(0 <= found[who] <= 1 for found in judged["adversarial"].values() for who in ("base", "adapters"))

    shutil.copytree(job.adapters, tmp_path / "adapters")
    manifest = json.loads((tmp_path / "adapters" / "manifest.json").read_text())
    manifest["dataset"] = json.loads((tmp_path / "dataset" / "manifest.json").read_text())["dataset"]
    (tmp_path / "adapters" / "manifest.json").write_text(json.dumps(manifest))
    judge_adapters(other, lambda _: None)
    metrics = json.loads((tmp_path / "adapters" / "metrics.json").read_text())
    assert metrics["adversarial"] == judged["adversarial"]
    assert "| rephrased | 2 |" in (tmp_path / "adapters" / "README.md").read_text()
