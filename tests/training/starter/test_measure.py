"""The figures of starter language models, on text and answers whose scores are known."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest

from training.starter import measure
from training.starter.conversations import Exchange, asked_by_people
from training.starter.corpus import ASKED, TEXT, read_text
from training.starter.recipe import Recipe

EXCHANGES = [
    Exchange("What is pruned?", "The network is pruned.", "Labels are smoothed. The network is pruned.", "network"),
    Exchange("How many layers?", "It has twelve layers.", "It has twelve layers. They are wide.", "twelve"),
]
DATA = Path(__file__).parents[4] / "shared" / "data"


def test_scores_count_ends_words_and_spans() -> None:
    answers = measure.judge(["The network is pruned.<|im_end|>", "It has two layers"], EXCHANGES)
    assert (answers.ended, answers.contained) == (0.5, 0.5)
    assert answers.f1 == pytest.approx((1 + 2 * 3 / 8) / 2)


def test_copying_the_passage_scores_less_than_the_answer() -> None:
    floors = measure.floors(EXCHANGES)
    assert floors["passage copied"].contained == floors["passage copied"].ended == 1
    assert 0.5 < floors["passage copied"].f1 < 1
    assert floors["another row's answer"].f1 == 0


def test_a_model_that_knows_nothing_pays_the_logarithm_of_its_vocabulary(tiny_qwen: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, tokenizer = AutoModelForCausalLM.from_pretrained(tiny_qwen), AutoTokenizer.from_pretrained(tiny_qwen)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    text = "Ash bay cob. " * 100
    found = measure.likeliness(model, tokenizer, [text, text])
    tokens = 2 * (len(tokenizer(text)["input_ids"]) + 1)
    assert (found.tokens, found.octets) == (tokens, 2 * len(text))
    assert tokens > measure.WINDOW
    assert found.perplexity == pytest.approx(model.config.vocab_size, rel=1e-4)
    assert found.bits_per_byte == pytest.approx(math.log2(model.config.vocab_size) * tokens / (2 * len(text)), rel=1e-4)


def test_bits_a_byte_do_not_hang_on_the_cut_of_documents(tiny_qwen: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, tokenizer = AutoModelForCausalLM.from_pretrained(tiny_qwen), AutoTokenizer.from_pretrained(tiny_qwen)
    once, twice = (measure.likeliness(model, tokenizer, ["Ash bay cob."] * times) for times in (1, 2))
    assert twice.tokens == 2 * once.tokens and twice.octets == 2 * once.octets


def test_a_table_has_a_column_a_model_and_gaps_where_nothing_was_measured() -> None:
    shown = measure.table({"one": {"a": "1", "b": "2"}, "two": {"b": "3"}})
    assert shown.splitlines() == ["| | one | two |", "|---|---|---|", "| a | 1 |  |", "| b | 2 | 3 |"]


def test_the_command_skips_with_a_reason_where_there_is_no_data(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training.starter.measure", "--data", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0
    assert run.stdout.startswith("skipped: There is no ") and "arxiv_ai" in run.stdout


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_what_is_measured_was_not_trained_on() -> None:
    held = measure.read_held(DATA)
    kept, _ = read_text(DATA, TEXT[:1], Recipe().held_out_every)
    assert len(held.texts["abstracts on AI"]) > 200
    assert not set(held.texts["abstracts on AI"]) & set(kept)
    learnt = {(each.question, each.answer) for each in asked_by_people(DATA / ASKED.path, 1)}
    assert len(held.exchanges) == measure.SAMPLE
    assert not {(each.question, each.answer) for each in held.exchanges} & learnt
