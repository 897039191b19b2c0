"""TRL's trainer, made to survive: running out of memory costs it a micro-batch, being killed the steps since its last
checkpoint, and neither changes what it learns."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from trl import SFTTrainer

from extractors.errors import QuireError
from training.jobs import Emit
from training.learning.checkpoints import last_checkpoint, step_of, write_checkpoint
from training.learning.head import learnt_alone
from training.learning.rows import end_to_end, read_rows_apart
from training.memory.available import GIB, allocation_retries
from training.memory.dequantised import keep_dequantised, keep_packed
from training.memory.microbatch import (
    Lack,
    Place,
    Room,
    gradients_set_aside,
    lack_of_memory,
    piecewise,
    side_by_side,
    weighted,
)
from training.memory.undo import allocate_state, once_more, retried
from training.prompts import IGNORED

BEST, MEMORY = "best.safetensors", "memory.json"
"""Files of a checkpoint beside the trainer's own: the best weights so far, and how much was held at once."""

SET_ASIDE = GIB
"""Bytes of gradients that may be there twice, so that what is learnt is not learnt again where memory runs out."""

Inputs = dict[str, torch.Tensor]


class Trainer(SFTTrainer):  # type: ignore[misc]
    """Its dataloader yields the examples of a whole optimizer step, which are learnt in micro-batches that fit.

    The validation loss is the mean over the tokens of the set, however it is cut into batches; `answer_tokens` is the
    mean number of such tokens in an example of it. Checkpoints stand in `checkpoints` and hold the best weights too.
    """

    def __init__(
        self,
        room: Room,
        padding: str,
        head: str,
        checkpoints: Path,
        answer_tokens: float,
        again: str,
        emit: Emit,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.room, self._head = room, head
        self.lacks: list[Lack] = []
        self.best: dict[str, torch.Tensor] | None = None
        self._checkpoints, self._answer_tokens, self._again, self._emit = checkpoints, answer_tokens, again, emit
        learnt = sum(value.numel() * value.element_size() for value in self._learnt().values())
        self._begins_anew, self._retries, self._short = learnt > SET_ASIDE, allocation_retries(), 0
        self._end_to_end = padding != "padded" and read_rows_apart(self.model, room.training)
        if padding == "free" and not self._end_to_end:
            raise QuireError(
                f"{type(self._base()).__name__} cannot read rows without padding between them.",
                fix="Set train.padding to auto.",
            )
        for module in self.model.modules():
            if hasattr(module, "cast_input_dtype_enabled") and (self.args.bf16 or self.args.fp16):
                module.cast_input_dtype_enabled = False  # autocast would only have to cast it back
        self._make_room()

    def training_step(self, model: Any, inputs: Inputs, num_items_in_batch: Any = None) -> torch.Tensor:
        """The gradients of all examples of one optimizer step. Each micro-batch draws its dropout from a seed of its
        own, so that what happened to one changes no other."""
        step, parameters = super().training_step, [p for p in model.parameters() if p.requires_grad]
        if num_items_in_batch is None:
            num_items_in_batch = (inputs["labels"][:, 1:] != IGNORED).sum()

        def learn(part: Inputs, first: int) -> torch.Tensor:
            torch.manual_seed(random.Random(f"{self.args.seed}:{self.state.global_step}:{first}").getrandbits(63))
            with gradients_set_aside([] if self._begins_anew else parameters):
                loss: torch.Tensor = step(model, part, num_items_in_batch)
            return loss

        losses = self._in_parts("training", inputs, learn)
        self._watch_allocator(inputs)
        return torch.stack([loss for _, loss in losses]).sum()

    def prediction_step(
        self, model: Any, inputs: Inputs, prediction_loss_only: bool, ignore_keys: list[str] | None = None
    ) -> tuple[torch.Tensor, None, None]:
        """The loss of a batch of the validation set, as its share in the mean over all tokens."""
        predict = super().prediction_step
        losses = self._in_parts("evaluation", inputs, lambda part, _: predict(model, part, True)[0])
        total = torch.stack([tokens * loss for tokens, loss in losses]).sum()
        return total / (len(inputs["labels"]) * self._answer_tokens), None, None

    def compute_loss(
        self, model: Any, inputs: Inputs, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """TRL's, of the answers; on a processor, where TRL computes the logits of all tokens, of the answers alone."""
        if self._head == "all" or self.args.device.type != "cpu":
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        with learnt_alone(self._base(), inputs) as alone:
            return super().compute_loss(model, alone, return_outputs, num_items_in_batch)

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
        lengths = inputs["attention_mask"].sum(dim=1).tolist()
        whole, seen = self._metrics[mode], self._total_train_tokens
        cut = end_to_end if self._end_to_end else side_by_side

        def attempt(rows: list[int]) -> tuple[int, torch.Tensor, dict[str, Any]]:
            self._metrics[mode] = defaultdict(list)
            loss = run(cut(inputs, rows, lengths), rows[0])
            measured = {name: values[-1] for name, values in self._metrics[mode].items()}
            return sum(answers[row] for row in rows), loss, measured

        def tighten(rows: int, held: int, error: str) -> bool:
            self._tighten(place, rows, held, error)
            if self._begins_anew and place == "training":
                self.model.zero_grad()
            return self._begins_anew

        done: list[tuple[int, torch.Tensor, dict[str, Any]]] = []
        try:
            done = piecewise(lengths, not self._end_to_end, lambda: getattr(self.room, place), attempt, tighten)
        finally:
            self._metrics[mode] = whole
            self._total_train_tokens = seen + (sum(lengths) if done and place == "training" else 0)
            for name, value in weighted([(tokens, measured) for tokens, _, measured in done]).items():
                whole[name].append(value)
            whole["num_tokens"] = [self._total_train_tokens]
        return [(tokens, loss) for tokens, loss, _ in done]

    def _watch_allocator(self, inputs: Inputs) -> None:
        """Holds less at once where PyTorch had to free what it keeps and try again in two steps on end: it does so
        silently, slowly, and then runs out."""
        retries = allocation_retries()
        self._short = self._short + 1 if retries > self._retries else 0
        self._retries = retries
        if self._short == 2:
            self._short = 0
            held = min(self.room.training, int(inputs["attention_mask"].sum()))
            if held > inputs["attention_mask"].shape[1]:
                self._tighten("training", 2, held, "the allocator had to free memory and try again, two steps on end")

    def _clip_grad_norm(self, model: Any) -> Any:
        """TRL's, once more where memory ran out: the norm takes a little, and gradients are scaled in place after it.
        The factor that float16 needs is taken out of them once only."""
        clip = super()._clip_grad_norm
        plainly = partial(torch.nn.utils.clip_grad_norm_, self._learnt().values(), self.args.max_grad_norm)
        attempts = iter([partial(clip, model), plainly if self.args.fp16 else partial(clip, model)])
        return once_more(lambda: next(attempts)(), partial(self._lacked, "clipping", "the same gradients again"))

    def create_optimizer(self, *arguments: Any) -> torch.optim.Optimizer:
        """With its state allocated, and a step that can be taken back where memory runs out half way."""
        made = self.optimizer is None
        optimizer: torch.optim.Optimizer = super().create_optimizer(*arguments)
        if made:
            lacked = partial(self._lacked, "optimizer", "the same step again")
            once_more(lambda: allocate_state(optimizer), lacked)
            optimizer.step = once_more(lambda: retried(optimizer, lacked), lacked)  # type: ignore[method-assign]
        return optimizer

    def _lacked(self, place: Place, action: str, error: str, again: bool) -> None:
        if again:
            raise self._out_of_room(place, error)
        self._tell(place, error, action)

    def _tighten(self, place: Place, rows: int, held: int, error: str) -> None:
        room = self.room.tighter(place, rows, held)
        if room is None:
            raise self._out_of_room(place, error)
        self.room = room
        self._make_room()
        self._tell(place, error, str(room))

    def _make_room(self) -> None:
        if self.room.cached:
            try:
                keep_dequantised(self.model)
            except Exception as error:
                self._tighten("training", 1, 0, lack_of_memory(error))
        else:
            keep_packed(self.model)
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

    def _base(self) -> Any:
        return self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model

    def _learnt(self) -> dict[str, torch.nn.Parameter]:
        return {name: value for name, value in self.model.named_parameters() if value.requires_grad}

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Writes one, or says that it could not: what is learnt must not be lost to a full disk or memory."""
        if self.control.should_training_stop:  # continued from here, it would train one step too many
            return
        step = self.state.global_step

        def lacked(words: str, again: bool) -> None:
            if again:
                raise RuntimeError(words)
            self._tell("checkpoint", words, "the same checkpoint again")

        try:
            once_more(lambda: write_checkpoint(self._checkpoints, step, self._fill), lacked)
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
        self.room = self.room.no_more_than(Room.model_validate(memory["room"]))
        self._make_room()
        self.lacks = [Lack.model_validate(lack) for lack in memory["lacks"]]
        if (checkpoint / BEST).exists():
            self.best = load_file(checkpoint / BEST)
