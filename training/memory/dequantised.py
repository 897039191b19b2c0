"""Weights in four bits, multiplied as they are or dequantised once: the same function, in less memory or less time.

A layer in NF4 is dequantised at each forward and each backward pass. Where memory allows, its weights are kept as those
passes would compute them, beside the four bits, to which there is always a way back.
"""

from __future__ import annotations

from typing import Any

import torch


class Dequantised(torch.nn.Module):
    """A bitsandbytes layer in four bits that multiplies by its weights as dequantised once."""

    def __init__(self, packed: Any) -> None:
        super().__init__()
        from bitsandbytes.functional import dequantize_4bit

        self.packed = packed
        self.in_features, self.out_features = packed.in_features, packed.out_features
        whole = dequantize_4bit(packed.weight.data, packed.weight.quant_state)
        # Neither a parameter nor a buffer: it is nothing to count, save or send to other processes.
        self.weight = whole.to(packed.compute_dtype or whole.dtype)

    @property
    def bias(self) -> torch.Tensor | None:
        bias: torch.Tensor | None = self.packed.bias
        return bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        bias = None if self.bias is None else self.bias.to(self.weight.dtype)
        return torch.nn.functional.linear(x.to(self.weight.dtype), self.weight, bias).to(x.dtype)


def keep_dequantised(model: torch.nn.Module) -> None:
    """Dequantises each layer in four bits, if it is not yet; where memory runs out on the way, none."""
    from bitsandbytes.nn import Linear4bit

    if any(isinstance(layer, Dequantised) for layer in model.modules()):
        return
    try:
        for name, layer in list(model.named_modules()):
            if isinstance(layer, Linear4bit):
                model.set_submodule(name, Dequantised(layer))
    except BaseException:
        keep_packed(model)
        raise


def keep_packed(model: torch.nn.Module) -> None:
    """Leaves each layer as it was in four bits."""
    for name, layer in list(model.named_modules()):
        if isinstance(layer, Dequantised):
            model.set_submodule(name, layer.packed)
