"""How much memory and disk is free, and how its lack is told."""

from __future__ import annotations

import shutil
from pathlib import Path

GIB = 2**30

OUT_OF_MEMORY = (
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "can't allocate memory",
    "not enough memory",
    "Cannot allocate memory",
)
"""In an error's text, whatever its type. CUDA's own and bitsandbytes' ("Error out of memory at line ...") are no
torch.OutOfMemoryError; the last three are those of torch on a processor, the last where it maps a file."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the memory of the GPU, or of the machine, ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in OUT_OF_MEMORY)


def free_disk(folder: Path) -> int:
    """Free bytes on the disk that holds `folder`, or will."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def available_memory() -> int:
    """Free bytes of the GPU, or of the machine where there is none."""
    import psutil
    import torch

    return torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else psutil.virtual_memory().available


def allocation_retries() -> int:
    """How often PyTorch has found no memory on the GPU, freed what it keeps for later and tried again."""
    import torch

    return int(torch.cuda.memory_stats().get("num_alloc_retries", 0)) if torch.cuda.is_available() else 0
