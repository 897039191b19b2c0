"""What a model makes of examples: how likely it finds their completions, and how it goes on from their prompts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from extractors.errors import QuireError
from extractors.records import Record
from training import ranks
from training.memory.microbatch import piecewise
from training.prompts import IGNORED, Encoded


@dataclass(slots=True)
class Budget:
    """Tokens that a batch may hold, padding included; fewer from then on where they were too many.

    `told` hears the new number and the error's words each time memory ran out.
    """

    tokens: int
    told: Callable[[int, str], None] = lambda tokens, error: None

    def each(self, lengths: Sequence[int], work: Callable[[list[int]], None]) -> None:
        """Calls `work` with places of rows of about the same length until each was in a batch that went well: one that
        runs out of memory is halved and done again, so `work` must keep nothing of it.

        Raises QuireError where a single row does not fit.
        """
        piecewise(lengths, True, lambda: self.tokens, work, self._halve)

    def _halve(self, rows: int, held: int, error: str) -> bool:
        if ranks.count() > 1:
            raise QuireError(
                f"Memory ran out over {rows} rows of {held} tokens, and the other processes wait for their layers: "
                f"{error}",
                fix=f"Set evaluate.batch_tokens to {held // 2} or lower.",
            )
        if rows == 1:
            raise QuireError(
                f"Memory ran out over a single row of {held} tokens: {error}",
                fix="Judge with less: quire evaluate --set evaluate.shots=1 --set evaluate.max_new_tokens=32. "
                "If that does not help, train with a lower train.max_length or a smaller train.model.",
            )
        self.tokens = held // 2
        self.told(self.tokens, error)
        return False


class Likelihood(Record):
    """Of one example's completion: summed negative log-likelihood, tokens, and how many were the likeliest."""

    nll: float
    tokens: int
    correct: int


def likelihood(model: Any, tokenizer: Any, examples: Sequence[Encoded], budget: Budget) -> list[Likelihood]:
    """The likelihood of each example's completion. Logits are made for no other position."""
    import torch

    found: dict[int, Likelihood] = {}

    def judge(batch: list[int]) -> None:
        chosen = [examples[at] for at in batch]
        ids, mask = _padded([example.input_ids for example in chosen], tokenizer.pad_token_id, left=False)
        labels, _ = _padded([example.labels for example in chosen], IGNORED, left=False)
        targets = labels[:, 1:]
        positions = (targets != IGNORED).any(dim=0).nonzero().squeeze(1)
        with torch.inference_mode():
            logits = model(
                input_ids=ids.to(model.device),
                attention_mask=mask.to(model.device),
                logits_to_keep=(positions - ids.shape[1]).to(model.device),  # virtual tokens may stand in front
                use_cache=False,
            ).logits.float()
        wanted = targets[:, positions].to(logits.device)
        losses = torch.nn.functional.cross_entropy(
            logits.transpose(1, 2), wanted, ignore_index=IGNORED, reduction="none"
        ).sum(dim=1)
        right = ((logits.argmax(dim=-1) == wanted) & (wanted != IGNORED)).sum(dim=1)
        tokens = (wanted != IGNORED).sum(dim=1)
        for at, nll, count, correct in zip(batch, losses.tolist(), tokens.tolist(), right.tolist(), strict=True):
            found[at] = Likelihood(nll=nll, tokens=count, correct=correct)

    budget.each([len(example) for example in examples], judge)
    return [found[at] for at in range(len(examples))]


def answers(
    model: Any,
    tokenizer: Any,
    stops: frozenset[int],
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    budget: Budget,
    told: Callable[[int], None],
) -> list[str]:
    """The likeliest continuation of each prompt of token ids; `told` hears after each batch how many there are."""
    found: dict[int, str] = {}

    def go_on(batch: list[int]) -> None:
        chosen = [prompts[at] for at in batch]
        found.update(zip(batch, generate(model, tokenizer, stops, chosen, max_new_tokens), strict=True))
        told(len(found))

    budget.each([len(prompt) + max_new_tokens for prompt in prompts], go_on)
    return [found[at] for at in range(len(prompts))]


def generate(
    model: Any, tokenizer: Any, stops: frozenset[int], prompts: Sequence[Sequence[int]], max_new_tokens: int
) -> list[str]:
    """The likeliest continuation, token by token, of each prompt of token ids, all in one batch."""
    import torch
    from transformers import GenerationConfig

    ids, mask = _padded(prompts, tokenizer.pad_token_id, left=True)
    config = GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=False,
        eos_token_id=sorted(stops),
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.inference_mode():
        made = model.generate(
            input_ids=ids.to(model.device), attention_mask=mask.to(model.device), generation_config=config
        )
    answers: list[str] = tokenizer.batch_decode(made[:, ids.shape[1] :], skip_special_tokens=True)
    return [answer.strip() for answer in answers]


def _padded(rows: Sequence[Sequence[int]], filler: int, *, left: bool) -> tuple[Any, Any]:
    import torch

    width = max(len(row) for row in rows)
    values = torch.full((len(rows), width), filler)
    mask = torch.zeros((len(rows), width), dtype=torch.long)
    for at, row in enumerate(rows):
        place = slice(width - len(row), width) if left else slice(0, len(row))
        values[at, place] = torch.tensor(row)
        mask[at, place] = 1
    return values, mask
