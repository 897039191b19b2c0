"""The faster ways of training change nothing of what is learnt, and are chosen as memory allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

from augment.models import ModelFiles
from tests.training.made_up import make_job
from training.base import models
from training.learning.trainer import Trainer
from training.memory.microbatch import Room
from training.preparing import estimate
from training.preparing.layout import lay_out
from training.settings import TrainSettings

PLAIN: dict[str, Any] = {
    "micro_batch": "batch",
    "padding": "padded",
    "head": "all",
    "base_weights": "nf4",
    "gradient_checkpointing": True,
}
WAYS: dict[str, dict[str, Any]] = {
    "a whole step at once": {"micro_batch": "auto"},
    "without padding": {"padding": "free"},
    "the head over answers alone": {"head": "answers"},
    "activations kept": {"gradient_checkpointing": False},
    "weights dequantised once": {"base_weights": "cached"},
    "all of it": dict.fromkeys(("micro_batch", "padding", "head", "gradient_checkpointing", "base_weights"), "auto"),
}


def rows() -> Dataset:
    """Eight of different lengths."""
    examples = []
    for at, length in enumerate((9, 30, 17, 12, 25, 8, 14, 21)):
        ids = [(7 * at + 3 * place) % 400 for place in range(length)]
        examples.append({"input_ids": ids, "labels": [-100] * (length // 2) + ids[length // 2 :]})
    return Dataset.from_list(examples)


def arguments(folder: Path, **more: Any) -> SFTConfig:
    return SFTConfig(
        output_dir=str(folder), use_cpu=True, bf16=False, max_length=None, report_to="none", save_strategy="no", **more
    )


def learnt(model: Any) -> dict[str, torch.Tensor]:
    return {name: value.grad for name, value in model.named_parameters() if value.requires_grad}


def adapted(model: Path, settings: TrainSettings) -> Any:
    from peft import get_peft_model

    torch.manual_seed(1)
    base = models.load_base(models.find(settings), settings)
    made = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", r=4, target_modules="all-linear"))
    for name, value in made.named_parameters():
        if value.requires_grad:
            value.data = torch.randn_like(value) * 0.05 if "lora_B" in name else value.data
    return made


def step_of_ours(model: Path, folder: Path, **settings: Any) -> tuple[float, dict[str, torch.Tensor], Trainer]:
    """The loss and the gradients of one optimizer step on all rows."""
    chosen = TrainSettings.model_validate(
        {"model": str(model), "batch": 2, "accumulation": 4, "dropout": 0, **PLAIN, **settings}
    )
    examples = rows()
    room = lay_out(models.find(chosen), chosen, [len(ids) for ids in examples["input_ids"]]).room
    trainer = Trainer(
        room=room,
        padding=chosen.padding,
        head=chosen.head,
        checkpoints=folder,
        answer_tokens=1,
        again="quire train",
        emit=lambda event: None,
        model=adapted(model, chosen),
        args=arguments(folder, per_device_train_batch_size=8, gradient_checkpointing=room.checkpointing),
        train_dataset=examples,
        processing_class=models.load_tokenizer(models.find(chosen)),
    )
    for value in trainer.model.parameters():
        if value.requires_grad:
            value.data = value.data.float()
    trainer.model.train()
    loss = trainer.training_step(trainer.model, trainer.data_collator([examples[at] for at in range(8)]))
    return float(loss), learnt(trainer.model), trainer


@pytest.fixture(scope="module")
def plain_trl(tiny_qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[float, dict[str, torch.Tensor]]:
    """The same by TRL's trainer as it comes: micro-batches of two rows with padding."""
    settings = TrainSettings(model=str(tiny_qwen))
    folder, examples = tmp_path_factory.mktemp("trl"), rows()
    trainer = SFTTrainer(
        model=adapted(tiny_qwen, settings),
        args=arguments(folder, per_device_train_batch_size=2, gradient_accumulation_steps=4),
        train_dataset=examples,
        processing_class=models.load_tokenizer(models.find(settings)),
    )
    for value in trainer.model.parameters():
        if value.requires_grad:
            value.data = value.data.float()
    tokens = torch.tensor(sum(label != -100 for labels in examples["labels"] for label in labels[1:]))
    losses = []
    for first in range(0, 8, 2):
        batch = trainer.data_collator([examples[at] for at in range(first, first + 2)])
        losses.append(float(trainer.training_step(trainer.model, batch, tokens)))
    return sum(losses), learnt(trainer.model)


@pytest.mark.parametrize("way", ["plainly", *WAYS])
def test_loss_and_gradients_are_those_of_plain_trl(
    plain_trl: tuple[float, dict[str, torch.Tensor]], tiny_qwen: Path, tmp_path: Path, way: str
):
    loss, gradients, trainer = step_of_ours(tiny_qwen, tmp_path, **WAYS.get(way, {}))
    assert loss == pytest.approx(plain_trl[0], abs=1e-5)
    assert gradients.keys() == plain_trl[1].keys()
    for name, gradient in gradients.items():
        assert torch.allclose(gradient, plain_trl[1][name], atol=1e-5), name
    assert any(float(gradient.abs().max()) > 1e-3 for gradient in gradients.values())
    if way == "all of it":
        assert trainer.room == Room(training=136, evaluation=0, checkpointing=False, cached=True)


