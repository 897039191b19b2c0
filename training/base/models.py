"""Base models: found, loaded in four bits or whole, with or without what was trained in them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from augment.models import ModelFiles, locate
from extractors.errors import QuireError
from training.base.spreading import to_be_spread
from training.memory.available import is_out_of_memory
from training.settings import TrainSettings

if TYPE_CHECKING:
    import torch

STARTER = Path(__file__).parents[1] / "starter" / "lm"

SMALL = 50_000_000
"""Parameters below which threads wait for each other longer than they help: the starter takes 49 s with one thread, 67
with two."""


def find(settings: TrainSettings, *, download: bool = True) -> ModelFiles:
    """The base model's files. From here on nothing asks the hub. Raises QuireError where it cannot be had."""
    files = locate(settings.model, settings.revision, STARTER, setting="train.model", download=download)
    os.environ["HF_HUB_OFFLINE"] = "1"
    from huggingface_hub import constants

    constants.HF_HUB_OFFLINE = True  # read from the environment only once, perhaps before this
    return files


def load_tokenizer(files: ModelFiles) -> Any:
    """The tokenizer, with something to pad with."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(files.folder, trust_remote_code=False)
    if tokenizer.eos_token is None:
        raise QuireError(
            f"The tokenizer of {files.name} has no end-of-sequence token.", fix="Set train.model to another."
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def stop_ids(files: ModelFiles, tokenizer: Any) -> frozenset[int]:
    """The tokens at which generation stops: the tokenizer's end of sequence and those of the generation config."""
    from transformers import GenerationConfig

    stops: set[int] = {tokenizer.eos_token_id}
    if (files.folder / "generation_config.json").is_file():
        more = GenerationConfig.from_pretrained(files.folder).eos_token_id
        stops.update(more if isinstance(more, list) else [] if more is None else [more])
    return frozenset(stops)


def compute_type() -> torch.dtype:
    """What matrices are multiplied in: bfloat16 or float16 on a GPU, float32 on a processor."""
    import torch

    if not torch.cuda.is_available():
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def load_base(files: ModelFiles, settings: TrainSettings, *, dtype: torch.dtype | None = None) -> Any:
    """The base model on the GPU, or on the processor where there is none, in `dtype` or what is computed in; its linear
    layers in NF4 with double quantisation (Dettmers et al. 2023) where `settings.strategy` is 'qlora'."""
    from pickle import UnpicklingError

    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig, GenerationConfig

    dtype = dtype or compute_type()
    nf4 = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    try:
        model = AutoModelForCausalLM.from_pretrained(
            files.folder,
            dtype=dtype,
            device_map={"": 0 if torch.cuda.is_available() and not to_be_spread(settings) else "cpu"},
            **({"quantization_config": nf4} if settings.strategy == "qlora" else {}),  # None would overwrite its own
            trust_remote_code=False,
        )
    except (ValueError, OSError, KeyError, RuntimeError, SafetensorError, UnpicklingError) as error:
        if is_out_of_memory(error):
            raise
        raise QuireError(
            f"The model in {files.folder} cannot be loaded: {error}",
            fix="Copy its whole repository again, or set train.model to a causal language model.",
        ) from error
    if model.device.type == "cpu":
        _keep_trainable(model)
        if model.num_parameters() < SMALL:
            torch.set_num_threads(1)
    # Sampling and penalties that the repository suggests would make base and adapters differ by chance.
    model.generation_config = GenerationConfig(do_sample=False)
    return model


def base_of(manifest: Mapping[str, Any]) -> tuple[TrainSettings, ModelFiles]:
    """How published adapters were trained, and their base model. Raises QuireError where it is not what it was."""
    revision = manifest["base"]["revision"]
    try:
        settings = TrainSettings.model_validate({**manifest["settings"]["train"], "revision": revision})
    except ValidationError as error:
        raise QuireError(
            "The adapters were trained by another version of Quire, whose settings are not known here.",
            fix="Run `quire train` again.",
        ) from error
    files = find(settings)
    if files.revision != revision:
        raise QuireError(
            f"The base model {files.name} is now {files.revision}; these adapters were trained on {revision}.",
            fix="Put that version of it back, or train again.",
        )
    return settings, files


def _keep_trainable(model: Any) -> None:
    """bitsandbytes 0.50 repacks four-bit weights for inference at the first evaluation on a processor with AVX512-BF16,
    and never back: from then on training loses the gradient through them, and results hang on the processor."""
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
