"""The folder of the starter language model, made in small and as it ships."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.training.starter.made_up import SMALL
from training.starter import pretrain as starter
from training.starter import release

SHIPPED = Path(starter.__file__).parent / "lm"


def four_bit(folder: Path) -> Any:
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    nf4 = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    return AutoModelForCausalLM.from_pretrained(folder, quantization_config=nf4, device_map="cpu")


def test_tokenizer_keeps_text_and_control_tokens(made: Path, published: Any) -> None:
    text = "Naïve Bayes\n  scores 3.5 % — 数学, <b>x</b>"
    assert published.decode(published(text)["input_ids"]) == text
    assert [published.eos_token, published.pad_token] == ["<|im_end|>", "<|endoftext|>"]
    assert len(published("<|im_start|>user<|im_end|><|endoftext|>")["input_ids"]) <= 3 + len(
        published("user")["input_ids"]
    )
    settings = json.loads((made / "generation_config.json").read_text())
    assert settings["eos_token_id"] == [published.eos_token_id, published.pad_token_id]
    assert len(published) <= SMALL.vocabulary


def test_chat_template_is_stable_under_a_growing_conversation(published: Any) -> None:
    user, reply = {"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}
    prompt = published.apply_chat_template([user], add_generation_prompt=True, tokenize=False)
    assert prompt == "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n"
    assert published.apply_chat_template([user, reply], tokenize=False) == f"{prompt}Because.<|im_end|>\n"


def test_card_names_data_settings_and_versions(made: Path) -> None:
    card = (made / "README.md").read_text()
    for said in ("| abstracts.jsonl | made here |", "40 steps", "seed 3407", "began with | nothing", "torch "):
        assert said in card
    assert "Not measured. There is no " in card


def test_a_lora_step_on_nf4_weights_learns(made: Path, published: Any) -> None:
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    base = four_bit(made)
    model = get_peft_model(base, LoraConfig(r=8, target_modules="all-linear", task_type="CAUSAL_LM"))
    model.train()
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    assert trained and all("lora_" in name for name in trained)
    assert {type(m.get_base_layer()).__name__ for m in model.modules() if hasattr(m, "lora_A")} == {"Linear4bit"}
    text = "<|im_start|>user\nWhat is pruned?<|im_end|>\n<|im_start|>assistant\nThe expert.<|im_end|>\n"
    batch = published(text, return_tensors="pt")
    rule, losses = torch.optim.AdamW(trained.values(), lr=5e-3), []
    for _ in range(8):
        loss = model(**batch, labels=batch["input_ids"]).loss
        loss.backward()
        rule.step()
        rule.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.5


def test_shipped_model_answers_in_a_sentence_and_ends_its_turn() -> None:
    from transformers import AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(SHIPPED), four_bit(SHIPPED)
    answers = [release.answer(model, tokenizer, question) for question in release.SAMPLE_QUESTIONS]
    assert all(len(answer.split()) >= 3 for answer in answers)
    assert sum(answer.endswith("<|im_end|>") for answer in answers) >= 2
    assert (SHIPPED / "model.safetensors").stat().st_size <= 20e6
