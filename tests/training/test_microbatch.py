"""Cutting an optimizer step into what fits."""

from __future__ import annotations

from unittest.mock import patch

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from training.microbatch import Room, gradients_set_aside, piecewise, rows_of, weighted


@given(
    st.lists(st.integers(1, 50), max_size=30),
    st.integers(1, 400),
    st.sets(st.integers(0, 40)),
)
def test_every_row_is_done_once_in_parts_that_fit(lengths: list[int], tokens: int, failing: set[int]):
    budget, attempts, done = [tokens], [0], []

    def attempt(rows: list[int], width: int) -> int:
        attempts[0] += 1
        assert width == max(lengths[row] for row in rows)
        assert len(rows) == 1 or len(rows) * width <= budget[0]
        if attempts[0] - 1 in failing:
            raise MemoryError
        done.extend(rows)
        return len(rows)

    def tighten(rows: int, width: int, error: str) -> None:
        assert error == "MemoryError"
        budget[0] = min(budget[0], max(1, rows * width // 2))

    with patch("training.microbatch.free_memory"):  # which takes its time
        counts = piecewise(lengths, lambda: budget[0], attempt, tighten)
    assert sorted(done) == list(range(len(lengths))) and sum(counts) == len(lengths)


def test_room_is_given_up_step_by_step():
    room, taken = Room(training=4096, evaluation=4096, checkpointing=False), []
    rows: tuple[int, ...] = (8, 4, 2, 1, 1, 1)
    for held in rows:
        tighter = room.tighter("training", held, 512)
        taken.append(None if tighter is None else (tighter.training, tighter.checkpointing, tighter.offload))
        room = tighter or room
    assert taken == [
        *((2048, False, False), (1024, False, False), (512, False, False)),
        *((512, True, False), (512, True, True), None),
    ]
    assert room.evaluation == 4096
    judged = room.tighter("evaluation", 4, 100)
    assert judged is not None and judged.evaluation == 200
    assert room.tighter("evaluation", 1, 100) is None and room.tighter("optimizer", 1, 0) is None


def test_gradients_are_added_or_dropped_as_a_whole():
    weights = [torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2))]
    weights[0].grad, weights[1].grad = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])

    def learn() -> None:
        (weights[0] * 10).sum().backward()
        (weights[2] * 100).sum().backward()

    def gradients() -> list[list[float] | None]:
        return [None if weight.grad is None else weight.grad.tolist() for weight in weights]

    with pytest.raises(MemoryError), gradients_set_aside(weights):
        learn()
        raise MemoryError
    assert gradients() == [[1, 2], [3, 4], None]
    with gradients_set_aside(weights):
        learn()
    assert gradients() == [[11, 12], [3, 4], [100, 100]]


def test_rows_lose_padding_they_do_not_need():
    inputs = {"input_ids": torch.tensor([[1, 2, 3], [4, 0, 0], [5, 6, 0]])}
    assert rows_of(inputs, [2, 1], 2)["input_ids"].tolist() == [[5, 6], [4, 0]]


def test_measures_weigh_as_many_tokens_as_they_counted():
    assert weighted([(3, {"accuracy": 1.0}), (1, {"accuracy": 0.0})]) == {"accuracy": 0.75}
    assert weighted([]) == {}
