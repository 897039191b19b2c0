"""The trainer of each of several processes: it learns from its share of a step's examples, and from what the others
learn of theirs.

Gradients are summed once a step, whatever each needed to make its own. So each finds by itself how much it can hold at
once, and none waits for another that ran out of memory. From equal sums equal models make equal steps: data-parallel
training as PyTorch's DDP does it, whose hooks would want as many micro-batches of each.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from filelock import FileLock

from extractors.errors import QuireError
from extractors.files import write_whole
from training import ranks
from training.base.spreading import is_spread
from training.learning.trainer import Inputs, Trainer
from training.memory.microbatch import Place, Room, lack_of_memory, side_by_side, weighted

ROOM = "room.json"
"""Beside the checkpoints: how much a spread model had room for when it ran out of memory."""


class SharedTrainer(Trainer):
    """Sees the same batches as one process alone would, and so are its checkpoints, which the first writes.

    Processes over which the model is spread run every layer together: one whose share is done repeats a row until the
    others are, and where one runs out of memory, all of them start again from that step.
    """

    def __init__(self, **arguments: Any) -> None:
        self._spread, self._writes = is_spread(arguments["model"]), ranks.rank() == 0
        super().__init__(**arguments)
        if (self._checkpoints / ROOM).exists():
            self.room = self.room.no_more_than(Room.model_validate_json((self._checkpoints / ROOM).read_bytes()))
            self._make_room()
        for value in self._learnt().values():
            torch.distributed.broadcast(value.data, 0)

    def training_step(self, model: Any, inputs: Inputs, num_items_in_batch: Any = None) -> torch.Tensor:
        """The gradients of all examples of one optimizer step, and their loss."""
        loss = super().training_step(model, inputs, num_items_in_batch).clone()
        learnt = self._learnt().values()
        for parameter in learnt:
            if parameter.grad is None:  # its share was empty
                parameter.grad = torch.zeros_like(parameter)
        ranks.summed([loss, *(parameter.grad for parameter in learnt if parameter.grad is not None)])
        return loss

    def prediction_step(
        self, model: Any, inputs: Inputs, prediction_loss_only: bool, ignore_keys: list[str] | None = None
    ) -> tuple[torch.Tensor, None, None]:
        """The loss of a batch of the validation set, as its share in the mean over all tokens."""
        loss = super().prediction_step(model, inputs, prediction_loss_only, ignore_keys)[0].clone()
        ranks.summed([loss])
        return loss, None, None

    def _in_parts(
        self, place: Place, inputs: Inputs, run: Callable[[Inputs, int], torch.Tensor]
    ) -> list[tuple[int, torch.Tensor]]:
        """Runs on the parts of this process's share; what is measured beside the loss is that of the whole batch."""
        lengths, seen = inputs["attention_mask"].sum(dim=1).tolist(), self._total_train_tokens
        longest_first = sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
        rows = longest_first[ranks.rank() :: ranks.count()]
        share = {name: values[rows] for name, values in inputs.items()}

        def run_beside(part: Inputs, first: int) -> torch.Tensor:
            if self._spread:
                ranks.gathered(True)
            return run(part, rows[first])

        parts = super()._in_parts(place, share, run_beside)
        mode = "train" if place == "training" else "eval"
        told = self._metrics[mode]
        last = longest_first[-1]
        while self._spread and any(ranks.gathered(False)):
            self._metrics[mode] = defaultdict(list)
            if error := self._run_again(lambda: run(side_by_side(inputs, [last], lengths), last)):
                self._tighten(place, 1, lengths[last], error)
        self._metrics[mode] = told

        tokens = sum(tokens for tokens, _ in parts)
        own = {name: told[name].pop() for name in list(told) if name != "num_tokens"} if parts else {}
        for name, value in weighted([one for one in ranks.gathered((tokens, own)) if one[0]]).items():
            told[name].append(value)
        self._total_train_tokens = seen + (sum(lengths) if place == "training" else 0)
        told["num_tokens"] = [self._total_train_tokens]
        return parts or [(0, torch.zeros((), device=self.args.device))]

    def _run_again(self, run: Callable[[], torch.Tensor]) -> str:
        """For the sake of the others; nothing is learnt from it. Returns the error's words where memory ran out."""
        learnt = list(self._learnt().values())
        gradients = [parameter.grad for parameter in learnt]
        for parameter in learnt:
            parameter.grad = None
        error = ""
        try:
            run()
        except Exception as caught:
            error = lack_of_memory(caught)
        for parameter, gradient in zip(learnt, gradients, strict=True):
            parameter.grad = gradient
        return error

    def _tighten(self, place: Place, rows: int, held: int, error: str) -> None:
        if not self._spread:
            super()._tighten(place, rows, held, error)
            return
        room = self.room.tighter(place, rows, held)
        if room is None:
            raise self._out_of_room(place, error)
        self.room, self._writes = room, True
        self._tell(place, error, f"{room}, from step {self.state.global_step}")
        write_whole(self._checkpoints / ROOM, room.model_dump_json())
        if place != "evaluation" and self.state.global_step:
            self._save_checkpoint(self.model, None)
        os._exit(ranks.AGAIN)  # at once, as the others wait for a layer that does not come

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        if self._writes:
            self._checkpoints.mkdir(parents=True, exist_ok=True)
            with FileLock(self._checkpoints / "lock"):  # two may have run out of memory at once
                super()._save_checkpoint(model, trial)

    def _out_of_room(self, place: Place, error: str) -> QuireError:
        self._writes = True  # the first may not know of it
        return super()._out_of_room(place, error)
