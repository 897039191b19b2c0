"""A trainer that runs out of memory where a test wants it, and small plain trainings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import torch
from safetensors.torch import load_file

from tests.training.made_up import make_job
from training.base import models
from training.dataset import read_split
from training.jobs import Event, TrainJob
from training.learning import trainer as module
from training.learning.fitting import fit
from training.prompts import encode
from training.selection import select

FORMS: list[Exception] = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    torch.AcceleratorError("CUDA error: out of memory", 2),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("Error out of memory at line 380 in file /src/csrc/pythonInterface.cpp"),
    MemoryError(),
]
PLACES = {
    "forward": "training",
    "half a forward": "training",
    "half a backward": "training",
    "backward": "training",
    "clipping": "clipping",
    "optimizer": "optimizer",
    "evaluation": "evaluation",
    "half a checkpoint": "checkpoint",
}
"""Where memory runs out, and where this is told to be."""

Fault = Callable[[str, int], bool]
"""Whether memory runs out, by place and by how often it has been there."""


def never(place: str, times: int) -> bool:
    return False


class Faulty(module.Trainer):
    """A trainer that runs out of memory where the test wants it."""

    fault: ClassVar[Fault] = never
    form: ClassVar[BaseException] = FORMS[0]
    seen: ClassVar[list[list[int]]] = []
    """The rows of each step, by a hash."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._times: dict[str, int] = {}
        type(self).seen.clear()
        base = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
        base.model.layers[1].register_forward_hook(
            lambda *_: self._pass("half a forward") if self.model.training else None
        )
        learnt = {name: value for name, value in self.model.named_parameters() if value.requires_grad}
        late = [name for name in learnt if "layers.0.self_attn.q_proj" in name and "lora_A" not in name]
        learnt[late[0] if late else next(iter(learnt))].register_hook(lambda _: self._pass("half a backward"))
        backward = self.accelerator.backward

        def whole(loss: torch.Tensor, **options: Any) -> None:
            backward(loss, **options)
            self._pass("backward")

        self.accelerator.backward = whole
        clip = self.accelerator.clip_grad_norm_

        def clipped(*arguments: Any, **options: Any) -> Any:
            self._pass("clipping")
            return clip(*arguments, **options)

        self.accelerator.clip_grad_norm_ = clipped

    def _pass(self, place: str) -> None:
        self._times[place] = self._times.get(place, 0) + 1
        if type(self).fault(place, self._times[place]):
            raise type(self).form

    def compute_loss(self, model: Any, inputs: Any, *arguments: Any, **named: Any) -> Any:
        self._pass("forward" if model.training else "evaluation")
        return super().compute_loss(model, inputs, *arguments, **named)

    def training_step(self, model: Any, inputs: Any, *arguments: Any) -> torch.Tensor:
        type(self).seen.append([hash(tuple(row)) for row in inputs["input_ids"].tolist()])
        return super().training_step(model, inputs, *arguments)

    def _fill(self, folder: Path) -> None:
        super()._fill(folder)
        self._pass("half a checkpoint")  # written, and not whole yet

    def create_optimizer(self, *arguments: Any) -> torch.optim.Optimizer:
        real = torch.optim.AdamW.step

        def step(optimizer: torch.optim.Optimizer, *arguments: Any, **named: Any) -> Any:
            result = real(optimizer, *arguments, **named)
            self._pass("optimizer")  # after it has changed parameters and state
            return result

        torch.optim.AdamW.step = step
        return super().create_optimizer(*arguments)


def run(job: TrainJob) -> tuple[dict[str, torch.Tensor], dict[str, Any], list[Event]]:
    """The weights, the metrics and the events of a fit."""
    files = models.find(job.train)
    tokenizer = models.load_tokenizer(files)
    stops = models.stop_ids(files, tokenizer)
    selections = {
        name: select(encode(read_split(job.dataset, name), tokenizer, stops, job.train), job.train, training=True)
        for name in ("train", "validation")
    }
    events: list[Event] = []
    weights, trained = fit(job, files, tokenizer, selections, job.work / "checkpoints" / "job", events.append)
    (saved,) = weights.glob("*model.safetensors")
    return load_file(saved), trained, events


def plain(folder: Path, model: Path, **settings: Any) -> TrainJob:
    """In float32, without dropout, at an everyday learning rate."""
    folder.mkdir(exist_ok=True)
    plainly = {"strategy": "lora", "dropout": 0, "learning_rate": 2e-4, "eval_batch": 8}
    return make_job(folder, model, **{**plainly, "patience": 3, **settings})


def furthest(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one)
