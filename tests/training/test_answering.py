"""What was trained and its base, asked side by side, for every strategy and prompt."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from extractors.errors import QuireError
from tests.training.published import SPREAD, publish
from training import answering
from training.answering import answer
from training.base import models
from training.inference import generate
from training.prompts import encode_question
from training.strategies import STRATEGIES

QUESTION = "Which iron is in the red flask ash3?"


@pytest.mark.parametrize("strategy", SPREAD)
def test_both_answer_the_question_as_it_was_trained(strategy: str, tiny_qwen: Path, tmp_path: Path):
    job = publish(tmp_path, tiny_qwen, strategy, prompt="instruction")
    before, after = answer(QUESTION, job.adapters, max_new_tokens=8)
    files = models.find(job.train)
    tokenizer = models.load_tokenizer(files)
    prompt = [encode_question(QUESTION, "", tokenizer, job.train)]
    stops = models.stop_ids(files, tokenizer)
    assert before == generate(models.load_base(files, job.train).eval(), tokenizer, stops, prompt, 8)[0]
    assert (
        after
        == generate(STRATEGIES[job.train.strategy].load(files, job.train, job.adapters), tokenizer, stops, prompt, 8)[0]
    )
    assert before != after


def test_a_passage_is_asked_for_where_it_was_trained_with(
    tiny_qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with_it = publish(tmp_path / "with", tiny_qwen, "lora", with_context=True)
    without = publish(tmp_path / "without", tiny_qwen, "lora")
    with pytest.raises(QuireError, match=r"trained to answer from a passage\. Give one: --passage"):
        answer(QUESTION, with_it.adapters)
    with pytest.raises(QuireError, match=r"trained to answer without a passage\. Leave --passage out"):
        answer(QUESTION, without.adapters, "It is red.")
    asked: list[str] = []

    def noting(question: str, passage: str, tokenizer: Any, train: Any) -> list[int]:
        asked.append(passage)
        return encode_question(question, passage, tokenizer, train)

    monkeypatch.setattr(answering, "encode_question", noting)
    answer(QUESTION, with_it.adapters, "It is red.", max_new_tokens=2)
    assert asked == ["It is red."]


def test_a_base_that_changed_or_adapters_that_are_not_whole_are_refused(tiny_qwen: Path, tmp_path: Path):
    base = tmp_path / "base"
    shutil.copytree(tiny_qwen, base)
    job = publish(tmp_path / "job", base, "lora")
    weights = job.adapters / "adapter_model.safetensors"
    kept = weights.read_bytes()
    weights.unlink()
    with pytest.raises(QuireError, match=r"not whole: adapter_model\.safetensors is missing"):
        answer(QUESTION, job.adapters)
    weights.write_bytes(kept)
    (base / "generation_config.json").write_text('{"eos_token_id": [2]}')
    with pytest.raises(QuireError, match="these adapters were trained on"):
        answer(QUESTION, job.adapters)
    shutil.rmtree(base)
    with pytest.raises(QuireError, match="There is no model folder"):
        answer(QUESTION, job.adapters)
    with pytest.raises(QuireError, match=r"There are no adapters.*quire train"):
        answer(QUESTION, tmp_path / "none")
