"""Asks the trained adapters, beside the base model."""

from __future__ import annotations

from pathlib import Path

from extractors.errors import QuireError
from training import adapters
from training.base import models
from training.inference import generate
from training.prompts import encode_question
from training.strategies import STRATEGIES


def answer(question: str, folder: Path, passage: str = "", max_new_tokens: int = 256) -> tuple[str, str]:
    """The answers of the base model and of what was trained in `folder`, whose manifest names base and prompt.

    Raises QuireError where there are no whole adapters, their base is gone or has changed, or they are asked otherwise
    than they were trained: with a passage to answer from or without one.
    """
    train, files = models.base_of(adapters.verified(folder))
    if train.with_context and not passage:
        raise QuireError(
            f"The adapters in {folder} were trained to answer from a passage.", fix='Give one: --passage "...".'
        )
    if passage and not train.with_context:
        raise QuireError(
            f"The adapters in {folder} were trained to answer without a passage.",
            fix="Leave --passage out, or train with train.with_context = true.",
        )
    tokenizer = models.load_tokenizer(files)
    stops = models.stop_ids(files, tokenizer)
    model = STRATEGIES[train.strategy].load(files, train, folder)
    prompt = [encode_question(question, passage, tokenizer, train)]
    (after,) = generate(model, tokenizer, stops, prompt, max_new_tokens)
    with model.disable_adapter():
        (before,) = generate(model, tokenizer, stops, prompt, max_new_tokens)
    return before, after
