"""When a training is validated and a checkpoint of it written, beside the trainer's own rules."""

from __future__ import annotations

import time
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


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


class EpochEnds(TrainerCallback):  # type: ignore[misc]
    """Asks for a validation at the end of each epoch of `steps`, beside those every so many steps."""

    def __init__(self, steps: int) -> None:
        self._steps = steps

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        if state.global_step % self._steps == 0:
            control.should_evaluate = True
        return control
