"""What computes a training, and whether it can on this machine."""

from __future__ import annotations

import importlib.metadata

from extractors.errors import QuireError
from training.base import unsloth
from training.settings import TrainSettings

ON_A_PROCESSOR = "1.16"
"""The first TRL whose loss is no kernel for GPUs alone."""


def refuse(settings: TrainSettings) -> None:
    """Raises QuireError where `settings.engine` cannot train here, before anything is loaded."""
    if settings.engine == "unsloth":
        unsloth.refuse(settings)
        return
    from packaging.version import Version

    found = importlib.metadata.version("trl")
    if Version(found) >= Version(ON_A_PROCESSOR):
        return
    import torch

    if not torch.cuda.is_available():
        raise QuireError(
            f"TRL {found}, which came with Unsloth, cannot train on a processor.",
            fix=f"Install Quire without the extra into an environment of its own, or TRL {ON_A_PROCESSOR}.",
        )


def described(settings: TrainSettings) -> str:
    """The engine and its version."""
    if settings.engine == "unsloth":
        return f"Unsloth {importlib.metadata.version('unsloth')}, never run by Quire's tests on a GPU"
    return f"TRL {importlib.metadata.version('trl')}"
