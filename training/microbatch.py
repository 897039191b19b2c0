"""An optimizer step in as many micro-batches as the memory asks for.

What a step learns from is fixed in examples; how many of them are held at once is a number of tokens, padding
included. When memory runs out, that number is halved and the same examples come again. Once a single example does not
fit, its activations are computed twice instead of kept (activation checkpointing, Chen et al. 2016), then kept in the
memory of the machine instead of the device's. MosaicML's Composer halves micro-batches in the same way.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from extractors.records import Record
from training.memory import is_out_of_memory

if TYPE_CHECKING:
    import torch

Place = Literal["training", "evaluation", "optimizer"]
T = TypeVar("T")


class Room(Record):
    """How much is held at once: tokens of a micro-batch, and where activations are kept."""

    training: int
    evaluation: int
    checkpointing: bool
    offload: bool = False

    def tighter(self, place: Place, rows: int, width: int) -> Room | None:
        """After `rows` examples of `width` tokens were too much; None where there is nothing left to give up."""
        if place == "optimizer":
            return None
        if rows > 1:
            return self.model_copy(update={place: rows * width // 2})
        if place == "evaluation" or self.offload:
            return None
        return self.model_copy(update={"offload" if self.checkpointing else "checkpointing": True})

    def __str__(self) -> str:
        kept = ", activations kept in main memory" if self.offload else ""
        computed = ", activations computed twice" if self.checkpointing else ""
        return f"{self.training} tokens a micro-batch, {self.evaluation} in evaluation{computed}{kept}"


class Lack(Record):
    """Memory that ran out once: where, at which step, as the error said it, and what was done."""

    place: Place
    step: int
    error: str
    action: str


def piecewise(
    lengths: Sequence[int],
    tokens: Callable[[], int],
    attempt: Callable[[list[int], int], T],
    tighten: Callable[[int, int, str], None],
) -> list[T]:
    """The results of `attempt` on rows of these `lengths`, longest first, in parts of at most `tokens()` tokens with
    padding, at least one row each.

    `attempt` gets the places of the rows and the longest length among them. Where it runs out of memory it must leave
    no trace; `tighten` gets the number of rows, their length and the error's words, and the same rows come again.
    """
    waiting = sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
    results = []
    while waiting:
        width = lengths[waiting[0]]
        rows = waiting[: max(1, tokens() // width)]
        error = ""
        try:
            results.append(attempt(rows, width))
            waiting = waiting[len(rows) :]
        except Exception as caught:
            error = lack_of_memory(caught)
        if error:  # only here: until the except block ends, the traceback holds the activations
            free_memory()
            tighten(len(rows), width, error)
    return results


def lack_of_memory(error: Exception) -> str:
    """The first line of an error by which memory ran out; any other is raised again."""
    if not is_out_of_memory(error):
        raise error
    return str(error).partition("\n")[0] or type(error).__name__


def free_memory() -> None:
    """Gives back what nothing refers to any more."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def rows_of(inputs: Mapping[str, torch.Tensor], rows: Sequence[int], width: int) -> dict[str, torch.Tensor]:
    """Some rows of a batch that is padded on the right, with no more padding than they need."""
    return {name: values[list(rows), :width] for name, values in inputs.items()}


@contextmanager
def gradients_set_aside(parameters: Sequence[torch.nn.Parameter]) -> Iterator[None]:
    """The gradients of what runs within are added to those there were, or dropped where it fails. Takes no memory
    beyond the new gradients."""
    kept = [parameter.grad for parameter in parameters]
    for parameter in parameters:
        parameter.grad = None
    done = False
    try:
        yield
        done = True
    finally:
        for parameter, before in zip(parameters, kept, strict=True):
            if before is not None:
                parameter.grad = before.add_(parameter.grad) if done and parameter.grad is not None else before
            elif not done:
                parameter.grad = None


def allocate_state(optimizer: torch.optim.Optimizer) -> None:
    """Makes the optimizer's state before its first step, by a step of no size and no gradient."""
    import torch

    rates = [group["lr"] for group in optimizer.param_groups]
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    for parameter in parameters:
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate
    for parameter in parameters:
        parameter.grad = None
        state = optimizer.state[parameter]
        if "step" in state:  # a tensor in torch, a number in bitsandbytes
            state["step"] = torch.zeros_like(state["step"]) if isinstance(state["step"], torch.Tensor) else 0


class Undo:
    """What one optimizer step changes, as it was: to go back where the step failed half way."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        import torch

        self._optimizer = optimizer
        self._parameters = [
            (parameter, parameter.detach().clone()) for group in optimizer.param_groups for parameter in group["params"]
        ]
        self._state = {
            parameter: {
                name: value.clone() if isinstance(value, torch.Tensor) else value for name, value in state.items()
            }
            for parameter, state in optimizer.state.items()
        }

    def __call__(self) -> None:
        import torch

        with torch.no_grad():
            for parameter, before in self._parameters:
                parameter.copy_(before)
            for parameter, state in self._state.items():
                for name, before in state.items():
                    if isinstance(before, torch.Tensor):
                        self._optimizer.state[parameter][name].copy_(before)
                    else:
                        self._optimizer.state[parameter][name] = before


def weighted(parts: Sequence[tuple[int, Mapping[str, Any]]]) -> dict[str, float]:
    """The means of the values measured in parts, each weighing as many tokens as it counted."""
    total = max(1, sum(weight for weight, _ in parts))
    return {
        name: sum(weight * values[name] for weight, values in parts) / total for name in (parts[0][1] if parts else ())
    }
