"""The engine "unsloth": the same adapters on the same base, loaded and made faster by Unsloth, in the same training.

Unsloth is asked through its public names alone. Tested is who is refused and why; on a GPU it was never run with Quire.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
from pathlib import Path
from typing import Any

from augment.models import ModelFiles
from extractors.errors import QuireError
from training.base import models
from training.base.packages import unmet
from training.settings import TrainSettings

DISTRIBUTIONS = ("unsloth", "unsloth_zoo")

INSTALL = f"{sys.executable} -m pip install --editable '.[unsloth]'"
"""In Quire's folder: the versions of what it shares with Unsloth are chosen anew, so best into an environment of its
own."""

STRATEGIES = ("qlora", "lora")


def refuse(settings: TrainSettings) -> None:
    """Raises QuireError with all that keeps Unsloth from training these settings here; loads nothing but torch."""
    lacks = [lack for lack in (_strategy(settings), _versions(), _gpu()) if lack is not None]
    if lacks:
        what, fixes = zip(*lacks, strict=True)
        raise QuireError(
            f"Unsloth cannot train here: {'; '.join(what)}.",
            fix=f"{' '.join(fixes)} Or train without it: --set train.engine=trl.",
        )


def begin(work: Path) -> None:
    """Imports Unsloth, which must come before TRL, as it changes it; without statistics, and with what it compiles
    kept below `work`."""
    os.environ["UNSLOTH_DISABLE_STATISTICS"] = "1"
    os.environ.setdefault("UNSLOTH_COMPILE_LOCATION", str(work / "unsloth_compiled_cache"))
    importlib.import_module("unsloth")


def trainable(files: ModelFiles, settings: TrainSettings) -> Any:
    """The base model in four bits or sixteen with new adapters in it, as training.strategies.lora makes it. The seed
    of the adapters is torch's."""
    import torch

    fast: Any = importlib.import_module("unsloth").FastLanguageModel
    checkpointing = False if settings.gradient_checkpointing is False else "unsloth"
    model, _ = fast.from_pretrained(
        model_name=str(files.folder),
        max_seq_length=settings.max_length,
        dtype=models.compute_type(),
        load_in_4bit=settings.strategy == "qlora",
        use_exact_model_name=True,  # not a quantised copy of it that it knows on the hub
        trust_remote_code=False,
        use_gradient_checkpointing=checkpointing,
    )
    layers = {"target_modules": list(settings.targets)} if settings.targets else {}  # else all linear ones, as ours
    return fast.get_peft_model(
        model,
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        use_gradient_checkpointing=checkpointing,
        random_state=torch.initial_seed() % 2**32,
        **layers,
    )


def _strategy(settings: TrainSettings) -> tuple[str, str] | None:
    if settings.strategy in STRATEGIES:
        return None
    return (
        f"train.strategy is {settings.strategy!r}, and it is there for adapters alone",
        "Set train.strategy to 'qlora' or 'lora'.",
    )


def _versions() -> tuple[str, str] | None:
    try:
        wrong = sorted({lack for name in DISTRIBUTIONS for lack in unmet(name)})
    except importlib.metadata.PackageNotFoundError as error:
        return f"{error.name} is not installed", f"{INSTALL}."
    if not wrong:
        return None
    known = importlib.metadata.version("unsloth")
    return f"unsloth {known} does not go with what is installed ({', '.join(wrong)})", f"{INSTALL}."


def _gpu() -> tuple[str, str] | None:
    import torch

    if torch.cuda.is_available():
        return None
    return (
        f"torch {torch.__version__} finds no GPU",
        "Use a machine with an NVIDIA GPU and its driver (nvidia-smi must list it).",
    )
