"""TRL's trainer, made to survive: running out of memory costs it a micro-batch, being killed the steps since its last
checkpoint, and neither changes what it learns."""

from __future__ import annotations

import json
import random
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import SFTTrainer

from extractors.errors import QuireError
from training.checkpoints import last_checkpoint, step_of, write_checkpoint
from training.jobs import Emit
from training.microbatch import (
    Lack,
    Place,
    Room,
    Undo,
    allocate_state,
    free_memory,
    gradients_set_aside,
    lack_of_memory,
    piecewise,
    rows_of,
    weighted,
)
from training.prompts import IGNORED

BEST, MEMORY = "best.safetensors", "memory.json"
"""Files of a checkpoint beside the trainer's own: the best weights so far, and how much was held at once."""

Inputs = dict[str, torch.Tensor]


class Trainer(SFTTrainer):  # type: ignore[misc]
    """Its dataloader yields the examples of a whole optimizer step, which are learnt in micro-batches that fit.

    The validation loss is the mean over the tokens of the set, however it is cut into batches; `answer_tokens` is the
    mean number of such tokens in an example of it. Checkpoints stand in `checkpoints` and hold the best weights too.
    """

    def __init__(
        self, room: Room, checkpoints: Path, answer_tokens: float, again: str, emit: Emit, **arguments: Any
    ) -> None:
        super().__init__(**arguments)
        self.room = room
        self.lacks: list[Lack] = []
        self.best: dict[str, torch.Tensor] | None = None
        self._checkpoints, self._answer_tokens, self._again, self._emit = checkpoints, answer_tokens, again, emit

    def training_step(self, model: Any, inputs: Inputs, num_items_in_batch: Any = None) -> torch.Tensor:
        """The gradients of all examples of one optimizer step. Each micro-batch draws its dropout from a seed of its
        own, so that what happened to one changes no other."""
        step, parameters = super().training_step, [p for p in model.parameters() if p.requires_grad]
        if num_items_in_batch is None:
            num_items_in_batch = (inputs["labels"][:, 1:] != IGNORED).sum()

        def learn(part: Inputs, first: int) -> torch.Tensor:
            torch.manual_seed(random.Random(f"{self.args.seed}:{self.state.global_step}:{first}").getrandbits(63))
            with gradients_set_aside(parameters):
                loss: torch.Tensor = step(model, part, num_items_in_batch)
            return loss

        losses = self._in_parts("training", inputs, learn)
        return torch.stack([loss for _, loss in losses]).sum()

    def prediction_step(
        self, model: Any, inputs: Inputs, prediction_loss_only: bool, ignore_keys: list[str] | None = None
    ) -> tuple[torch.Tensor, None, None]:
        """The loss of a batch of the validation set, as its share in the mean over all tokens."""
        predict = super().prediction_step
        losses = self._in_parts("evaluation", inputs, lambda part, _: predict(model, part, True)[0])
        total = torch.stack([tokens * loss for tokens, loss in losses]).sum()
        return total / (len(inputs["labels"]) * self._answer_tokens), None, None

    def forget_measures(self) -> None:
        """Leave nothing of what was run until now in the gradients and in what the next log tells."""
        self.model.zero_grad()
        self._total_train_tokens = 0
        for measured in self._metrics.values():
            measured.clear()

    def _in_parts(
        self, place: Place, inputs: Inputs, run: Callable[[Inputs, int], torch.Tensor]
    ) -> list[tuple[int, torch.Tensor]]:
        """Runs on parts of a batch that fit; each part's answer tokens and loss. What the trainer measures beside the
        loss is that of the whole batch, and nothing of it is left of an attempt that failed."""
        mode = "train" if place == "training" else "eval"
        answers = (inputs["labels"][:, 1:] != IGNORED).sum(dim=1).tolist()
        whole, measured = self._metrics[mode], []

        def attempt(rows: list[int], width: int) -> tuple[int, torch.Tensor]:
            seen, self._metrics[mode] = self._total_train_tokens, defaultdict(list)
            try:
                loss = run(rows_of(inputs, rows, width), rows[0])
            except BaseException:
                self._total_train_tokens = seen
                raise
            tokens = sum(answers[row] for row in rows)
            measured.append((tokens, {name: values[-1] for name, values in self._metrics[mode].items()}))
            return tokens, loss

        try:
            return piecewise(
                inputs["attention_mask"].sum(dim=1).tolist(),
                lambda: getattr(self.room, place),
                attempt,
                lambda rows, width, error: self._tighten(place, rows, width, error),
            )
        finally:
            self._metrics[mode] = whole
            for name, value in weighted(measured).items():
                whole[name].append(value)
            whole["num_tokens"] = [self._total_train_tokens]

    def create_optimizer(self, *arguments: Any) -> torch.optim.Optimizer:
        """With its state allocated, and a step that can be taken back where memory runs out half way."""
        made = self.optimizer is None
        optimizer: torch.optim.Optimizer = super().create_optimizer(*arguments)
        if made:
            allocate_state(optimizer)
            optimizer.step = self._retried(optimizer, optimizer.step)  # type: ignore[method-assign]
        return optimizer

    def _retried(self, optimizer: torch.optim.Optimizer, step: Callable[..., Any]) -> Callable[..., Any]:
        def attempt(arguments: Any, named: Any) -> tuple[Any, str]:
            undo = None
            try:
                undo = Undo(optimizer)
                return step(*arguments, **named), ""
            except Exception as error:
                words = lack_of_memory(error)
            if undo is not None:
                undo()
            return None, words

        def retried(*arguments: Any, **named: Any) -> Any:
            done, error = attempt(arguments, named)
            if error:
                free_memory()
                self._tell("optimizer", error, "the same step again")
                done, error = attempt(arguments, named)
            if error:
                raise self._out_of_room("optimizer", error)
            return done

        return retried

    def _tighten(self, place: Place, rows: int, width: int, error: str) -> None:
        room = self.room.tighter(place, rows, width)
        if room is None:
            raise self._out_of_room(place, error)
        self.room = room
        self._make_room()
        self._tell(place, error, str(room))

    def _make_room(self) -> None:
        if self.room.checkpointing and not self.model.is_gradient_checkpointing:
            # transformers 5.23 gave it another name; until 6 the old one is there too.
            self.model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        if self.room.offload:
            offload: AbstractContextManager[Any] = torch.autograd.graph.save_on_cpu(torch.cuda.is_available())
            self.maybe_activation_offload_context = offload

    def _tell(self, place: Place, error: str, action: str) -> None:
        lack = Lack(place=place, step=self.state.global_step, error=error, action=action)
        self.lacks.append(lack)
        self._emit({"event": "memory", **lack.model_dump()})

    def _out_of_room(self, place: Place, error: str) -> QuireError:
        """What is said where nothing is left to give up, after keeping what has been learnt. A checkpoint in the middle
        of an evaluation would leave out the rest of it, so there the last one stands."""
        step = self.state.global_step
        if place != "evaluation" and step:
            self._save_checkpoint(self.model, None)
        last = last_checkpoint(self._checkpoints, lambda _: None)
        way_on = "starts from the first step" if last is None else f"continues from step {step_of(last)}"
        return QuireError(
            f"Memory ran out in {place} after step {step} of {self.state.max_steps}, one example at a time, with "
            f"{self.room}: {error}",
            fix=f"Free memory on this machine, then `{self._again}` {way_on}. A smaller train.max_length or "
            "train.model would take less.",
        )

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        better: bool = super()._determine_best_metric(metrics, trial)
        if better:
            self.best = {name: value.detach().cpu().clone() for name, value in self._learnt().items()}
        return better

    def put_back_best(self) -> None:
        """Gives the model the weights of its lowest validation loss, if it was validated."""
        with torch.no_grad():
            for name, value in self._learnt().items():
                if self.best is not None:
                    value.copy_(self.best[name])

    def _learnt(self) -> dict[str, torch.nn.Parameter]:
        return {name: value for name, value in self.model.named_parameters() if value.requires_grad}

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Writes one, or says that it could not: what is learnt must not be lost to a full disk."""
        step = self.state.global_step
        if self.control.should_training_stop:  # continued from here, it would train one step too many
            return
        try:
            write_checkpoint(self._checkpoints, step, self._fill)
        except (OSError, RuntimeError, SafetensorError) as error:
            words = str(error).partition("\n")[0]
            self._emit({"event": "unsaved", "what": f"No checkpoint could be written after step {step}: {words}"})

    def _fill(self, folder: Path) -> None:
        super(SFTTrainer, self)._save_checkpoint(self.model, None)  # past TRL's, which writes a card beside it
        inside = folder / f"checkpoint-{self.state.global_step}"
        for path in inside.iterdir():
            path.rename(folder / path.name)
        inside.rmdir()
        if self.best is not None:
            save_file(self.best, folder / BEST)
        memory = {"room": self.room.model_dump(), "lacks": [lack.model_dump() for lack in self.lacks]}
        (folder / MEMORY).write_text(json.dumps(memory), encoding="utf-8")

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._checkpoints / "writing")

    def recall(self, checkpoint: Path) -> None:
        """Take up what a checkpoint knows beside the trainer's own state. What did not fit then is not tried again."""
        memory = json.loads((checkpoint / MEMORY).read_bytes())
        before, now = Room.model_validate(memory["room"]), self.room
        self.room = Room(
            training=min(before.training, now.training),
            evaluation=min(before.evaluation, now.evaluation),
            checkpointing=before.checkpointing or now.checkpointing,
            offload=before.offload,
        )
        self._make_room()
        self.lacks = [Lack.model_validate(lack) for lack in memory["lacks"]]
        if (checkpoint / BEST).exists():
            self.best = load_file(checkpoint / BEST)


class Periodic(TrainerCallback):  # type: ignore[misc]
    """Asks for a checkpoint when the last is older than `minutes`, where a loss has just been told: one in between
    would forget the losses since."""

    def __init__(self, minutes: float) -> None:
        self._seconds, self._last = 60 * minutes, time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        if time.monotonic() - self._last >= self._seconds and state.global_step % state.logging_steps == 0:
            control.should_save, self._last = True, time.monotonic()
        return control
