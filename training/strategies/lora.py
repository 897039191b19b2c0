"""Low-rank adapters beside the linear layers of a base model that stays as it is, in NF4 (QLoRA) or whole (LoRA)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from augment.models import ModelFiles
from extractors.errors import QuireError
from training.base import models, unsloth
from training.base.shapes import Footprint, Shapes
from training.base.spreading import spread, to_be_spread
from training.prompts import Encoded
from training.settings import TrainSettings

RATES = (1e-6, 1e-2)

NF4_BYTES = 0.516
"""Bytes of a weight in NF4 with double quantisation: 4 bits, and 0.127 bits of scales (Dettmers et al. 2023)."""


def footprint(shapes: Shapes, settings: TrainSettings, width: int) -> Footprint:
    if unknown := [t for t in settings.targets if not any(f".{name}".endswith(f".{t}") for name in shapes.modules)]:
        known = sorted({linear.name.rpartition(".")[2] for linear in shapes.linears})
        raise QuireError(
            f"{shapes.model} has no layer {unknown[0]!r}, which train.targets names.",
            fix=f"Name some of {', '.join(known)}, or leave it empty for all of them.",
        )
    adapted = [
        linear
        for linear in shapes.linears
        if not settings.targets or linear.name.rpartition(".")[2] in settings.targets
    ]
    whole = shapes.parameters - shapes.in_linears
    in_linears = shapes.in_linears * (NF4_BYTES if settings.strategy == "qlora" else width)
    learnt = settings.rank * sum(linear.inputs + linear.outputs for linear in adapted)
    held_by = settings.processes if settings.parallel == "fsdp" else 1
    return Footprint((whole * width + in_linears) / held_by, learnt)


def trainable(files: ModelFiles, settings: TrainSettings, tokenizer: Any) -> Any:
    if settings.engine == "unsloth":
        return unsloth.trainable(files, settings)

    from peft import LoraConfig, get_peft_model

    adapters = LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=list(settings.targets) or "all-linear",
    )
    return get_peft_model(models.load_base(files, settings), adapters)


def save(model: Any, files: ModelFiles, settings: TrainSettings, folder: Path) -> None:
    """As PEFT does, without its empty card; the configuration names the model as the settings do, not by a folder of
    this machine, and its layers in order."""
    model.save_pretrained(str(folder), save_embedding_layers=False)
    (folder / "README.md").unlink()
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(config.get("target_modules"), list):
        config["target_modules"].sort()  # a set until now, in no order
    config["base_model_name_or_path"] = settings.model
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def load(files: ModelFiles, settings: TrainSettings, folder: Path) -> Any:
    from peft import PeftModel

    model = PeftModel.from_pretrained(models.load_base(files, settings), str(folder)).eval()
    return spread(model) if to_be_spread(settings) else model


def measured(
    files: ModelFiles, settings: TrainSettings, tokenizer: Any, folder: Path, held_out: Sequence[Encoded]
) -> dict[str, Any]:
    return {}
