"""Answered questions in front of a question: what the base model does when it is shown examples instead of trained."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from augment.records import QAPair
from training.prompts import Encoded, row
from training.settings import TrainSettings


def with_shots(
    examples: Sequence[Encoded],
    pairs: Sequence[QAPair],
    pool: Sequence[QAPair],
    tokenizer: Any,
    train: TrainSettings,
    *,
    shots: int,
    window: int,
    seed: int,
) -> list[tuple[Encoded, int]]:
    """Each example with up to `shots` answered pairs of `pool` before its question, and how many fitted.

    `pairs` are those that `examples` encode; the completion, and with it what is scored, stays what it was. The pairs
    in front are drawn for each question by seed and id, so that no single lucky draw decides, and as many of them are
    left out as it takes for all to fit into `window` tokens.
    """
    shown = []
    for example, pair in zip(examples, pairs, strict=True):
        drawn = random.Random(f"{seed}:shots:{pair.id}").sample(pool, min(shots, len(pool)))
        prompt = example.prompt
        while drawn:
            longer = _prompt(pair, drawn, tokenizer, train)
            if len(longer) + len(example.completion) <= window:
                prompt = tuple(longer)
                break
            drawn.pop()
        shown.append((replace(example, prompt=prompt), len(drawn)))
    return shown


def _prompt(pair: QAPair, drawn: Sequence[QAPair], tokenizer: Any, train: TrainSettings) -> list[int]:
    """The tokens of answered pairs and a question, each in the format that is trained."""
    rows, asked = [row(each, train) for each in drawn], row(pair, train)["prompt"]
    if isinstance(asked, str):
        answered = "".join(f"{each['prompt']}{each['completion']}\n\n" for each in rows)
        return list(tokenizer(answered + asked)["input_ids"])
    turns = [turn for each in rows for turn in (*each["prompt"], *each["completion"])]
    text = tokenizer.apply_chat_template([*turns, *asked], tokenize=False, add_generation_prompt=True)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
