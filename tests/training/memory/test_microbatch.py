"""Cutting an optimizer step into what fits."""

from __future__ import annotations

from itertools import pairwise
from unittest.mock import patch

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from training.memory.microbatch import Room, gradients_set_aside, piecewise, side_by_side, weighted


@given(
    st.lists(st.integers(1, 50), max_size=30),
    st.integers(1, 400),
    st.sets(st.integers(0, 40)),
    st.booleans(),
    st.booleans(),
)
def test_every_row_is_done_once_in_parts_that_fit(
    lengths: list[int], tokens: int, failing: set[int], padded: bool, anew: bool
):
    budget, attempts = [tokens], [0]

    def held(rows: list[int]) -> int:
        parts = [lengths[row] for row in rows]
        return len(parts) * max(parts) if padded else sum(parts)

    def attempt(rows: list[int]) -> list[int]:
        attempts[0] += 1
        assert len(rows) == 1 or held(rows) <= budget[0]
        if attempts[0] - 1 in failing:
            raise MemoryError
        return rows

    def tighten(rows: int, tokens: int, error: str) -> bool:
        assert error == "MemoryError" and tokens >= rows
        budget[0] = min(budget[0], max(1, tokens // 2))
        return anew

    with patch("training.memory.microbatch.free_memory"):  # which takes its time
        parts = piecewise(lengths, padded, lambda: budget[0], attempt, tighten)
    done = [row for part in parts for row in part]
    assert sorted(done) == list(range(len(lengths)))
    assert [lengths[row] for row in done] == sorted(lengths, reverse=True)
    for one, after in pairwise(parts):
        assert padded or held(one) + lengths[after[0]] > budget[0]  # no part is smaller than it must be


def test_room_is_given_up_step_by_step():
    room, taken = Room(training=4096, evaluation=4096, checkpointing=False, cached=True), []
    for held in (8, 4, 2, 1, 1, 1, 1):
        tighter = room.tighter("training", held, held * 512)
        taken.append(
            None if tighter is None else (tighter.training, tighter.cached, tighter.checkpointing, tighter.offload)
        )
        room = tighter or room
    assert taken == [
        *((2048, True, False, False), (1024, True, False, False), (512, True, False, False)),
        *((512, False, False, False), (512, False, True, False), (512, False, True, True), None),
    ]
    assert room.evaluation == 4096
    judged = room.tighter("evaluation", 4, 400)
    assert judged is not None and judged.evaluation == 200
    assert room.tighter("evaluation", 1, 100) is None and room.tighter("optimizer", 1, 0) is None


def test_where_a_training_goes_on_it_holds_no_more_than_fitted_before():
    before = Room(training=100, evaluation=900, checkpointing=True, cached=True)
    now = Room(training=200, evaluation=300, checkpointing=False, offload=True)
    both = Room(training=100, evaluation=300, checkpointing=True, offload=True)
    assert before.no_more_than(now) == now.no_more_than(before) == both


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
    assert side_by_side(inputs, [2, 1], [3, 1, 2])["input_ids"].tolist() == [[5, 6], [4, 0]]


def test_measures_weigh_as_many_tokens_as_they_counted():
    assert weighted([(3, {"accuracy": 1.0}), (1, {"accuracy": 0.0})]) == {"accuracy": 0.75}
    assert weighted([]) == {}
