"""Base models in four bits, on whatever processor the tests run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from extractors.errors import QuireError
from training.base.models import base_of, find, load_base, load_tokenizer, stop_ids
from training.settings import TrainSettings


def test_linear_layers_are_in_nf4_with_double_quantisation(tiny_qwen: Path):
    import bitsandbytes

    settings = TrainSettings(model=str(tiny_qwen))
    model = load_base(find(settings), settings)
    layer = model.model.layers[0].self_attn.q_proj
    assert isinstance(layer, bitsandbytes.nn.Linear4bit)
    assert layer.weight.quant_state.quant_type == "nf4" and layer.weight.quant_state.nested
    assert not isinstance(model.lm_head, bitsandbytes.nn.Linear4bit)
    assert not model.generation_config.do_sample and model.generation_config.repetition_penalty in (None, 1.0)
    whole = load_base(find(settings), settings.model_copy(update={"strategy": "lora"}))
    assert not any(isinstance(module, bitsandbytes.nn.Linear4bit) for module in whole.modules())


def test_an_evaluation_leaves_the_gradients_of_training_as_they_were(tiny_qwen: Path):
    """bitsandbytes repacks four-bit weights at the first evaluation on some processors, and loses gradients by it."""
    import torch
    from peft import LoraConfig, get_peft_model

    settings = TrainSettings(model=str(tiny_qwen))
    torch.manual_seed(0)
    model = get_peft_model(load_base(find(settings), settings), LoraConfig(r=4, target_modules="all-linear"))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    ids = torch.arange(40).view(2, 20)

    def gradients() -> dict[str, Any]:
        model.train()
        model.zero_grad()
        model(input_ids=ids, labels=ids).loss.backward()
        return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}

    before = gradients()
    model.eval()
    with torch.no_grad():
        model(input_ids=ids)
    after = gradients()
    assert before and before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_generation_stops_at_every_end_the_repository_names(tiny_qwen: Path, tiny_llama: Path):
    for folder, expected in ((tiny_qwen, {"<|im_end|>", "<|endoftext|>"}), (tiny_llama, {"</s>"})):
        files = find(TrainSettings(model=str(folder)))
        tokenizer = load_tokenizer(files)
        assert {tokenizer.decode([token]) for token in stop_ids(files, tokenizer)} == expected
        assert tokenizer.pad_token is not None


def test_a_folder_that_is_no_causal_model_is_named(tiny_qwen: Path, tmp_path: Path):
    for file in tiny_qwen.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"not weights at all")
    settings = TrainSettings(model=str(tmp_path))
    with pytest.raises(QuireError, match=f"The model in {tmp_path} cannot be loaded"):
        load_base(find(settings), settings)


def test_a_base_that_changed_since_training_is_refused(tiny_qwen: Path):
    settings = TrainSettings(model=str(tiny_qwen))
    manifest = {"settings": {"train": settings.model_dump()}, "base": {"revision": find(settings).revision}}
    assert base_of(manifest)[1].folder == tiny_qwen
    with pytest.raises(QuireError, match="were trained on 0123456789ab"):
        base_of({**manifest, "base": {"revision": "0123456789ab"}})
    with pytest.raises(QuireError, match=r"by another version of Quire.*Run `quire train` again"):
        base_of({**manifest, "settings": {"train": {"quantization": "nf4"}}})
