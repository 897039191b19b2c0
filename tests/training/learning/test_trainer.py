"""Memory that runs out, wherever it does, costs a micro-batch and nothing else."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import torch

from extractors.errors import QuireError
from tests.training.faults import FORMS, PLACES, Faulty, furthest, plain, run


@pytest.fixture(scope="module")
def undisturbed(tiny_qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return run(plain(tmp_path_factory.mktemp("undisturbed"), tiny_qwen))


@pytest.mark.parametrize(("place", "form"), list(zip(PLACES, cycle(FORMS), strict=False)), ids=list(PLACES))
def test_memory_that_runs_out_anywhere_changes_nothing(
    faulty: type[Faulty], undisturbed: Any, tmp_path: Path, tiny_qwen: Path, place: str, form: Exception
):
    """Not the weights, the number of steps, the losses, or what came when; and it is told."""
    weights, trained, _ = undisturbed
    faulty.form = form
    faulty.fault = lambda where, times: where == place and times in (2, 4, 9)
    again, retried, events = run(plain(tmp_path, tiny_qwen, checkpoint_minutes=0 if "checkpoint" in place else 5))
    assert furthest(weights, again) <= 1e-7
    assert retried["steps"] == trained["steps"] == 8
    assert [entry["step"] for entry in retried["history"]] == [entry["step"] for entry in trained["history"]]
    for one, other in zip(trained["history"], retried["history"], strict=True):
        assert one == pytest.approx(other, abs=1e-5)
    told = [event for event in events if event["event"] == "memory"]
    assert len(told) == 3 and {event["place"] for event in told} == {PLACES[place]}
    assert [{**lack, "event": "memory"} for lack in retried["memory_events"]] == told
    assert all(event["error"] in (str(form).partition("\n")[0], "MemoryError") for event in told)


def test_micro_batches_of_any_size_learn_the_same(undisturbed: Any, tmp_path: Path, tiny_qwen: Path):
    for batch, accumulation in ((1, 8), (8, 1)):
        sizes = {"batch": batch, "accumulation": accumulation, "eval_batch": batch, "micro_batch": "batch"}
        job = plain(tmp_path / str(batch), tiny_qwen, **sizes)
        weights, trained, _ = run(job)
        assert furthest(undisturbed[0], weights) <= 1e-7
        assert trained["best_eval_loss"] == pytest.approx(undisturbed[1]["best_eval_loss"], abs=1e-6)


def test_with_dropout_the_same_examples_come_in_the_same_order(faulty: type[Faulty], tmp_path: Path, tiny_qwen: Path):
    orders, losses = [], []
    for name, fault in (("calm", ()), ("rough", (2, 9))):
        faulty.fault = lambda where, times, fault=fault: where == "half a backward" and times in fault
        _, trained, _ = run(plain(tmp_path / name, tiny_qwen, dropout=0.3, gradient_checkpointing=True))
        orders.append(list(faulty.seen))
        losses.append([entry["loss"] for entry in trained["history"] if "loss" in entry])
        assert len(trained["memory_events"]) == len(fault)
    assert orders[0] == orders[1] and len(orders[0]) == 2 + 8  # the probe's two and the steps
    assert losses[0] == pytest.approx(losses[1], rel=0.1)


def test_what_does_not_fit_alone_is_computed_twice_then_kept_elsewhere(
    faulty: type[Faulty], undisturbed: Any, tmp_path: Path, tiny_qwen: Path
):
    faulty.fault = lambda where, times: where == "forward" and times <= 4
    again, retried, _ = run(plain(tmp_path, tiny_qwen))
    assert furthest(undisturbed[0], again) <= 1e-7
    actions = [lack["action"] for lack in retried["memory_events"]]
    assert "computed twice" not in actions[-3]
    assert actions[-2].endswith("activations computed twice")
    assert actions[-1].endswith("activations computed twice, activations kept in main memory")


def test_where_gradients_are_too_large_to_have_twice_the_step_begins_anew(
    faulty: type[Faulty], undisturbed: Any, tmp_path: Path, tiny_qwen: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("training.learning.trainer.SET_ASIDE", 0)
    faulty.fault = lambda where, times: where == "half a backward" and times in (3, 5, 8)
    again, retried, _ = run(plain(tmp_path, tiny_qwen, micro_batch="batch", batch=2, accumulation=4))
    assert furthest(undisturbed[0], again) <= 1e-7 and len(retried["memory_events"]) == 3
    for one, other in zip(undisturbed[1]["history"], retried["history"], strict=True):
        assert one == pytest.approx(other, abs=1e-5)


@pytest.mark.parametrize(("strategy", "lacks"), [("qlora", 5), ("full", 4)])
def test_the_other_ways_to_hold_weights_lose_nothing_either(
    faulty: type[Faulty], tmp_path: Path, tiny_qwen: Path, strategy: str, lacks: int
):
    """Four bits kept dequantised, which are given up first; and every weight learnt, in steps that keep nothing to go
    back to."""
    weights, trained, _ = run(plain(tmp_path / "calm", tiny_qwen, strategy=strategy, learning_rate=2e-5))
    faulty.fault = lambda where, times: where == "forward" and times <= lacks
    again, retried, _ = run(plain(tmp_path / "rough", tiny_qwen, strategy=strategy, learning_rate=2e-5))
    assert furthest(weights, again) <= 1e-7 and trained["steps"] == retried["steps"] == 8
    actions = [lack["action"] for lack in retried["memory_events"]]
    assert ("dequantised" in actions[0]) == (strategy == "qlora") and "dequantised" not in actions[-1]
    assert actions[-1].endswith("computed twice") or actions[-1].endswith("main memory")


def test_a_checkpoint_that_cannot_be_held_is_told_and_costs_no_step(
    faulty: type[Faulty], tmp_path: Path, tiny_qwen: Path, undisturbed: Any
):
    faulty.fault = lambda where, times: where == "half a checkpoint"
    again, trained, events = run(plain(tmp_path, tiny_qwen, checkpoint_minutes=0))
    assert furthest(undisturbed[0], again) <= 1e-7 and trained["steps"] == 8
    told = [event["what"] for event in events if event["event"] == "unsaved"]
    assert len(told) == 7 and all("No checkpoint could be written" in what and "out of memory" in what for what in told)
    assert len(trained["memory_events"]) == 7


def test_an_allocator_that_has_to_try_again_gets_less_to_hold(
    tmp_path: Path, tiny_qwen: Path, undisturbed: Any, monkeypatch: pytest.MonkeyPatch
):
    retries = iter([0, 0, 0, 1, 2, 2, 3, 3, 3, 4, 5, 5, 5])  # it is made, the probe's two, and each step
    monkeypatch.setattr("training.learning.trainer.allocation_retries", lambda: next(retries))
    again, trained, _ = run(plain(tmp_path, tiny_qwen))
    assert furthest(undisturbed[0], again) <= 1e-7
    steps = [(lack["step"], lack["place"]) for lack in trained["memory_events"]]
    assert steps == [(1, "training"), (7, "training")]
    tokens = [int(lack["action"].split()[0]) for lack in trained["memory_events"]]
    assert tokens[1] <= tokens[0] // 2 + 1


@pytest.mark.parametrize(
    ("place", "since"), [("half a backward", 8), ("optimizer", 6), ("clipping", 6), ("evaluation", 3)]
)
def test_where_nothing_is_left_to_give_up_the_way_on_is_said_and_leads_on(
    faulty: type[Faulty], undisturbed: Any, tmp_path: Path, tiny_qwen: Path, place: str, since: int
):
    job = plain(tmp_path, tiny_qwen, checkpoint_minutes=0).model_copy(update={"command": "quire train --out here"})
    faulty.fault = lambda where, times: where == place and times >= since
    with pytest.raises(QuireError, match=r"Memory ran out in .*out of memory") as failure:
        run(job)
    assert "`quire train --out here` continues from step " in failure.value.fix
    faulty.fault = lambda where, times: False
    again, trained, events = run(job)
    assert furthest(undisturbed[0], again) <= 1e-7 and trained["steps"] == 8
    (resumed,) = [event["step"] for event in events if event["event"] == "resumed"]
    assert f"continues from step {resumed}." in failure.value.fix
    if place != "evaluation":
        assert f"after step {resumed} of 8" in failure.value.message


def test_another_error_is_no_lack_of_memory(faulty: type[Faulty], tmp_path: Path, tiny_qwen: Path):
    faulty.form = RuntimeError("CUDA error: an illegal memory access was encountered")
    faulty.fault = lambda where, times: where == "backward"
    with pytest.raises(RuntimeError, match="illegal memory access"):
        run(plain(tmp_path, tiny_qwen))


def test_memory_that_runs_out_while_the_state_is_made_changes_nothing_either(
    faulty: type[Faulty], undisturbed: Any, tmp_path: Path, tiny_qwen: Path
):
    faulty.fault = lambda where, times: where == "optimizer" and times == 1
    weights, _, events = run(plain(tmp_path, tiny_qwen))
    assert furthest(undisturbed[0], weights) <= 1e-7
    assert [event["place"] for event in events if event["event"] == "memory"] == ["optimizer"]


@pytest.mark.parametrize("kind", ["adamw_torch", "adamw_8bit"])
def test_allocating_the_state_of_an_optimizer_changes_neither_it_nor_the_weights(kind: str):
    import bitsandbytes

    from training.memory.undo import allocate_state

    def made(allocated: bool) -> list[torch.Tensor]:
        torch.manual_seed(1)
        weights = [torch.nn.Parameter(torch.randn(64, 128)), torch.nn.Parameter(torch.randn(3))]
        make: Any = torch.optim.AdamW if kind == "adamw_torch" else bitsandbytes.optim.AdamW8bit
        optimizer = make(weights, lr=0.01, weight_decay=0.1)
        if allocated:
            allocate_state(optimizer)
            assert [group["lr"] for group in optimizer.param_groups] == [0.01]
            assert all(weight.grad is None for weight in weights)
        for _ in range(3):
            for weight in weights:
                weight.grad = weight.detach().sin()
            optimizer.step()
        return weights

    for one, other in zip(made(True), made(False), strict=True):
        assert torch.equal(one, other)
