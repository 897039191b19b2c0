"""An optimizer step that memory may run out in: its state is made before, and what it changed is taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

import torch

from training.memory.microbatch import free_memory, lack_of_memory

T = TypeVar("T")
Kept = dict[tuple[torch.device, torch.dtype], list[torch.Tensor]]


def allocate_state(optimizer: torch.optim.Optimizer) -> None:
    """Makes the optimizer's state before its first step, by a step of no size and no gradient."""
    rates = [group["lr"] for group in optimizer.param_groups]
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    try:
        for group in optimizer.param_groups:
            group["lr"] = 0.0
        for parameter in parameters:
            parameter.grad = torch.zeros_like(parameter)
        optimizer.step()
    finally:  # also where memory ran out: it may be tried again
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        for parameter in parameters:
            parameter.grad = None
    for parameter in parameters:
        state = optimizer.state[parameter]
        if "step" in state:  # a tensor in torch, a number in bitsandbytes
            state["step"] = torch.zeros_like(state["step"]) if isinstance(state["step"], torch.Tensor) else 0


def once_more(run: Callable[[], T], lacked: Callable[[str, bool], None], back: Callable[[], None] = lambda: None) -> T:
    """What `run` returns, done once more where memory ran out in it, after going `back`. `lacked` is told the error's
    words, and whether this was the second time: then it raises what ends the training."""
    for again in (False, True):
        try:
            return run()
        except Exception as error:
            words = lack_of_memory(error)
        back()
        free_memory()
        lacked(words, again)
    raise AssertionError("lacked() returned the second time")


def retried(optimizer: torch.optim.Optimizer, lacked: Callable[[str, bool], None]) -> Callable[..., Any]:
    """The step of `optimizer`, done `once_more` where memory ran out half way.

    A fused step is one kernel that takes no memory of its own, so nothing is kept for it: that would take as much again
    as what is learnt and its state.
    """
    step, undo = optimizer.step, None if optimizer.defaults.get("fused") else Undo(optimizer)
    if undo is not None:
        undo.keep()  # so that its memory is there from now on

    def again(*arguments: Any, **named: Any) -> Any:
        if undo is None:
            return once_more(lambda: step(*arguments, **named), lacked)
        undo.keep()
        return once_more(lambda: step(*arguments, **named), lacked, undo)

    return again


class Undo:
    """What one optimizer step changes, kept before it: to go back where the step fails half way."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer
        self._kept: Kept = {}
        self._numbers: list[tuple[dict[str, Any], str, Any]] = []

    def keep(self) -> None:
        """Into the same memory each time, by few kernels."""
        for kind, tensors in self._tensors().items():
            if len(self._kept.get(kind, ())) != len(tensors):
                self._kept[kind] = [torch.empty_like(tensor) for tensor in tensors]
            torch._foreach_copy_(self._kept[kind], tensors)
        self._numbers = [
            (state, name, value)
            for state in self._optimizer.state.values()
            for name, value in state.items()
            if not isinstance(value, torch.Tensor)
        ]

    def __call__(self) -> None:
        with torch.no_grad():
            for kind, tensors in self._tensors().items():
                torch._foreach_copy_(tensors, self._kept[kind])
        for state, name, value in self._numbers:
            state[name] = value

    def _tensors(self) -> Kept:
        found: Kept = defaultdict(list)
        for group in self._optimizer.param_groups:
            for parameter in group["params"]:
                state = self._optimizer.state.get(parameter, {})
                for tensor in (parameter.detach(), *(state[name] for name in sorted(state))):
                    if isinstance(tensor, torch.Tensor):
                        found[tensor.device, tensor.dtype].append(tensor)
        return found
