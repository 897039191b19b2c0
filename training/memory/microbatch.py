"""An optimizer step in as many micro-batches as the memory asks for.

What a step learns from is fixed in examples; how many of them are held at once is a number of tokens, padding
included where there is any. When memory runs out, that number is halved and the same examples come again. Once a single
example does not fit, weights in four bits are no longer kept dequantised as well, then activations are computed twice
instead of kept (activation checkpointing, Chen et al. 2016), then kept in the memory of the machine instead of the
device's. MosaicML's Composer halves micro-batches in the same way.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from extractors.records import Record
from training.memory.available import is_out_of_memory

if TYPE_CHECKING:
    import torch

Place = Literal["training", "evaluation", "clipping", "optimizer", "checkpoint"]
T = TypeVar("T")


class Room(Record):
    """How much is held at once: tokens of a micro-batch, and where weights and activations are kept."""

    training: int
    evaluation: int
    checkpointing: bool
    offload: bool = False
    cached: bool = False
    """Whether weights in four bits are also kept as they are multiplied."""

    def tighter(self, place: Place, rows: int, held: int) -> Room | None:
        """After `rows` examples of `held` tokens in all were too much; None where there is nothing left to give up."""
        if place not in ("training", "evaluation"):
            return None
        if rows > 1:
            return self.model_copy(update={place: held // 2})
        if self.cached:
            return self.model_copy(update={"cached": False})
        if place == "evaluation" or self.offload:
            return None
        return self.model_copy(update={"offload" if self.checkpointing else "checkpointing": True})

    def no_more_than(self, other: Room) -> Room:
        """What both have room for."""
        return Room(
            training=min(self.training, other.training),
            evaluation=min(self.evaluation, other.evaluation),
            checkpointing=self.checkpointing or other.checkpointing,
            offload=self.offload or other.offload,
            cached=self.cached and other.cached,
        )

    def __str__(self) -> str:
        ways = {
            ", weights kept dequantised": self.cached,
            ", activations computed twice": self.checkpointing,
            ", activations kept in main memory": self.offload,
        }
        chosen = "".join(words for words, holds in ways.items() if holds)
        return f"{self.training} tokens a micro-batch, {self.evaluation} in evaluation{chosen}"


class Lack(Record):
    """Memory that ran out once: where, at which step, as the error said it, and what was done."""

    place: Place
    step: int
    error: str
    action: str


def piecewise(
    lengths: Sequence[int],
    padded: bool,
    tokens: Callable[[], int],
    attempt: Callable[[list[int]], T],
    tighten: Callable[[int, int, str], bool],
) -> list[T]:
    """The results of `attempt` on rows of these `lengths`, longest first, in parts of at most `tokens()` tokens, with
    padding if `padded`, at least one row each.

    `attempt` gets the places of the rows. Where it runs out of memory it must leave no trace; `tighten` gets the number
    of rows, their tokens and the error's words, and the same rows come again: all of them, if it says so.
    """
    order = sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
    waiting, results = order, []
    while waiting:
        budget, count, held = tokens(), 0, 0
        for row in waiting:
            more = (count + 1) * lengths[waiting[0]] if padded else held + lengths[row]
            if count and more > budget:
                break
            count, held = count + 1, more
        error = ""
        try:
            results.append(attempt(waiting[:count]))
            waiting = waiting[count:]
        except Exception as caught:
            error = lack_of_memory(caught)
        if error:  # only here: until the except block ends, the traceback holds the activations
            free_memory()
            if tighten(count, held, error):
                waiting, results = order, []
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


def side_by_side(
    inputs: Mapping[str, torch.Tensor], rows: Sequence[int], lengths: Sequence[int]
) -> dict[str, torch.Tensor]:
    """Some rows of a batch that is padded on the right, with no more padding than they need; `lengths` are those of all
    rows."""
    width = max(lengths[row] for row in rows)
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


def weighted(parts: Sequence[tuple[int, Mapping[str, Any]]]) -> dict[str, float]:
    """The means of the values measured in parts, each weighing as many tokens as it counted."""
    total = max(1, sum(weight for weight, _ in parts))
    return {
        name: sum(weight * values[name] for weight, values in parts) / total for name in (parts[0][1] if parts else ())
    }
