"""Weights set to zero: the smallest of each layer, or two of every four.

The layers between embeddings and output head are pruned, as in Han et al. 2015, without training again. The file keeps
its size and plain kernels their time; only kernels made for 2:4 gain from it (Mishra et al. 2021).
"""

from __future__ import annotations

from typing import Any, Literal

from extractors.errors import QuireError

Pruning = Literal["magnitude", "2:4"]


def prune(model: Any, method: Pruning, share: float) -> float:
    """Zeroes weights of every linear layer but the output head, in place, and returns the share of zeros among them.

    "magnitude" zeroes the `share` of a layer's weights that are smallest (Han et al. 2015); "2:4" the two smaller of
    every four that follow each other along a layer's input (Mishra et al. 2021). Raises QuireError where the inputs of
    a layer do not come in fours.
    """
    import torch
    from torch.nn.utils import prune as untyped

    by_size: Any = untyped
    head = model.get_output_embeddings()
    zeros = total = 0
    for name, module in model.named_modules():
        if not isinstance(module, torch.nn.Linear) or module is head:
            continue
        if method == "magnitude":
            by_size.l1_unstructured(module, "weight", amount=share)
            by_size.remove(module, "weight")
        elif module.in_features % 4:
            raise QuireError(
                f"Layer {name} has {module.in_features} inputs, which do not come in fours.",
                fix="Prune by magnitude: --prune magnitude.",
            )
        else:
            with torch.no_grad():
                module.weight.mul_(two_of_four(module.weight))
        zeros += int((module.weight == 0).sum())
        total += module.weight.numel()
    return zeros / total


def two_of_four(weight: Any) -> Any:
    """A mask of 0 and 1 like `weight`, whose last dimension comes in fours: 1 for the two of each four that are
    largest in size, the first ones where they are alike."""
    import torch

    fours = weight.abs().unflatten(-1, (-1, 4))
    largest = fours.sort(dim=-1, descending=True, stable=True).indices[..., :2]
    return torch.zeros_like(fours).scatter_(-1, largest, 1).flatten(-2)
