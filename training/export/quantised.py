"""Whole models with their linear layers in eight or four bits, by bitsandbytes: plain transformers load them back, on a
processor as well as on a GPU. torchao packs four bits for one kind of device alone, or holds them in eight."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from augment.models import ModelFiles
from training.base import models
from training.settings import TrainSettings

Bits = Literal["8bit", "4bit"]


def plain(settings: TrainSettings) -> TrainSettings:
    """The settings with which a model is loaded as its files have it."""
    return settings.model_copy(update={"strategy": "lora"})


def load(folder: Path, settings: TrainSettings) -> Any:
    """The whole model in a folder, quantised or not, ready to answer, in the type that is computed in here."""
    return models.load_base(ModelFiles(name=folder.name, folder=folder, revision=""), plain(settings)).eval()


def quantise(folder: Path, bits: Bits, made: Path, dtype: Any) -> None:
    """Write weights and configuration of the model in `folder` to `made`: its linear layers but the output head in
    eight bits (Dettmers et al. 2022) or in NF4 with double quantisation (Dettmers et al. 2023), the rest in `dtype`."""
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    four_bits = {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": True,
        "bnb_4bit_compute_dtype": dtype,
    }
    AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=dtype,
        device_map={"": 0 if torch.cuda.is_available() else "cpu"},
        quantization_config=BitsAndBytesConfig(**(four_bits if bits == "4bit" else {"load_in_8bit": True})),
        trust_remote_code=False,
    ).save_pretrained(made)


def as_trained_for(folder: Path, made: Path, dtype: Any) -> None:
    """The same for a model that was trained to be rounded, with the scheme that its configuration names, by torchao."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, TorchAoConfig

    from training.strategies import qat

    noted = getattr(AutoConfig.from_pretrained(folder, trust_remote_code=False), qat.NOTED)
    AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=dtype,
        device_map={"": 0 if torch.cuda.is_available() else "cpu"},
        quantization_config=TorchAoConfig(qat.scheme(noted["group_size"])),
        trust_remote_code=False,
    ).save_pretrained(made)
    for path in made.glob("*.safetensors"):
        _order_metadata(path)


def _order_metadata(path: Path) -> None:
    """torchao tells of each tensor in the header of the file, which safetensors writes in an order by lot."""
    with path.open("rb+") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        ordered = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode().ljust(size)
        assert len(ordered) == size
        file.seek(8)
        file.write(ordered)
