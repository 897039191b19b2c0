"""Rows end to end are read as each alone, and what is computed of them is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from training.learning.rows import ATTENTION, attend, end_to_end, read_rows_apart
from training.prompts import IGNORED

LENGTHS = [7, 3, 5]


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    ids = torch.arange(1, 22).reshape(3, 7)
    mask = torch.arange(7)[None] < torch.tensor(LENGTHS)[:, None]
    return {"input_ids": ids * mask, "labels": (ids * mask).where(mask, IGNORED), "attention_mask": mask.long()}


def test_rows_are_laid_end_to_end(batch: dict[str, torch.Tensor]):
    flat = end_to_end(batch, [2, 1], LENGTHS)
    assert flat["input_ids"].tolist() == [[15, 16, 17, 18, 19, 8, 9, 10]]
    assert flat["position_ids"].tolist() == [[0, 1, 2, 3, 4, 0, 1, 2]]
    assert flat["labels"].tolist() == [[IGNORED, 16, 17, 18, 19, IGNORED, 9, 10]]
    assert flat["cu_seq_lens_q"].tolist() == [0, 5, 8] and flat["row_lengths"] == [5, 3]


@pytest.mark.parametrize("family", ["qwen", "llama"])
def test_a_model_reads_rows_end_to_end_as_it_reads_them_with_padding(
    batch: dict[str, torch.Tensor], tiny_qwen: Path, tiny_llama: Path, family: str
):
    model = AutoModelForCausalLM.from_pretrained({"qwen": tiny_qwen, "llama": tiny_llama}[family])
    padded = model(**{name: batch[name] for name in ("input_ids", "attention_mask")}).logits
    assert read_rows_apart(model, 7) and model.config._attn_implementation == ATTENTION
    flat = end_to_end(batch, [0, 1, 2], LENGTHS)
    del flat["labels"]
    together = model(**flat).logits[0].split(LENGTHS)
    for row, logits in enumerate(together):
        assert torch.allclose(logits, padded[row, : LENGTHS[row]], atol=1e-5)
    model.config.save_pretrained(tiny_qwen.parent)
    assert ATTENTION not in (tiny_qwen.parent / "config.json").read_text()


def test_the_kernel_gets_the_bounds_of_rows_and_their_heads(monkeypatch: pytest.MonkeyPatch):
    """The kernel is for GPUs; here what it would do is computed from what it is given."""
    from training.learning import rows

    seen: dict[str, Any] = {}

    def varlen_attn(query: Any, key: Any, value: Any, *bounds: Any, scale: float, window_size: Any, enable_gqa: bool):
        seen.update(bounds=bounds, window=window_size)
        parts = []
        for first, last in zip(bounds[0][:-1].tolist(), bounds[0][1:].tolist(), strict=True):
            one = [tensor[first:last].transpose(0, 1)[None] for tensor in (query, key, value)]
            parts.append(
                torch.nn.functional.scaled_dot_product_attention(
                    *one, scale=scale, is_causal=window_size == (-1, 0), enable_gqa=enable_gqa
                )[0].transpose(0, 1)
            )
        return torch.cat(parts)

    torch.manual_seed(0)
    tensors = torch.randn(1, 4, 8, 16), torch.randn(1, 2, 8, 16), torch.randn(1, 2, 8, 16)
    bounds = torch.tensor([0, 5, 8], dtype=torch.int32)
    inputs = {"scaling": 0.3, "row_lengths": [5, 3], "cu_seq_lens_q": bounds}
    module = torch.nn.Module()
    plain, _ = attend(module, *tensors, None, **inputs)
    monkeypatch.setattr(rows, "_has_kernel", lambda query: True)
    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", varlen_attn)
    quick, _ = attend(module, *tensors, None, **inputs)
    assert quick.shape == plain.shape == (1, 8, 4, 16) and torch.allclose(quick, plain, atol=1e-6)
    assert seen["window"] == (-1, 0) and seen["bounds"][2:] == (5, 5)


def test_what_cannot_read_rows_apart_is_left_as_it_was(tiny_qwen: Path):
    from peft import PromptTuningConfig, get_peft_model
    from transformers import MambaConfig, MambaForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(tiny_qwen)
    before = model.config._attn_implementation
    tuned = get_peft_model(model, PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=3))
    assert not read_rows_apart(tuned, 7)
    assert model.config._attn_implementation == before
    model.config.layer_types, model.config.sliding_window = ["full_attention", "sliding_attention"], 6
    assert not read_rows_apart(model, 7)
    torch.manual_seed(0)
    without = MambaForCausalLM(MambaConfig(vocab_size=32, hidden_size=16, num_hidden_layers=1, initializer_range=0.5))
    assert not read_rows_apart(without, 7)
