"""What counts as running out of memory."""

from __future__ import annotations

import pytest
import torch

from training.memory.available import is_out_of_memory


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
        torch.AcceleratorError("CUDA error: out of memory", 2),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("unable to mmap 73264928 bytes from file <model.safetensors>: Cannot allocate memory (12)"),
        RuntimeError("Error out of memory at line 380 in file /src/csrc/pythonInterface.cpp"),
        MemoryError(),
    ],
    ids=["torch", "cuda", "accelerator", "cublas", "mapped file", "bitsandbytes", "python"],
)
def test_every_form_of_it_is_known(error: BaseException):
    assert is_out_of_memory(error)


def test_a_processor_without_memory_is_known():
    with pytest.raises(RuntimeError) as failure:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(failure.value)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA error: an illegal memory access was encountered"),
        RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"),
        ValueError("out of memory"),
        KeyboardInterrupt(),
    ],
)
def test_nothing_else_is_taken_for_it(error: BaseException):
    assert not is_out_of_memory(error)
