"""The tables that the hub presets leave, trained on tiny models of the same architectures."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.settings import load
from tests.training.made_up import make_job
from tests.training.tiny_models import make_qwen
from training.adapters import read_metrics
from training.describing.tables import losses_by_step, trained_share
from training.sft import train


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "few", "steps"),
    [
        # 28 rows: one step an epoch for the first, four for the second.
        ("qwen2.5-3b", ["train.evaluate_steps=2"], [0, 1, 2, 3]),
        ("qwen2.5-3b-quick", ["train.max_steps=6", "train.evaluate_steps=3"], [0, 3, 6]),
    ],
)
def test_losses_by_step_as_the_preset_has_them(preset: str, few: list[str], steps: list[int], tmp_path: Path) -> None:
    settings = load(preset, None, [*few, f"train.model={make_qwen(tmp_path / 'qwen')}"])
    job = make_job(tmp_path, settings.train.model).model_copy(update={"train": settings.train, "seed": settings.seed})
    train(job, lambda _: None)
    metrics = read_metrics(job.adapters)
    rows = losses_by_step(metrics["history"])
    assert [row.step for row in rows] == steps
    assert all(row.validation is not None for row in rows) and all(row.training is not None for row in rows[1:])
    assert trained_share(metrics["trainable"]).startswith("trainable params: ")


def test_the_thorough_preset_is_validated_by_epoch_and_every_twenty_steps() -> None:
    chosen = load("qwen2.5-3b").train
    assert (chosen.evaluate_each, chosen.evaluate_steps, chosen.epochs, chosen.examples_a_step) == ("both", 20, 3, 32)
