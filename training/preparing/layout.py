"""How a training is laid out in memory: as fast as what is predicted to fit."""

from __future__ import annotations

from collections.abc import Sequence

from augment.models import ModelFiles
from extractors.records import Record
from training.base.shapes import shapes_of
from training.memory.microbatch import Room
from training.preparing.estimate import MemoryEstimate, estimate_memory
from training.settings import TrainSettings

SPARE = 0.7
"""The share of the free memory that a prediction may fill."""


class Layout(Record):
    """What is held at once at first, and what that should take."""

    room: Room
    memory: MemoryEstimate


def lay_out(
    files: ModelFiles, settings: TrainSettings, training: Sequence[int], evaluation: Sequence[int] = ()
) -> Layout:
    """The layout for rows of these lengths in tokens: what the settings say, and where they leave it to Quire, a whole
    optimizer step at once, weights dequantised once and no activation computed twice, of which as much is given up, in
    the order of `Room.tighter`, as the predicted memory asks for.

    Raises QuireError where the strategy cannot train a model of such shapes.
    """
    shapes, longest = shapes_of(files), sorted(training, reverse=True)
    step = longest[: settings.examples_a_step]
    room = Room(
        training=_tokens(step if settings.micro_batch == "auto" else step[: settings.batch], settings),
        evaluation=settings.eval_batch * max(evaluation, default=0),
        checkpointing=settings.gradient_checkpointing is True,
        cached=settings.strategy == "qlora" and settings.engine == "trl" and settings.base_weights != "nf4",
    )
    memory = estimate_memory(shapes, settings, room)
    while memory.total > SPARE * memory.free and (less := _less(room, settings, longest[0])) is not None:
        room = less
        memory = estimate_memory(shapes, settings, room)
    return Layout(room=room, memory=memory)


def _tokens(rows: Sequence[int], settings: TrainSettings) -> int:
    padded = settings.padding == "padded" or settings.strategy == "prompt"
    return rows[0] * len(rows) if padded else sum(rows)


def _less(room: Room, settings: TrainSettings, longest: int) -> Room | None:
    """The next smaller room that the settings leave the choice of."""
    rows = room.training // longest if settings.micro_batch == "auto" else 1
    less = room.tighter("training", rows, room.training)
    if less is not None and room.cached and not less.cached and settings.base_weights == "cached":
        less = room.model_copy(update={"cached": False}).tighter("training", 1, longest)
        less = None if less is None else less.model_copy(update={"cached": True})
    if less is None or less.offload or (less.checkpointing and settings.gradient_checkpointing is False):
        return None
    return less
