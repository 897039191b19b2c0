"""Prompts, and the tokens that are read and learnt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from augment.models import locate
from extractors.errors import QuireError
from tests.training.made_up import make_pair
from training.base.models import STARTER, load_base, load_tokenizer, stop_ids
from training.prompts import IGNORED, encode, encode_question, row
from training.settings import TrainSettings

PAIRS = [make_pair("ash", number) for number in range(4)]


def loaded(folder: Path) -> tuple[Any, frozenset[int]]:
    files = locate(str(folder), "", STARTER)
    tokenizer = load_tokenizer(files)
    return tokenizer, stop_ids(files, tokenizer)


def test_the_question_format_is_that_of_the_quick_run():
    assert row(PAIRS[0], TrainSettings(prompt="question")) == {
        "prompt": "Below is a question about AI research. Answer accordingly.\n### Question:\n"
        "Which iron is in the white flask ash0?\n### Answer:\n",
        "completion": "The sample ash 0 is white iron.",
    }


def test_the_instruction_format_has_instruction_input_and_response():
    made = row(PAIRS[0], TrainSettings(prompt="instruction", with_context=True))
    assert made["prompt"] == (
        "Instruction:\nWhich iron is in the white flask ash0?\n\n"
        "Input:\nThe sample ash 0 is white iron. It was weighed.\n\nResponse:\n"
    )
    assert "Input" not in row(PAIRS[0], TrainSettings(prompt="instruction"))["prompt"]


@pytest.mark.parametrize("prompt", ["chat", "question", "instruction"])
def test_the_passage_stands_in_the_prompt_only_where_asked_for(prompt: str):
    with_context, without = (
        str(row(PAIRS[0], TrainSettings(prompt=prompt, with_context=choice))["prompt"]) for choice in (True, False)
    )
    assert "It was weighed." in with_context and "It was weighed." not in without


@pytest.mark.parametrize("model", ["tiny_qwen", "tiny_llama"])
@pytest.mark.parametrize("prompt", ["chat", "question", "instruction"])
def test_the_answer_and_its_end_are_learnt_and_nothing_else(request: pytest.FixtureRequest, model: str, prompt: str):
    tokenizer, stops = loaded(request.getfixturevalue(model))
    settings = TrainSettings(prompt=prompt)
    for pair, example in zip(PAIRS, encode(PAIRS, tokenizer, stops, settings), strict=True):
        assert tokenizer.decode(example.completion, skip_special_tokens=True).strip() == pair.answer
        assert example.completion[-1] == tokenizer.eos_token_id
        assert pair.question in tokenizer.decode(example.prompt)
        assert list(example.prompt) == encode_question(pair.question, "", tokenizer, settings)
        assert example.labels == [IGNORED] * len(example.prompt) + list(example.completion)
        assert len(example) == len(example.input_ids) == len(example.labels)


@pytest.mark.parametrize("model", ["tiny_qwen", "tiny_llama"])
@pytest.mark.parametrize("prompt", ["chat", "question", "instruction"])
def test_the_tokens_are_those_that_trl_makes_of_the_same_rows(
    request: pytest.FixtureRequest, tmp_path: Path, model: str, prompt: str
):
    """But for what a chat template writes after the end of the turn, which TRL would have learnt."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    folder = request.getfixturevalue(model)
    tokenizer, stops = loaded(folder)
    settings = TrainSettings(prompt=prompt, strategy="lora")
    trainer = SFTTrainer(
        model=load_base(locate(str(folder), "", STARTER), settings),
        args=SFTConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False, report_to="none", max_length=None),
        train_dataset=Dataset.from_list([row(pair, settings) for pair in PAIRS]),
        processing_class=tokenizer,
    )
    for ours, theirs in zip(encode(PAIRS, tokenizer, stops, settings), trainer.train_dataset, strict=True):
        length = len(ours)
        assert theirs["input_ids"][:length] == ours.input_ids
        assert theirs["labels"][:length] == ours.labels
        assert tokenizer.decode(theirs["input_ids"][length:]).strip() == ""


def test_a_template_that_rewrites_an_answered_question_is_refused(tiny_qwen: Path):
    tokenizer, stops = loaded(tiny_qwen)
    tokenizer.chat_template = (
        "{% for message in messages %}{{ loop.length }}{{ message['content'] }}<|im_end|>{% endfor %}"
    )
    with pytest.raises(QuireError, match=r"writes a question differently .* train\.prompt"):
        encode(PAIRS, tokenizer, stops, TrainSettings())


def test_a_model_without_a_chat_template_is_told_what_to_set(tiny_qwen: Path):
    tokenizer, stops = loaded(tiny_qwen)
    tokenizer.chat_template = None
    with pytest.raises(QuireError, match=r"no chat template\. Set train\.prompt"):
        encode(PAIRS, tokenizer, stops, TrainSettings())
    assert encode(PAIRS, tokenizer, stops, TrainSettings(prompt="question"))


def test_a_token_across_the_border_leaves_the_prompt_as_it_is_asked(tiny_qwen: Path):
    """Where prompt and answer would share a token, training keeps the tokens of the prompt alone."""
    tokenizer, stops = loaded(tiny_qwen)
    beginning, whole = tokenizer(" wh")["input_ids"], tokenizer(" white")["input_ids"]
    assert whole[: len(beginning)] != beginning
    tokenizer.chat_template = (
        "{{ messages[0]['content'] }} wh{% if messages | length > 1 %}{{ messages[1]['content'] }}<|im_end|>{% endif %}"
    )
    pair = make_pair("ash", 1, answer="ite")
    (example,) = encode([pair], tokenizer, stops, TrainSettings())
    assert list(example.prompt) == encode_question(pair.question, "", tokenizer, TrainSettings())
    assert tokenizer.decode(example.input_ids).endswith(" white<|im_end|>")
