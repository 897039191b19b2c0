"""The loss on general text, before and after."""

from __future__ import annotations

import pytest

from training.base.models import STARTER
from training.inference import Budget
from training.judging.forgetting import LIMIT, forgetting, paragraphs


def test_the_general_text_is_many_short_paragraphs_and_none_twice():
    found = paragraphs()
    assert 20 <= len(found) <= 40 and len(set(found)) == len(found)
    assert all(50 <= len(text.split()) <= 100 and "\n" not in text for text in found)
    openings = {text.split()[0] for text in found}
    assert len(openings) > 15


def test_loss_and_share_are_those_of_the_whole_text(reloaded):
    import torch

    model, tokenizer, _, job = reloaded
    found = forgetting(model, tokenizer, Budget(2048), 200, job.seed)
    summed = tokens = 0.0
    for text in paragraphs():
        ids = torch.tensor([tokenizer(text)["input_ids"]])
        with torch.no_grad():
            summed += model(input_ids=ids, labels=ids).loss.item() * (ids.shape[1] - 1)
        tokens += ids.shape[1] - 1
    assert found.tokens == tokens
    assert found.adapters.loss == pytest.approx(summed / tokens, abs=1e-4)
    assert found.share == pytest.approx(found.adapters.loss / found.base.loss - 1)
    assert found.difference.low < found.difference.value < found.difference.high
    assert f"({100 * found.share:+.1f} %" in found.sentence


def test_a_model_that_forgot_is_told_and_one_that_did_not_is_not():
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(STARTER)
    base = AutoModelForCausalLM.from_pretrained(STARTER, dtype=torch.float32)
    torch.manual_seed(0)
    model = get_peft_model(base, LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM")).eval()
    same = forgetting(model, tokenizer, Budget(2048), 200, 1)
    assert same.share == 0 and not same.forgot and "no sign of forgetting" in same.sentence
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.3)
    wild = forgetting(model, tokenizer, Budget(2048), 200, 1)
    assert wild.base == same.base
    assert wild.share > LIMIT and wild.forgot and "the model forgot" in wild.sentence
