"""Every weight of the base model, learnt as it will be used: the weights of the linear layers rounded to four bits in
groups, their inputs to eight a token (quantization-aware training, Jacob et al. 2018, by torchao).

What is published are the weights before rounding, so that the model can also be used as it is; `quantise` rounds them
for good, with the scheme that config.json names.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from augment.models import ModelFiles
from extractors.errors import QuireError
from training.base.shapes import Footprint, Shapes, shapes_of
from training.inference import Budget, likelihood
from training.prompts import Encoded
from training.settings import TrainSettings
from training.strategies import full

RATES = full.RATES
load = full.load

GROUPS = (32, 16, 8)
"""Weights that share a scale, the preferred number first."""

NOTED = "quantization_aware_training"
"""In config.json: what the weights were trained to be rounded to."""


def scheme(group: int) -> Any:
    """torchao's configuration of what is trained for."""
    import torch
    from torchao.quantization import Int8DynamicActivationIntxWeightConfig, PerGroup

    four_bits = torch.int4  # type: ignore[attr-defined]
    return Int8DynamicActivationIntxWeightConfig(weight_dtype=four_bits, weight_granularity=PerGroup(group))


def quantise(model: Any) -> None:
    """Rounds the linear layers of a trained model for good, in place, as its configuration says."""
    from torchao.quantization import quantize_

    quantize_(model, scheme(getattr(model.config, NOTED)["group_size"]), _below_head(model))


def footprint(shapes: Shapes, settings: TrainSettings, width: int) -> Footprint:
    """Beside what training every weight takes, the rounded weights are kept for the backward pass, with a mask."""
    if find_spec("torchao") is None:
        raise QuireError(
            "train.strategy = 'qat' needs torchao, which is not installed.",
            fix=f"In Quire's folder: {sys.executable} -m pip install --editable '.[qat]'",
        )
    _group(shapes)
    return full.footprint(shapes, settings, width)._replace(kept=shapes.in_linears * (width + 1))


def trainable(files: ModelFiles, settings: TrainSettings, tokenizer: Any) -> Any:
    from torchao.quantization import quantize_
    from torchao.quantization.qat import QATConfig

    group = _group(shapes_of(files))
    model = full.trainable(files, settings, tokenizer)
    quantize_(model, QATConfig(scheme(group), step="prepare"), _below_head(model))
    setattr(model.config, NOTED, {"weights": "int4", "group_size": group, "activations": "int8 a token"})
    return model


def save(model: Any, files: ModelFiles, settings: TrainSettings, folder: Path) -> None:
    """The weights before rounding."""
    from torchao.quantization import quantize_
    from torchao.quantization.qat import QATConfig

    quantize_(model, QATConfig(step="convert"), _below_head(model))
    full.save(model, files, settings, folder)


def measured(
    files: ModelFiles, settings: TrainSettings, tokenizer: Any, folder: Path, held_out: Sequence[Encoded]
) -> dict[str, Any]:
    """The validation loss of what was saved, as it is and rounded."""
    if not held_out:
        return {}
    model = load(files, settings, folder)
    budget = Budget(settings.eval_batch * max(map(len, held_out)))

    def loss() -> float:
        found = likelihood(model, tokenizer, held_out, budget)
        return sum(each.nll for each in found) / sum(each.tokens for each in found)

    plain = loss()
    quantise(model)
    return {"quantised": {**getattr(model.config, NOTED), "loss": plain, "quantised_loss": loss()}}


def _group(shapes: Shapes) -> int:
    for group in GROUPS:
        odd = [linear for linear in shapes.linears if linear.inputs % group]
        if not odd:
            return group
    raise QuireError(
        f"{shapes.model} cannot be trained for four bits: the {odd[0].inputs} inputs of {odd[0].name} are not in "
        f"groups of {GROUPS[-1]}.",
        fix="Set train.strategy to another, or train.model to another model.",
    )


def _below_head(model: Any) -> Callable[[Any, str], bool]:
    """The linear layers but the output head, which is often the embedding too, and whose loss is computed apart."""
    import torch

    head = model.get_output_embeddings()
    return lambda module, name: isinstance(module, torch.nn.Linear) and module is not head
