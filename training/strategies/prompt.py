"""Virtual tokens before each prompt, learnt while the model stays as it is (prompt tuning, Lester et al. 2021)."""

from __future__ import annotations

from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from augment.models import ModelFiles
from extractors.errors import QuireError
from training.base import models
from training.base.shapes import Footprint, Shapes
from training.settings import TrainSettings
from training.strategies.lora import measured, save

if TYPE_CHECKING:
    import torch

__all__ = ["RATES", "footprint", "load", "measured", "save", "trainable"]

RATES = (1e-3, 1.0)

BEGINNING = "Answer the question in one sentence, with what the documents say."
"""Whose tokens the virtual ones are at first, again and again: words do better than noise (Lester et al. 2021)."""


def footprint(shapes: Shapes, settings: TrainSettings, width: int) -> Footprint:
    room = shapes.window - settings.prompt_tokens
    if settings.max_length > room:
        raise QuireError(
            f"{shapes.model} reads {shapes.window} tokens at once: train.max_length = {settings.max_length} and "
            f"train.prompt_tokens = {settings.prompt_tokens} are more.",
            fix=f"Set train.max_length to at most {room}." if room >= 32 else "Set train.prompt_tokens to fewer.",
        )
    return Footprint(shapes.parameters * width, settings.prompt_tokens * shapes.hidden)


def trainable(files: ModelFiles, settings: TrainSettings, tokenizer: Any) -> Any:
    import torch
    from peft import PromptTuningConfig, get_peft_model

    config = PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=settings.prompt_tokens)
    model = get_peft_model(models.load_base(files, settings), config)
    words = list(islice(cycle(tokenizer(BEGINNING)["input_ids"]), settings.prompt_tokens))
    with torch.no_grad():
        virtual = model.prompt_encoder["default"].embedding.weight
        virtual.copy_(model.get_input_embeddings().weight[torch.tensor(words, device=model.device)])
    return model


def load(files: ModelFiles, settings: TrainSettings, folder: Path) -> Any:
    from peft import PeftModelForCausalLM, PromptTuningConfig

    class Prompted(PeftModelForCausalLM):  # type: ignore[misc]
        """PEFT puts the virtual tokens before the padding of a batch, and so further from a short row than they stood
        when they were learnt; here they stand behind it."""

        def generate(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **options: Any) -> torch.Tensor:
            """The rows, which are padded on the left, with what follows them."""
            import torch

            if self._adapters_disabled:
                whole: torch.Tensor = super().generate(input_ids=input_ids, attention_mask=attention_mask, **options)
                return whole
            words = self.get_input_embeddings()(input_ids)
            virtual = self.get_prompt(batch_size=1)[0].to(words.dtype)
            first = (attention_mask == 0).sum(dim=1).tolist()
            rows = [torch.cat((row[:at], virtual, row[at:])) for row, at in zip(words, first, strict=True)]
            seen = torch.cat((attention_mask, attention_mask.new_ones(len(rows), len(virtual))), dim=1)
            made = self.get_base_model().generate(inputs_embeds=torch.stack(rows), attention_mask=seen, **options)
            return torch.cat((input_ids, made), dim=1)

    config = PromptTuningConfig.from_pretrained(str(folder))
    model = Prompted(models.load_base(files, settings), config)
    model.load_adapter(str(folder), "default")
    return model.eval()
