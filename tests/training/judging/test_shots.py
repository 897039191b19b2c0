"""Answered questions in front of a question."""

from __future__ import annotations

import pytest

from tests.training.made_up import make_pair
from training.base import models
from training.judging.shots import with_shots
from training.prompts import encode
from training.settings import TrainSettings

POOL = [make_pair("bay", number) for number in range(20)]
ASKED = [make_pair("ash", number) for number in range(6)]


def shown(folder, shots=3, window=2000, seed=1, pairs=ASKED, **changes):
    settings = TrainSettings.model_validate({"model": str(folder), **changes})
    files = models.find(settings)
    tokenizer = models.load_tokenizer(files)
    examples = encode(pairs, tokenizer, models.stop_ids(files, tokenizer), settings)
    made = with_shots(examples, pairs, POOL, tokenizer, settings, shots=shots, window=window, seed=seed)
    return tokenizer, examples, made


def test_a_chat_shows_answered_turns_before_the_question(tiny_qwen):
    tokenizer, examples, made = shown(tiny_qwen, shots=2)
    for pair, example, (longer, fitted) in zip(ASKED, examples, made, strict=True):
        text = tokenizer.decode(longer.prompt)
        drawn = [each for each in POOL if each.question in text]
        assert fitted == len(drawn) == 2 and all(f"{each.answer}<|im_end|>" in text for each in drawn)
        assert text.endswith(f"{pair.question}<|im_end|>\n<|im_start|>assistant\n") and pair.answer not in text
        assert text.count("<|im_start|>user") == 3 and text.count("<|im_start|>system") == 1
        assert longer.completion == example.completion and longer.id == example.id


@pytest.mark.parametrize("prompt", ["question", "instruction"])
def test_plain_prompts_follow_each_other_in_the_same_form(tiny_qwen, prompt):
    tokenizer, examples, made = shown(tiny_qwen, prompt=prompt)
    form = tokenizer.decode(examples[0].prompt)
    for example, (longer, _) in zip(examples, made, strict=True):
        text, alone = tokenizer.decode(longer.prompt), tokenizer.decode(example.prompt)
        assert text.endswith(alone) and text.count("\n\n" + form[:12]) == 3
        assert [part.strip() in {each.answer for each in POOL} for part in _answers(text, alone)] == [True] * 3


def _answers(text: str, alone: str) -> list[str]:
    """What stands between each prompt and the next, where every prompt ends as `alone` does."""
    end = alone[alone.rindex("\n", 0, -1) :]
    return [part.split("\n")[0] for part in text.split(end)[1:-1]]


def test_passages_come_with_their_questions_where_they_are_trained_so(tiny_qwen):
    tokenizer, _, made = shown(tiny_qwen, with_context=True)
    assert tokenizer.decode(made[0][0].prompt).count("It was weighed.") == 4


def test_as_many_are_left_out_as_the_window_asks(tiny_qwen):
    _, _, made = shown(tiny_qwen, shots=8, window=300)
    assert all(len(longer) <= 300 for longer, _ in made)
    assert all(0 < fitted < 8 for _, fitted in made)
    _, examples, made = shown(tiny_qwen, window=10)
    assert made == [(example, 0) for example in examples]
    _, examples, made = shown(tiny_qwen, shots=0)
    assert made == [(example, 0) for example in examples]


def test_what_is_drawn_hangs_on_seed_and_question_alone(tiny_qwen):
    _, _, made = shown(tiny_qwen)
    assert shown(tiny_qwen, pairs=ASKED[::-1])[2][::-1] == made
    assert shown(tiny_qwen, seed=2)[2] != made
    assert len({longer.prompt[:60] for longer, _ in made}) > 1
