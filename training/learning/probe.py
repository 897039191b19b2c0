"""What the longest examples take, measured once before the first step."""

from __future__ import annotations

import time
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from training.jobs import Emit
from training.learning.progress import peak_memory_gib
from training.learning.trainer import Inputs, Trainer


class Probe(TrainerCallback):  # type: ignore[misc]
    """Tells what `probe` finds when the training begins, and keeps it. The training has `tokens` in all its steps."""

    def __init__(self, trainer: Trainer, tokens: int, emit: Emit) -> None:
        self.found: dict[str, float] = {}
        self._trainer, self._tokens, self._emit = trainer, tokens, emit

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        left = 1 - state.global_step / state.max_steps
        self.found = probe(self._trainer, round(self._tokens * left))
        self._emit({"event": "probe", **self.found})


def probe(trainer: Trainer, tokens: int) -> dict[str, float]:
    """Learns the longest examples of one step and judges those of one evaluation batch. Nothing is left of it but how
    much is held at once: what does not fit is found here, not hours later. The steps to come have `tokens`.

    The optimizer has made its state, and with it a step of no size, before. The examples are learnt twice, and the
    second time is what counts, as the first is far slower: kernels are chosen and memory is asked for.
    """
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    batch = _longest(trainer, trainer.train_dataset, trainer.args.train_batch_size)
    trainer.training_step(trainer.model, batch)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    began = time.monotonic()
    trainer.training_step(trainer.model, batch)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    step_s = time.monotonic() - began
    if trainer.eval_dataset is not None:
        trainer.model.eval()
        judged = _longest(trainer, trainer.eval_dataset, trainer.args.eval_batch_size)
        trainer.prediction_step(trainer.model, judged, True)
    trainer.forget_measures()
    pace = int(batch["attention_mask"].sum()) / step_s
    return {
        "step_s": round(step_s, 2),
        "tokens_per_second": round(pace),
        "training_s": round(tokens / pace, 1),
        "peak_memory_gib": peak_memory_gib(),
        "tokens_held": trainer.room.training,
    }


def _longest(trainer: Trainer, dataset: Any, rows: int) -> Inputs:
    lengths = [len(ids) for ids in dataset["input_ids"]]
    longest = sorted(range(len(lengths)), key=lambda row: -lengths[row])[:rows]
    examples = [{name: dataset[row][name] for name in ("input_ids", "labels")} for row in longest]
    batch: Inputs = trainer.data_collator(examples)
    return {name: values.to(trainer.args.device) for name, values in batch.items()}
