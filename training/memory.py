"""How much memory and disk a training should take, roughly, before anything is loaded; and how its lack is told."""

from __future__ import annotations

import shutil
from pathlib import Path

from augment.models import ModelFiles
from extractors.errors import QuireError
from extractors.records import Record
from training.settings import TrainSettings

NF4_BYTES = 0.516
"""Bytes of a weight in NF4 with double quantisation: 4 bits, and 0.127 bits of scales (Dettmers et al. 2023)."""

ACTIVATIONS_PER_LAYER = 16
"""Values of hidden size that one layer keeps a token for its backward pass, attention by parts; beside them three of
the feed-forward size."""

GIB = 2**30

OUT_OF_MEMORY = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "can't allocate memory", "not enough memory")
"""In an error's text, whatever its type. CUDA's own and bitsandbytes' ("Error out of memory at line ...") are no
torch.OutOfMemoryError; the last two are those of torch on a processor."""


class MemoryEstimate(Record):
    """GiB by what takes it, and what is free."""

    weights: float
    adapters: float
    optimizer: float
    activations: float
    head: float
    total: float
    free: float
    device: str


def estimate_memory(files: ModelFiles, settings: TrainSettings, longest: int) -> MemoryEstimate:
    """The peak of one micro-batch of examples of `longest` tokens, from the shapes in the model's configuration.

    Raises QuireError where the model has not all of the layers that are to get adapters.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(files.folder, trust_remote_code=False)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    on_gpu = torch.cuda.is_available()
    width = 2 if on_gpu else 4
    head = model.get_output_embeddings()
    linears = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and module is not head
    ]
    names = [f".{name}" for name, _ in model.named_modules()]
    if unknown := [target for target in settings.targets if not any(name.endswith(f".{target}") for name in names)]:
        raise QuireError(
            f"{files.name} has no layer {unknown[0]!r}, which train.targets names.",
            fix=f"Name some of {', '.join(sorted({name.rpartition('.')[2] for name, _ in linears}))}, "
            "or leave it empty for all of them.",
        )
    in_linears = sum(module.weight.numel() for _, module in linears)
    other = sum(parameter.numel() for parameter in model.parameters()) - in_linears
    adapted = [module for name, module in linears if not settings.targets or name.split(".")[-1] in settings.targets]
    lora = settings.rank * sum(module.in_features + module.out_features for module in adapted)

    text = config.get_text_config()
    tokens = settings.batch * longest
    layer = ACTIVATIONS_PER_LAYER * text.hidden_size + 3 * getattr(text, "intermediate_size", 4 * text.hidden_size)
    kept = (
        text.num_hidden_layers * text.hidden_size + layer
        if settings.gradient_checkpointing
        else text.num_hidden_layers * layer
    )
    parts = {
        "weights": in_linears * (NF4_BYTES if settings.quantization == "nf4" else width) + other * width,
        "adapters": lora * (4 + 4),  # with their gradients
        "optimizer": lora * (2 if "8bit" in settings.optimizer else 8),
        "activations": tokens * kept * width,
        "head": min(tokens, 4096) * min(text.vocab_size, 32768) * 4 * (1 if on_gpu else 2),
    }
    return MemoryEstimate(
        **{name: round(size / GIB, 3) for name, size in parts.items()},
        total=round(sum(parts.values()) / GIB, 3),
        free=round(_free_memory() / GIB, 3),
        device="gpu" if on_gpu else "cpu",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the memory of the GPU, or of the machine, ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in OUT_OF_MEMORY)


def free_disk(folder: Path) -> int:
    """Free bytes on the disk that holds `folder`, or will."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def _free_memory() -> int:
    import psutil
    import torch

    return torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else psutil.virtual_memory().available
