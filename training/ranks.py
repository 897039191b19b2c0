"""The processes that share one training, one a GPU, and what they tell each other.

Each holds a model of its own and takes every step; what they share is the examples of a step. So transformers is not to
know of the others: it would share out what is shared out already. Where there is but one process, all of this does
nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

LAUNCHED = "QUIRE_LAUNCHED"

PATIENCE = timedelta(hours=2)
"""How long one may wait for another, which may write a checkpoint or begin a step again and again."""

AGAIN = 75
"""The exit status of one for whose sake all must start again."""


def launched() -> bool:
    """Whether `training.launch` has started this process, beside others."""
    return LAUNCHED in os.environ


def own_gpu() -> str:
    """Which of the GPUs that may be used is this process's: the first, or that of its place among several."""
    place = int(os.environ.get("LOCAL_RANK", 0))
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is None:
        return str(place)
    names = allowed.split(",")
    return names[place] if place < len(names) else ""


def join() -> None:
    """Meets the others. From here on nothing in the environment tells of them."""
    import torch
    from torch import distributed

    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo", timeout=PATIENCE)
    for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"):
        os.environ.pop(name, None)


def leave() -> None:
    """The first goes on alone; the others end here."""
    from torch import distributed

    if distributed.is_initialized():
        here = distributed.get_rank()
        distributed.barrier()
        distributed.destroy_process_group()
        if here:
            sys.exit(0)


def rank() -> int:
    """This process's number, from 0."""
    from torch import distributed

    return distributed.get_rank() if distributed.is_initialized() else 0


def count() -> int:
    """How many there are."""
    from torch import distributed

    return distributed.get_world_size() if distributed.is_initialized() else 1


def of_the_first(make: Callable[[], T]) -> T:
    """What the first makes; the others wait for it."""
    if count() == 1:
        return make()
    from torch import distributed

    made = [make() if rank() == 0 else None]
    distributed.broadcast_object_list(made, 0)
    return made[0]  # type: ignore[return-value]


def gathered(value: T) -> list[T]:
    """The value of each, in the order of their numbers."""
    if count() == 1:
        return [value]
    from torch import distributed

    values: list[T] = [value] * count()
    distributed.all_gather_object(values, value)
    return values


def summed(tensors: Iterable[torch.Tensor]) -> None:
    """Each becomes the sum of the tensors that stand at its place in every process."""
    from torch import distributed

    waiting = [distributed.all_reduce(tensor, async_op=True) for tensor in tensors]
    for work in waiting:
        work.wait()
