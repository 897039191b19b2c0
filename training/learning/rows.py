"""Rows of a batch end to end, without padding between them: each is read by itself alone.

Positions begin again with each row. Attention is a kernel for sequences of different lengths where PyTorch has one for
the device (FlashAttention-2's, Dao 2023), else one causal attention a row: the same function as a block-diagonal mask,
without the mask.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward

from training.memory.available import is_out_of_memory
from training.prompts import IGNORED

ATTENTION = "rows_end_to_end"

CLOSE = {torch.float32: 1e-3, torch.float16: 0.02, torch.bfloat16: 0.05}
"""How far the same rows may differ, for rounding, by the type of the matrix products."""


def end_to_end(inputs: Mapping[str, torch.Tensor], rows: Sequence[int], lengths: Sequence[int]) -> dict[str, Any]:
    """Some rows of a batch that is padded on the right, as one row without padding; `lengths` are those of all rows.

    Beside tensors of shape (1, tokens) it has the rows' bounds in transformers' names for them, and "row_lengths".
    """
    held = [lengths[row] for row in rows]
    ids = inputs["input_ids"]
    width, device = ids.shape[1], ids.device
    within = [torch.arange(length) for length in held]
    places = torch.cat([row * width + one for row, one in zip(rows, within, strict=True)]).to(device)
    positions = torch.cat(within).to(device)
    bounds = torch.tensor([0, *accumulate(held)], dtype=torch.int32).to(device)
    return {
        "input_ids": ids.reshape(-1)[places][None],
        # What comes before a row's first token is another row's last.
        "labels": inputs["labels"].reshape(-1)[places].masked_fill(positions == 0, IGNORED)[None],
        "position_ids": positions[None],
        "cu_seq_lens_q": bounds,
        "cu_seq_lens_k": bounds,
        "max_length_q": max(held),
        "max_length_k": max(held),
        "row_lengths": held,
    }


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    row_lengths: Sequence[int] | None = None,
    cu_seq_lens_q: torch.Tensor | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention within each row; tensors of (1, heads, tokens, size) to one of (1, tokens, heads, size)."""
    if row_lengths is None or cu_seq_lens_q is None:
        attended: torch.Tensor
        attended, _ = sdpa_attention_forward(module, query, key, value, attention_mask, dropout, scaling, **others)
        return attended, None
    if torch.is_autocast_enabled(query.device.type):  # where rotary embeddings made them float32 again
        low = torch.get_autocast_dtype(query.device.type)
        query, key, value = query.to(low), key.to(low), value.to(low)
    groups = query.shape[1] // key.shape[1]
    if _has_kernel(query) and not dropout:
        return _kernel(query, key, value, cu_seq_lens_q, max(row_lengths), scaling)[None], None
    key, value = repeat_kv(key, groups), repeat_kv(value, groups)
    parts = [
        torch.nn.functional.scaled_dot_product_attention(
            query[:, :, first:last],
            key[:, :, first:last],
            value[:, :, first:last],
            dropout_p=dropout,
            scale=scaling,
            is_causal=True,
        )
        for first, last in pairwise(accumulate(row_lengths, initial=0))
    ]
    return torch.cat(parts, dim=2).transpose(1, 2), None


def _has_kernel(query: torch.Tensor) -> bool:
    """PyTorch's FlashAttention: half precision, heads of at most 256 and compute capability 8.0 (Ampere) or above."""
    return (
        query.is_cuda
        and query.dtype in (torch.float16, torch.bfloat16)
        and query.shape[-1] <= 256
        and torch.cuda.get_device_capability(query.device) >= (8, 0)
        and torch.version.cuda is not None
        and "window_size" in _kernel_options()
    )


@cache
def _kernel_options() -> Mapping[str, Any]:
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:  # before torch 2.10
        return {}
    return inspect.signature(varlen_attn).parameters


def _kernel(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    bounds: torch.Tensor,
    longest: int,
    scaling: float | None,
) -> torch.Tensor:
    from torch.nn.attention.varlen import varlen_attn

    options: dict[str, Any] = {"scale": scaling, "window_size": (-1, 0)}
    if query.shape[1] != key.shape[1]:
        if "enable_gqa" in _kernel_options():
            options["enable_gqa"] = True
        else:  # torch 2.11
            groups = query.shape[1] // key.shape[1]
            key, value = repeat_kv(key, groups), repeat_kv(value, groups)
    query, key, value = (tensor[0].transpose(0, 1).contiguous() for tensor in (query, key, value))
    attended = varlen_attn(query, key, value, bounds, bounds, longest, longest, **options)
    assert isinstance(attended, torch.Tensor)  # more only if asked for
    return attended


def read_rows_apart(model: Any, longest: int) -> bool:
    """Gives the model this attention, if it reads rows end to end as it reads each alone; tried on two short ones.

    Not every architecture does: some have layers that are no attention, or a window that is shorter than the `longest`
    row, or count positions by themselves, as prompt tuning does.
    """
    if hasattr(model, "active_peft_config") and model.active_peft_config.is_prompt_learning:
        return False
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    text = base.config.get_text_config()
    kinds = set(getattr(text, "layer_types", None) or ["full_attention"])
    if "sliding_attention" in kinds and (getattr(text, "sliding_window", None) or longest) < longest:
        return False
    before = base.config._attn_implementation
    AttentionInterface.register(ATTENTION, attend)
    base.set_attn_implementation(ATTENTION)
    if text._attn_implementation == ATTENTION and _tried(model):
        return True
    base.set_attn_implementation(before)
    return False


def _tried(model: Any) -> bool:
    device, training = model.device, model.training
    ids = torch.arange(1, 13, device=device)[None] % model.config.get_text_config().vocab_size
    first, second = ids[:, :5], ids[:, 5:]
    padded = {"input_ids": torch.cat([torch.nn.functional.pad(first, (0, 2)), second])}
    padded["labels"] = padded["input_ids"]
    together = end_to_end(padded, [0, 1], [5, 7])
    del together["labels"]
    model.eval()
    try:
        with torch.no_grad():
            alone = torch.cat([model(input_ids=row, use_cache=False).logits for row in (first, second)], dim=1)
            at_once = model(**together, use_cache=False).logits
    except (RuntimeError, ValueError, TypeError) as error:
        if is_out_of_memory(error):
            raise
        return False
    finally:
        model.train(training)
    if at_once.shape != alone.shape:
        return False
    near: bool = bool((at_once - alone).norm() <= CLOSE[alone.dtype] * alone.norm())
    return near
