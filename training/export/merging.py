"""Adapters and their base as one model: into the base as its repository has it, never into the four-bit copy that they
may have been trained on, whose rounding would stay in the weights for good.

Whether the merged model is the adapted one is measured, on the file that was written: the logits of both on sample
questions. Two things make them differ. The sums come out in another order, which is noise; and the weights are rounded
to the type they are stored in, which can drown what adapters with small changes have learnt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from extractors.errors import QuireError
from extractors.records import Record
from training.prompts import encode_question
from training.settings import TrainSettings

QUESTIONS = (
    "What is low-rank adaptation?",
    "Why does a language model need a learning rate schedule?",
    "Who wrote the report, and in which year?",
    "How many documents are in the test set?",
    "What happens when memory runs out during training?",
    "Which method needs the least memory?",
    "When should training stop early?",
    "How is an answer compared with the true one?",
)
"""What adapted and merged model are compared on."""

TOLERATED = 0.1
"""Root mean square difference of the logits of merged and adapted model, as a share of what the adapters change."""

NOISE = {"float32": 1e-4, "float16": 5e-3, "bfloat16": 3e-2}
"""The same, as a share of the spread of the logits, that sums in another order make in this type at most."""


class Parity(Record):
    """How far the merged model is from base and adapters, in root mean squares over all logits of the questions."""

    questions: int
    positions: int
    difference: float
    """Merged less adapted."""
    effect: float
    """Adapted less base: what the adapters change."""
    spread: float
    """Adapted less their mean at each position."""
    allowed: float
    same_top: float
    """Share of positions at which both find the same token likeliest."""

    @property
    def kept(self) -> bool:
        return self.difference <= self.allowed

    @property
    def sentence(self) -> str:
        share = f", {100 * self.difference / self.effect:.2g} % of what the adapters change" if self.effect else ""
        limit = "the noise of rounded sums" if self.allowed > TOLERATED * self.effect else "a tenth of that change"
        return (
            f"On {self.questions} sample questions the logits of the merged model differ by {self.difference:.2g} from "
            f"those of base and adapters{share} (root mean squares; {self.allowed:.2g} is allowed, {limit}); both find "
            f"the same token likeliest at {100 * self.same_top:.1f} % of {self.positions} positions."
        )


def sample_prompts(tokenizer: Any, train: TrainSettings) -> list[list[int]]:
    """The sample questions as the adapters were trained to be asked."""
    return [encode_question(question, "", tokenizer, train) for question in QUESTIONS]


def logits_of(model: Any, prompts: Sequence[Sequence[int]]) -> Any:
    """The logits at every position of each prompt, one below the other: a float32 tensor (positions, vocabulary) on the
    processor."""
    import torch

    with torch.inference_mode():
        rows = [
            model(input_ids=torch.tensor([prompt], device=model.device), use_cache=False).logits[0].float().cpu()
            for prompt in prompts
        ]
    return torch.cat(rows)


def merged(model: Any, dtype: Any) -> Any:
    """The base model of a PEFT model with its adapters added to its weights, in `dtype`.

    Raises QuireError where that gives numbers that are none.
    """
    try:
        return model.merge_and_unload(safe_merge=True).to(dtype)
    except ValueError as error:
        raise QuireError(f"The adapters cannot be merged: {error}", fix="Train again: `quire train`.") from error


def compared(base: Any, adapted: Any, after: Any, questions: int, noise: str) -> Parity:
    """The logits of base, adapted and merged model on so many questions, computed in the type `noise`."""
    spread = _rms(adapted - adapted.mean(dim=-1, keepdim=True))
    effect = _rms(adapted - base)
    return Parity(
        questions=questions,
        positions=len(adapted),
        difference=_rms(after - adapted),
        effect=effect,
        spread=spread,
        allowed=max(TOLERATED * effect, NOISE[noise] * spread),
        same_top=float((after.argmax(dim=-1) == adapted.argmax(dim=-1)).float().mean()),
    )


def _rms(values: Any) -> float:
    return float(values.pow(2).mean().sqrt())
