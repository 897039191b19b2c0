"""What of a model is trained, and how that is kept: one file a strategy, with the same few names in each.

| strategy | learnt | on top of | published as |
|---|---|---|---|
| qlora | low-rank matrices beside each linear layer (Dettmers et al. 2023) | the base in NF4 | PEFT adapters |
| lora | the same (Hu et al. 2022) | the base in 16 bits, 32 on a processor | PEFT adapters |
| full | every weight | nothing | a model |
| prompt | virtual tokens before each prompt (Lester et al. 2021) | the base as for lora | PEFT adapters |
| qat | every weight, as it will be rounded to four bits (Jacob et al. 2018) | nothing | a model |
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from augment.models import ModelFiles
from training.base.shapes import Footprint, Shapes
from training.prompts import Encoded
from training.settings import TrainSettings
from training.strategies import full, lora, prompt, qat


class Strategy(Protocol):
    RATES: tuple[float, float]
    """Between which learning rates usually lie."""

    def footprint(self, shapes: Shapes, settings: TrainSettings, width: int) -> Footprint:
        """What is held of a model of such shapes, whose values are computed in `width` bytes.

        Raises QuireError where it cannot be trained like this.
        """

    def trainable(self, files: ModelFiles, settings: TrainSettings, tokenizer: Any) -> Any:
        """The base model with what is to be learnt in it, which alone requires a gradient."""

    def save(self, model: Any, files: ModelFiles, settings: TrainSettings, folder: Path) -> None:
        """Writes what is published of a trained model, and nothing else, into `folder`."""

    def load(self, files: ModelFiles, settings: TrainSettings, folder: Path) -> Any:
        """What was published in `folder` as a model that answers as it was trained to. It has a context manager
        `disable_adapter()`, within which it is the base model."""

    def measured(
        self, files: ModelFiles, settings: TrainSettings, tokenizer: Any, folder: Path, held_out: Sequence[Encoded]
    ) -> dict[str, Any]:
        """What the strategy adds to metrics.json about what was saved in `folder`."""


STRATEGIES: dict[str, Strategy] = {"qlora": lora, "lora": lora, "full": full, "prompt": prompt, "qat": qat}
