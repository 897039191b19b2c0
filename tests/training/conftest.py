"""Tiny models, and a job that was done."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.made_up import make_job
from tests.training.tiny_models import make_llama, make_qwen
from training.jobs import Event, TrainJob


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def trained(tiny_qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainJob, list[Event]]:
    """A job that was done in this process, with checkpointing and early stopping, and its events."""
    from training.sft import train

    job = make_job(tmp_path_factory.mktemp("trained"), tiny_qwen, epochs=10, patience=3, gradient_checkpointing=True)
    events: list[Event] = []
    train(job, events.append)
    return job, events


@pytest.fixture(scope="session")
def tiny_qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_qwen(tmp_path_factory.mktemp("qwen"))


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_llama(tmp_path_factory.mktemp("llama"))
