"""How a training goes: told while it runs, and kept for its curve."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from extractors.errors import QuireError
from training.jobs import Emit
from training.memory.available import GIB

STEP = {
    "loss": "loss",
    "learning_rate": "learning_rate",
    "grad_norm": "gradient_norm",
    "mean_token_accuracy": "token_accuracy",
}
EVALUATION = {"eval_loss": "eval_loss", "eval_mean_token_accuracy": "eval_token_accuracy"}
"""The trainer's names of what is measured, and ours."""


class Progress(TrainerCallback):  # type: ignore[misc]
    """Turns the trainer's logs into events, and into curves for TensorBoard in the folder `curves`.

    Raises QuireError where the loss stops being a number.
    """

    def __init__(self, emit: Emit, curves: Path) -> None:
        self._emit, self._curves = emit, curves
        self._stepping_s, self._steps, self._tokens = 0.0, 0, 0.0
        self._told_s, self._began = 0.0, 0.0

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._writer = SummaryWriter(str(self._curves), purge_step=state.global_step + 1)

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._writer.close()

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._began = time.monotonic()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._stepping_s += time.monotonic() - self._began
        self._steps += 1

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any],
        **_: Any,
    ) -> None:
        entry = _entry({**logs, "step": state.global_step})
        if entry is None:
            return
        loss = entry["loss"] if "loss" in entry else entry["eval_loss"]
        if not math.isfinite(loss):
            raise QuireError(
                f"The loss became {loss} at step {state.global_step}.",
                fix="Lower train.learning_rate, or lower train.max_grad_norm.",
            )
        kind = "step" if "loss" in entry else "evaluation"
        pace = self._pace(logs["num_tokens"], state) if kind == "step" else {}
        self._emit({"event": kind, "steps": state.max_steps, **entry, **pace})
        for name, value in {**entry, **pace}.items():
            if name not in ("step", "seconds_left"):
                self._writer.add_scalar(f"{kind}/{name}", value, entry["step"])

    def _pace(self, tokens: float, state: TrainerState) -> dict[str, float]:
        """Tokens a second since the last loss that was told, without evaluations; memory; and the time that the
        remaining steps will take at the pace so far."""
        spent, read = self._stepping_s - self._told_s, tokens - self._tokens
        self._told_s, self._tokens = self._stepping_s, tokens
        return {
            "tokens_per_second": round(read / max(spent, 1e-9)),
            "memory_gib": peak_memory_gib(),
            "seconds_left": round(self._stepping_s / self._steps * (state.max_steps - state.global_step), 1),
        }


def history(state: TrainerState) -> list[dict[str, Any]]:
    """The losses of a training by step, as in metrics.json under "history"."""
    return [entry for log in state.log_history if (entry := _entry(log)) is not None]


def peak_memory_gib() -> float:
    """The most memory this process has held: the GPU's where there is one, else its own."""
    import resource

    import torch

    if torch.cuda.is_available():
        return round(torch.cuda.max_memory_allocated() / GIB, 3)
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / GIB, 3)


def _entry(log: dict[str, Any]) -> dict[str, Any] | None:
    names = STEP if "loss" in log else EVALUATION if "eval_loss" in log else None
    if names is None:
        return None
    found = {ours: float(log[theirs]) for theirs, ours in names.items() if theirs in log}
    return {"step": log["step"], "epoch": round(float(log["epoch"]), 4), **found}