def test_weights_dequantised_once_can_be_given_back(tiny_qwen: Path, tmp_path: Path):
    from training.memory.dequantised import Dequantised

    _, before, trainer = step_of_ours(tiny_qwen, tmp_path, base_weights="cached")
    assert any(isinstance(module, Dequantised) for module in trainer.model.modules())
    count = trainer.model.get_nb_trainable_parameters()
    trainer._tighten("training", 1, 30, "out of memory")
    assert not any(isinstance(module, Dequantised) for module in trainer.model.modules())
    assert trainer.model.get_nb_trainable_parameters() == count
    trainer.model.zero_grad()
    trainer.training_step(trainer.model, trainer.data_collator([rows()[at] for at in range(8)]))
    for name, gradient in learnt(trainer.model).items():
        assert torch.allclose(gradient, before[name], atol=1e-6)


def test_a_model_that_cannot_do_without_padding_is_said(tiny_qwen: Path, tmp_path: Path, monkeypatch: Any):
    from extractors.errors import QuireError

    monkeypatch.setattr("training.learning.trainer.read_rows_apart", lambda model, longest: False)
    with pytest.raises(QuireError, match="cannot read rows without padding"):
        step_of_ours(tiny_qwen, tmp_path, padding="free")
    _, _, trainer = step_of_ours(tiny_qwen, tmp_path / "auto", padding="auto")
    assert not trainer._end_to_end


@pytest.fixture
def files(tiny_qwen: Path) -> ModelFiles:
    return models.find(TrainSettings(model=str(tiny_qwen)))


def chosen(files: ModelFiles, monkeypatch: pytest.MonkeyPatch, mib: float, **settings: Any) -> Room:
    """The room of a step of eight rows of 200 tokens where so much memory is free."""
    monkeypatch.setattr(estimate, "available_memory", lambda: int(mib * 2**20))
    given = TrainSettings.model_validate({"model": str(files.folder), "dropout": 0, **settings})
    return lay_out(files, given, [200] * 20, [100]).room


def test_less_memory_gives_up_one_thing_after_the_other(files: ModelFiles, monkeypatch: pytest.MonkeyPatch):
    rooms = [chosen(files, monkeypatch, mib) for mib in (200, 40, 11, 10.2, 6, 0.1)]
    assert rooms[0] == Room(training=1600, evaluation=400, checkpointing=False, cached=True)
    tokens = [room.training for room in rooms]
    assert tokens == sorted(tokens, reverse=True) and 200 <= tokens[-1] < 400
    cached, twice = [room.cached for room in rooms], [room.checkpointing for room in rooms]
    assert cached == sorted(cached, reverse=True) and twice == sorted(twice)
    assert not cached[-1] and twice[-1] and not any(room.offload for room in rooms)


def test_what_is_set_is_not_chosen(files: ModelFiles, monkeypatch: pytest.MonkeyPatch):
    plain = chosen(files, monkeypatch, 200, **PLAIN)
    assert plain == Room(training=400, evaluation=400, checkpointing=True, cached=False)
    kept = {"micro_batch": "batch", "gradient_checkpointing": False, "base_weights": "cached"}
    assert chosen(files, monkeypatch, 0.1, **kept) == Room(
        training=400, evaluation=400, checkpointing=False, cached=True
    )
    few = chosen(files, monkeypatch, 0.1, base_weights="cached")
    assert few.cached and few.checkpointing
    assert not chosen(files, monkeypatch, 200, strategy="lora").cached


def test_activations_take_about_what_is_predicted(files: ModelFiles, tmp_path: Path, tiny_qwen: Path):
    """Bytes that autograd keeps for the backward pass of one micro-batch, beside what was told before."""
    from training.base.shapes import shapes_of

    for dropout in (0.0, 0.05):
        kept: dict[int, int] = {}
        settings = make_job(tmp_path, tiny_qwen, dropout=dropout, strategy="lora").train
        model = adapted_with(settings)
        known = {value.untyped_storage().data_ptr() for value in [*model.parameters(), *model.buffers()]}

        def keep(tensor: torch.Tensor, known: set[int] = known, kept: dict[int, int] = kept) -> torch.Tensor:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in known:
                kept[storage.data_ptr()] = storage.nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            hidden = model.base_model.model.model(input_ids=torch.ones(1, 256, dtype=torch.long), use_cache=False)
        assert hidden.last_hidden_state.requires_grad
        room = Room(training=256, evaluation=0, checkpointing=False)
        expected = estimate.estimate_memory(shapes_of(files), settings, room).activations * 2**30
        assert sum(kept.values()) == pytest.approx(expected, rel=0.25)


def adapted_with(settings: TrainSettings) -> Any:
    from peft import get_peft_model

    base = models.load_base(models.find(settings), settings)
    lora = LoraConfig(task_type="CAUSAL_LM", r=4, lora_dropout=settings.dropout, target_modules="all-linear")
    return get_peft_model(base, lora).train()
