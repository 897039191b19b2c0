"""Tiny models, and a job that was done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.training.made_up import make_job
from tests.training.tiny_models import make_llama, make_qwen
from training.jobs import Event, TrainJob
from training.strategies import STRATEGIES


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def trained(tiny_qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainJob, list[Event]]:
    """A job that was done and judged in this process, with checkpointing and early stopping, and its events."""
    from training.evaluate import judge_adapters
    from training.sft import train

    job = make_job(tmp_path_factory.mktemp("trained"), tiny_qwen, epochs=10, patience=3, gradient_checkpointing=True)
    events: list[Event] = []
    train(job, events.append)
    judge_adapters(job, events.append)
    return job, events


@pytest.fixture(scope="session")
def reloaded(trained: tuple[TrainJob, list[Event]]) -> tuple[Any, Any, frozenset[int], TrainJob]:
    """The adapters of that job on a fresh base, its tokenizer, and the tokens at which it stops."""
    from training.base import models

    job, _ = trained
    files = models.find(job.train)
    tokenizer = models.load_tokenizer(files)
    return (
        STRATEGIES[job.train.strategy].load(files, job.train, job.adapters),
        tokenizer,
        models.stop_ids(files, tokenizer),
        job,
    )


@pytest.fixture(scope="session")
def tiny_qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_qwen(tmp_path_factory.mktemp("qwen"))


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_llama(tmp_path_factory.mktemp("llama"))


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The class of the trainer that runs out of memory where the test wants it, in place of the real one."""
    import torch

    from tests.training import faults
    from training.learning import trainer

    monkeypatch.setattr(trainer, "Trainer", faults.Faulty)
    monkeypatch.setattr(torch.optim.AdamW, "step", torch.optim.AdamW.step)  # as the trainer replaces it
    monkeypatch.setattr(faults.Faulty, "fault", faults.never)
    monkeypatch.setattr(faults.Faulty, "form", faults.FORMS[0])
    return faults.Faulty
