"""Every weight of the base model, learnt in 32 bits; what is computed with them is computed in 16 on a GPU."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from augment.models import TOKENIZERS, ModelFiles
from training.base import models
from training.base.model_folder import write_generation
from training.base.shapes import Footprint, Shapes
from training.memory.microbatch import free_memory
from training.prompts import Encoded
from training.settings import TrainSettings

RATES = (1e-7, 1e-3)


def footprint(shapes: Shapes, settings: TrainSettings, width: int) -> Footprint:
    """Where values are computed in 16 bits, each weight is there in 16 bits too during a step."""
    return Footprint(shapes.parameters * width if width < 4 else 0, shapes.parameters)


def trainable(files: ModelFiles, settings: TrainSettings, tokenizer: Any) -> Any:
    import torch

    return models.load_base(files, settings, dtype=torch.float32)


def save(model: Any, files: ModelFiles, settings: TrainSettings, folder: Path) -> None:
    """A model that `from_pretrained` loads, in the type that it is computed in, with the base's tokenizer; it goes on
    as it is judged."""
    folder.mkdir(parents=True, exist_ok=True)
    model.to(models.compute_type())
    model.save_pretrained(str(folder), max_shard_size="1TB")
    for name in TOKENIZERS:
        if (files.folder / name).is_file():
            shutil.copyfile(files.folder / name, folder / name)
    tokenizer = models.load_tokenizer(files)
    write_generation(tokenizer, models.stop_ids(files, tokenizer), folder)


def load(files: ModelFiles, settings: TrainSettings, folder: Path) -> Any:
    trained = files.model_copy(update={"folder": folder})
    model = models.load_base(trained, settings).eval()
    model.disable_adapter = lambda: _replaced(
        model, lambda: models.load_base(files, settings), lambda: models.load_base(trained, settings)
    )
    return model


def measured(
    files: ModelFiles, settings: TrainSettings, tokenizer: Any, folder: Path, held_out: Sequence[Encoded]
) -> dict[str, Any]:
    return {}


@contextmanager
def _replaced(model: Any, by: Callable[[], Any], back: Callable[[], Any]) -> Iterator[None]:
    """The weights of another model in place of its own, never both in memory: they are read again afterwards."""
    _take_over(model, by)
    try:
        yield
    finally:
        _take_over(model, back)


def _take_over(model: Any, other: Callable[[], Any]) -> None:
    for parameter in model.parameters():
        parameter.data = parameter.data.new_empty(0)
    free_memory()
    for parameter, wanted in zip(model.parameters(), other().parameters(), strict=True):
        parameter.data = wanted.data
