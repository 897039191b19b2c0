"""A pair as prompt and completion, and as the tokens that are read and learnt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from augment.records import QAPair
from extractors.errors import QuireError
from training.settings import PromptFormat, TrainSettings

Message = dict[str, str]

IGNORED = -100
"""Label of a token that the loss does not count."""


def _chat(question: str, context: str) -> list[Message]:
    return [{"role": "user", "content": f"{context}\n\n{question}" if context else question}]


def _question(question: str, context: str) -> str:
    passage = f"### Context:\n{context}\n" if context else ""
    return (
        f"Below is a question about AI research. Answer accordingly.\n{passage}### Question:\n{question}\n### Answer:\n"
    )


def _instruction(question: str, context: str) -> str:
    passage = f"Input:\n{context}\n\n" if context else ""
    return f"Instruction:\n{question}\n\n{passage}Response:\n"


FORMATS: dict[PromptFormat, Callable[[str, str], str | list[Message]]] = {
    "chat": _chat,
    "question": _question,
    "instruction": _instruction,
}
"""Question and passage ('' for none) to a prompt: messages for the tokenizer's chat template, or plain text."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example as token ids. The completion is learnt, the prompt is read only."""

    id: str
    prompt: tuple[int, ...]
    completion: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.completion)

    @property
    def input_ids(self) -> list[int]:
        return [*self.prompt, *self.completion]

    @property
    def labels(self) -> list[int]:
        return [IGNORED] * len(self.prompt) + list(self.completion)


def row(pair: QAPair, settings: TrainSettings) -> dict[str, Any]:
    """The pair in the prompt and completion form of TRL: both plain text, or both messages."""
    prompt = FORMATS[settings.prompt](pair.question, pair.context if settings.with_context else "")
    if isinstance(prompt, str):
        return {"prompt": prompt, "completion": pair.answer}
    return {"prompt": prompt, "completion": [{"role": "assistant", "content": pair.answer}]}


def encode(pairs: Sequence[QAPair], tokenizer: Any, stops: frozenset[int], settings: TrainSettings) -> list[Encoded]:
    """The pairs as tokens. What is trained, judged and asked goes through here, so it cannot differ between them.

    Plain text ends with the end-of-sequence token, a chat as its template says; what a template writes after the last
    of the `stops` is left out. Raises QuireError where the tokenizer has no chat template, or one that writes a
    question differently once it is answered.
    """
    encoded = []
    for pair in pairs:
        example = row(pair, settings)
        prompt, whole, special = _texts(example, tokenizer)
        before = tokenizer(prompt, add_special_tokens=special)["input_ids"]
        after = tokenizer(whole, add_special_tokens=special)["input_ids"]
        if after[: len(before)] == before:
            completion = after[len(before) :]
        else:  # a token across the border: the prompt must stay what it is when a question is asked
            completion = tokenizer(whole[len(prompt) :], add_special_tokens=False)["input_ids"]
        encoded.append(Encoded(pair.id, tuple(before), tuple(_up_to_last(completion, stops))))
    return encoded


def encode_question(question: str, context: str, tokenizer: Any, settings: TrainSettings) -> list[int]:
    """The tokens of a question that has no answer yet."""
    prompt = FORMATS[settings.prompt](question, context)
    if isinstance(prompt, str):
        return list(tokenizer(prompt)["input_ids"])
    text = _render(prompt, tokenizer, add_generation_prompt=True)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _texts(example: dict[str, Any], tokenizer: Any) -> tuple[str, str, bool]:
    """The prompt alone, prompt and completion, and whether the tokenizer is to add its special tokens."""
    prompt, completion = example["prompt"], example["completion"]
    if isinstance(prompt, str):
        return prompt, f"{prompt}{completion}{tokenizer.eos_token}", True
    asked = _render(prompt, tokenizer, add_generation_prompt=True)
    answered = _render(prompt + completion, tokenizer)
    if not answered.startswith(asked):
        raise QuireError(
            "The chat template of this model writes a question differently once it is answered, so that training "
            "and asking would not match.",
            fix="Set train.prompt to 'question' or 'instruction'.",
        )
    return asked, answered, False


def _render(messages: list[Message], tokenizer: Any, **options: bool) -> str:
    if not tokenizer.chat_template:
        raise QuireError(
            "This model's tokenizer has no chat template.",
            fix="Set train.prompt to 'question' or 'instruction', or train.model to a chat model.",
        )
    return str(tokenizer.apply_chat_template(messages, tokenize=False, **options))


def _up_to_last(ids: Sequence[int], stops: frozenset[int]) -> Sequence[int]:
    last = max((index for index, token in enumerate(ids) if token in stops), default=len(ids) - 1)
    return ids[: last + 1]
