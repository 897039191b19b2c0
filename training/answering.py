"""Asks the trained adapters, beside the base model."""

from __future__ import annotations

from pathlib import Path

from training import adapters, models
from training.inference import generate
from training.prompts import encode_question


def answer(question: str, folder: Path, context: str | None = None, max_new_tokens: int = 256) -> tuple[str, str]:
    """The answers of the base model and of the adapters in `folder`, whose manifest names the base.

    `context` is a passage to answer from. Raises QuireError where there are no adapters or their base is gone.
    """
    train, files = models.base_of(adapters.read_manifest(folder))
    tokenizer = models.load_tokenizer(files)
    stops = models.stop_ids(files, tokenizer)
    model = models.load_adapted(files, train, folder)
    prompt = [encode_question(question, context or "", tokenizer, train)]
    with model.disable_adapter():
        (before,) = generate(model, tokenizer, stops, prompt, max_new_tokens)
    (after,) = generate(model, tokenizer, stops, prompt, max_new_tokens)
    return before, after
