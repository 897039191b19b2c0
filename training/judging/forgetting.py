"""Whether training cost the model what it knew: its loss on general text, before and after.

`general.txt` holds short paragraphs about many fields, written for this project and frozen, so that the figures of two
trainings can be compared. A loss that rises by more than two or three percent is worth a look (Biderman et al. 2024 on
what LoRA forgets).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from extractors.records import Record
from training.inference import Budget, Likelihood, likelihood
from training.judging.verdict import Difference, difference
from training.prompts import Encoded

GENERAL = Path(__file__).with_name("general.txt")
LIMIT = 0.03
"""Rise of the loss, as a share of the base model's, beyond which it is said that something was forgotten."""


class Loss(Record):
    """Mean negative log-likelihood of a token of the general text, and its exponential."""

    loss: float
    perplexity: float


class Forgetting(Record):
    """Loss on general text of base and adapters; `difference` is the adapters' less the base's, `share` that by the
    base's."""

    sentence: str
    forgot: bool
    limit: float
    base: Loss
    adapters: Loss
    difference: Difference
    share: float
    paragraphs: int
    tokens: int


def paragraphs() -> list[str]:
    """The general text."""
    return GENERAL.read_text(encoding="utf-8").strip().split("\n\n")


def forgetting(model: Any, tokenizer: Any, budget: Budget, draws: int, seed: int) -> Forgetting:
    """Judges a PEFT model in evaluation mode. Paragraphs are read as plain text, without the prompt of a question, and
    drawn again for the interval."""
    read = [Encoded(str(number), (), tuple(tokenizer(text)["input_ids"])) for number, text in enumerate(paragraphs())]
    with model.disable_adapter():
        before = likelihood(model, tokenizer, read, budget)
    after = likelihood(model, tokenizer, read, budget)
    rise = difference(
        [example.id for example in read],
        [trained.nll - base.nll for trained, base in zip(after, before, strict=True)],
        [base.tokens for base in before],
        draws,
        seed,
    )
    base, adapters = _loss(before), _loss(after)
    share = rise.value / base.loss
    return Forgetting(
        sentence=_sentence(len(read), base, adapters, share),
        forgot=share > LIMIT,
        limit=LIMIT,
        base=base,
        adapters=adapters,
        difference=rise,
        share=share,
        paragraphs=len(read),
        tokens=sum(base.tokens for base in before),
    )


def _loss(found: list[Likelihood]) -> Loss:
    loss = sum(each.nll for each in found) / sum(each.tokens for each in found)
    return Loss(loss=loss, perplexity=math.exp(min(loss, 700)))


def _sentence(number: int, base: Loss, adapters: Loss, share: float) -> str:
    moved = f"loss {base.loss:.3f} to {adapters.loss:.3f} ({100 * share:+.1f} %"
    where = f"On general text ({number} paragraphs on other subjects)"
    if share > LIMIT:
        return f"{where}, the model forgot: {moved}, more than the {100 * LIMIT:.0f} % that pass)."
    return f"{where}, no sign of forgetting: {moved}; more than {100 * LIMIT:.0f} % would be one)."
