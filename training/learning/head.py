"""The output head at the tokens that are learnt alone.

On a GPU, TRL 1.16 does this by itself: its head leaves out what is not learnt. On a processor it computes the logits of
every token, most of them of the prompt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from training.prompts import IGNORED


@contextmanager
def learnt_alone(model: Any, inputs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """`inputs` for a causal language model with TRL's output head, to which it passes on only the hidden states from
    which a token with a label is told. What else it returns is the same."""
    labels = inputs["labels"][:, 1:]
    told = labels != IGNORED

    def choose(backbone: torch.nn.Module, arguments: Any, output: Any) -> Any:
        hidden = output.last_hidden_state
        before = hidden.shape[1] - inputs["labels"].shape[1]  # virtual tokens, where prompts are tuned
        output.last_hidden_state = hidden[:, before:-1][told][None]
        return output

    handle = model.base_model.register_forward_hook(choose)
    try:
        alone = {name: value for name, value in inputs.items() if name != "labels"}
        yield {**alone, "shift_labels": labels[told][None]}
    finally:
        handle.remove()
