"""What a training publishes, with weights drawn by lot instead of learnt: in a second, for any strategy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.training.made_up import make_job
from training.adapters import package_versions, write_adapters
from training.base import models
from training.dataset import dataset_hash
from training.jobs import TrainJob
from training.strategies import STRATEGIES

SPREAD = {"qlora": 0.1, "lora": 0.1, "full": 0.02, "prompt": 0.5, "qat": 0.02}
"""Of what is added to each value."""


def publish(folder: Path, model: Path, strategy: str, *, spread: float | None = None, **settings: Any) -> TrainJob:
    """A job whose adapters are there, with the dataset that they claim to come from."""
    import torch

    job = make_job(folder, model, strategy=strategy, **settings)
    files = models.find(job.train)
    tokenizer = models.load_tokenizer(files)
    learnt = STRATEGIES[strategy].trainable(files, job.train, tokenizer)
    drawn = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in learnt.named_parameters():
            if parameter.requires_grad and "lora_A" not in name and parameter.dim() > 1:
                size = SPREAD[strategy] if spread is None else spread
                parameter += size * torch.randn(parameter.shape, generator=drawn).to(parameter.dtype)
    weights = folder / "weights"
    STRATEGIES[strategy].save(learnt, files, job.train, weights)
    lineage = {
        "base": {"model": job.train.model, "name": files.name, "revision": files.revision},
        "dataset": dataset_hash(job.dataset),
        "dataset_edited": False,
        "documents": [],
        "settings": {"train": job.train.model_dump(mode="json")},
        "seed": job.seed,
        "packages": package_versions(),
    }
    write_adapters(job.adapters, weights, lineage, {"history": []})
    return job
