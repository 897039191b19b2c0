"""The tables of a training: every loss counted once, in the row it belongs to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.describing.tables import ROWS, UNVALIDATED, LossRow, losses_by_step, scores, trained_share


def told(*losses: float, each: int = 1, **validated: float) -> list[dict[str, Any]]:
    """A history of training losses, with the validation losses of the steps named `at_20`."""
    steps = [{"step": each * (at + 1), "loss": loss} for at, loss in enumerate(losses)]
    return steps + [{"step": int(name.removeprefix("at_")), "eval_loss": loss} for name, loss in validated.items()]


def test_a_row_a_validation_with_the_mean_training_loss_since() -> None:
    history = told(4, 3, 2, 1, 1, 1, each=10, at_20=3.5, at_40=1.5, at_60=1.75)
    assert losses_by_step(history) == [
        LossRow(step=20, training=3.5, validation=3.5),
        LossRow(step=40, training=1.5, validation=1.5, best=True),
        LossRow(step=60, training=1, validation=1.75),
    ]


def test_the_base_comes_first_and_is_never_the_best_and_the_last_losses_have_a_row() -> None:
    rows = losses_by_step(told(2, 2, 2, at_0=1.0, at_2=3.0))
    assert rows == [
        LossRow(step=0, training=None, validation=1.0),
        LossRow(step=2, training=2, validation=3.0, best=True),
        LossRow(step=3, training=2, validation=None),
    ]


def test_without_validation_some_rows_all_the_same() -> None:
    rows = losses_by_step(told(*range(1, 101)))
    assert len(rows) == UNVALIDATED and rows[-1] == LossRow(step=100, training=95.5, validation=None)
    assert losses_by_step([]) == []


@given(
    st.lists(st.floats(0, 10), min_size=1, max_size=300),
    st.dictionaries(st.integers(0, 300), st.floats(0, 10), max_size=120),
)
def test_no_loss_is_counted_twice_or_left_out(losses: list[float], validated: dict[int, float]) -> None:
    history = [*told(*losses), *({"step": step, "eval_loss": loss} for step, loss in validated.items())]
    rows = losses_by_step(history)
    steps = [row.step for row in rows]
    assert steps == sorted(set(steps)) and len(rows) <= ROWS + 3
    before, total = 0, 0.0
    for row in rows:
        if row.training is not None:
            total += row.training * len(losses[before : row.step])
        before = row.step
    assert total == pytest.approx(sum(losses), abs=1e-6)
    later = [loss for step, loss in validated.items() if step]
    assert [row.validation for row in rows if row.best] == ([min(later)] if later else [])


def test_scores_of_base_and_adapters() -> None:
    held = {"exact_match": 0.25, "token_accuracy": 0.5, "f1": 0.4, "loss": 2.0, "rouge_l": 0.1}
    rows = scores({"test": {"questions": 8, "base": held, "adapters": {**held, "f1": 0.6}}})
    assert [(row.name, row.who, row.rows, row.accuracy, row.f1) for row in rows] == [
        ("test", "base", 8, 0.25, 0.4),
        ("test", "adapters", 8, 0.25, 0.6),
    ]


def test_the_trained_share_in_the_words_of_peft() -> None:
    assert (
        trained_share({"parameters": 4_194_304, "all": 1_104_242_688, "share": 0.0038})
        == "trainable params: 4,194,304 || all params: 1,104,242,688 || trainable%: 0.3798"
    )
