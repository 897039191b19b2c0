"""The forms in which other trainers want a pair, each a configuration of the dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from augment.records import QAPair
from training.prompts import FORMATS, Message
from training.settings import Format

Row = dict[str, Any]


def _instruction(pair: QAPair, context: str) -> Row:
    return {"instruction": pair.question, "input": context, "output": pair.answer}


def _chat(pair: QAPair, context: str) -> Row:
    asked = FORMATS["chat"](pair.question, context)
    answered: Message = {"role": "assistant", "content": pair.answer}
    return {"messages": [*asked, answered]}


def _prompt(pair: QAPair, context: str) -> Row:
    return {"prompt": FORMATS["question"](pair.question, context), "completion": pair.answer}


_ROWS: dict[Format, Callable[[QAPair, str], Row]] = {"instruction": _instruction, "chat": _chat, "prompt": _prompt}


def formatted(pair: QAPair, form: Format, with_context: bool) -> Row:
    """The columns of `pair` in one form: instruction, input and output; messages; or prompt and completion.

    `id` leads back to the pair. Without its context a pair asks for what is known, with it for what stands there.
    """
    return {"id": pair.id, **_ROWS[form](pair, pair.context if with_context else "")}
