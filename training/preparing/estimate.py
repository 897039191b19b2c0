"""How much memory a training should take, roughly, before anything is loaded."""

from __future__ import annotations

from extractors.records import Record
from training.base.shapes import Shapes
from training.memory.available import GIB, available_memory
from training.memory.microbatch import Room
from training.settings import TrainSettings
from training.strategies import STRATEGIES

HIDDEN, FEED_FORWARD = 10, 4
"""Values of the hidden and of the feed-forward size that a layer keeps a token for its backward pass: the inputs of its
linear layers, of its norms and of its attention, which is computed in parts."""


class MemoryEstimate(Record):
    """GiB by what takes it, and what is free. `weights` stay as they are; `learnt` are the others, with their
    gradients."""

    weights: float
    learnt: float
    optimizer: float
    activations: float
    head: float
    total: float
    free: float
    device: str


def estimate_memory(shapes: Shapes, settings: TrainSettings, room: Room) -> MemoryEstimate:
    """The peak of one micro-batch that fills `room`, from the shapes in the model's configuration.

    Raises QuireError where the strategy cannot train a model of such shapes.
    """
    import torch

    on_gpu = torch.cuda.is_available()
    width = 2 if on_gpu else 4
    held = STRATEGIES[settings.strategy].footprint(shapes, settings, width)
    layer = (HIDDEN * shapes.hidden + FEED_FORWARD * shapes.feed_forward) * width + _dropped(shapes, settings, width)
    kept = shapes.layers * shapes.hidden * width + layer if room.checkpointing else shapes.layers * layer
    parts = {
        "weights": held.weights + (shapes.in_linears * width if room.cached else 0),
        "learnt": held.learnt * (4 + 4),
        "optimizer": held.learnt * (2 if "8bit" in settings.optimizer else 8),
        "activations": room.training * kept + (0 if room.checkpointing else held.kept),
        "head": min(room.training, 4096) * min(shapes.vocabulary, 32768) * 4 * (1 if on_gpu else 2),
    }
    return MemoryEstimate(
        **{name: round(size / GIB, 3) for name, size in parts.items()},
        total=round(sum(parts.values()) / GIB, 3),
        free=round(available_memory() / GIB, 3),
        device="gpu" if on_gpu else "cpu",
    )


def _dropped(shapes: Shapes, settings: TrainSettings, width: int) -> float:
    """Bytes that dropout before the adapters keeps a token and layer: what is left of each input, and of what."""
    if settings.strategy not in ("qlora", "lora") or not settings.dropout:
        return 0
    adapted = [one for one in shapes.linears if not settings.targets or one.name.split(".")[-1] in settings.targets]
    return sum(one.inputs for one in adapted) * (width + 1) / shapes.layers
