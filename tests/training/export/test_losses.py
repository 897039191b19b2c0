"""Losses of several models on the same rows, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.training.made_up import make_dataset, make_pair
from training.dataset import dataset_hash
from training.export import losses as module
from training.export.losses import HeldOut, Losses, held_out
from training.inference import Likelihood
from training.settings import EvaluateSettings, TrainSettings


def test_rows_come_from_the_set_that_was_judged_or_the_next(tiny_qwen: Path, tmp_path: Path):
    from training.base import models

    train = TrainSettings(model=str(tiny_qwen))
    files = models.find(train)
    tokenizer = models.load_tokenizer(files)
    asked: Any = (tokenizer, models.stop_ids(files, tokenizer), train, 3, 1)
    dataset = make_dataset(tmp_path / "dataset")
    found = held_out(dataset, dataset_hash(dataset), *asked)
    assert found.name == "test" and len(found.examples) == 3
    assert [pair.id for pair in found.pairs] == [example.id for example in found.examples]
    (dataset / "test.json").write_text("")
    assert held_out(dataset, dataset_hash(dataset), *asked).name == "test_seen"
    assert "now holds" in held_out(dataset, "0" * 64, *asked).why_not
    (dataset / "test.json").unlink()
    assert "test.json is missing" in held_out(dataset, "0" * 64, *asked).why_not


def test_differences_are_by_token_and_their_interval_by_document(monkeypatch: pytest.MonkeyPatch):
    pairs = tuple(make_pair(document, number) for document in ("ash", "bay") for number in range(2))
    found = {"a": [1.0, 2.0, 3.0, 4.0], "b": [2.0, 4.0, 3.0, 4.0]}
    monkeypatch.setattr(
        module,
        "likelihood",
        lambda model, *_: [Likelihood(nll=nll, tokens=2, correct=0) for nll in found[model]],
    )
    rows: Any = HeldOut("test", pairs, tuple("wxyz"))  # type: ignore[arg-type]
    losses = Losses(rows, None, EvaluateSettings(draws=200), 1)
    losses.measure("first", "a", 2**20)
    losses.measure("second", "b")
    first, second = losses.beside("first")
    assert first.loss == 10 / 8 and first.over is None and first.mib == 1
    assert second.loss == 13 / 8 and second.over is not None and second.over.value == 3 / 8
    assert (second.over.low, second.over.high) == (0, 0.75)
    assert second.cells() == ("second", "1.6250", "+0.3750 (+0.0000 to +0.7500)", "")
