"""A T5, or another encoder-decoder model, that writes a line of text for each prompt."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from augment.models import ModelFiles
from extractors.errors import QuireError

LONGEST = 48
"""Tokens of an output at most: the longest of 99 in 100 questions that people ask, in a small vocabulary."""


class Written(NamedTuple):
    """One output, and its mean log-likelihood a token."""

    text: str
    score: float


class Seq2Seq:
    """The model and its tokenizer, read from a folder: safetensors, or an old `pytorch_model.bin` read weights-only;
    `tokenizer.json`, or the `spiece.model` of sentencepiece. No code of the folder is run.

    Runs in bfloat16 on a GPU and in float32 elsewhere. Raises QuireError where the folder holds no such model.
    """

    def __init__(self, files: ModelFiles) -> None:
        import torch
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
        from transformers.utils import logging as transformers_logging

        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        only_local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        transformers_logging.disable_progress_bar()  # a bar for a second of reading tears the caller's own apart
        try:
            self.tokenizer = AutoTokenizer.from_pretrained(files.folder, **only_local)
            model, loaded = AutoModelForSeq2SeqLM.from_pretrained(
                files.folder,
                dtype=torch.bfloat16 if self.device.type == "cuda" else torch.float32,
                weights_only=True,
                output_loading_info=True,
                **only_local,
            )
        except Exception as error:  # the libraries raise anything here, from KeyError to UnpicklingError
            raise QuireError(
                f"The model in {files.folder} cannot be read: {str(error).strip().splitlines()[0][:300]}",
                fix="It must be a T5 or another encoder-decoder model, complete and not damaged.",
            ) from error
        if loaded["missing_keys"]:
            raise QuireError(
                f"The weights in {files.folder} lack {min(loaded['missing_keys'])}.",
                fix="The weights and config.json are of two models; copy both from the same repository.",
            )
        self.model = model.to(self.device).eval()
        self.name = f"{files.name}@{files.revision}"
        # T5 counts distances, not positions; where a model counts positions, it has no more than these.
        self.limit: int = min(
            self.tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", sys.maxsize)
        )

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text. The tokenizer ends them with </s> itself."""
        return self.tokenizer(list(texts), truncation=False, verbose=False)["input_ids"] if texts else []

    def write(
        self, prompts: Sequence[list[int]], *, beams: int, batch_tokens: int, kept: int = 1
    ) -> list[list[Written]]:
        """For each prompt, as token ids, the `kept` best outputs of a search with `beams` beams, best first.

        Batches hold prompts of like length and at most `batch_tokens` tokens, padded to the longest of the batch.
        In float32 the outputs do not depend on who shares the batch, but for ties closer than rounding: padding
        moves a logit by about 1e-6.
        """
        import torch

        written: list[list[Written]] = [[] for _ in prompts]
        with torch.inference_mode():
            for rows in batches([len(prompt) for prompt in prompts], batch_tokens):
                for row, outputs in zip(rows, self._batch([prompts[row] for row in rows], beams, kept), strict=True):
                    written[row] = outputs
        return written

    def _batch(self, prompts: list[list[int]], beams: int, kept: int) -> list[list[Written]]:
        import torch
        from transformers.modeling_outputs import BaseModelOutput

        padded = self.tokenizer.pad({"input_ids": prompts}, padding="longest", return_tensors="pt").to(self.device)
        mask = padded["attention_mask"]
        states = self.model.get_encoder()(input_ids=padded["input_ids"], attention_mask=mask).last_hidden_state
        outputs = self.model.generate(
            encoder_outputs=BaseModelOutput(last_hidden_state=states),
            attention_mask=mask,
            num_beams=beams,
            num_return_sequences=kept,
            max_new_tokens=LONGEST,
            do_sample=False,
        )
        # One pass over the finished outputs scores greedy and beam search alike, without keeping each step's logits.
        logits = self.model(
            encoder_outputs=BaseModelOutput(last_hidden_state=states.repeat_interleave(kept, dim=0)),
            attention_mask=mask.repeat_interleave(kept, dim=0),
            decoder_input_ids=outputs[:, :-1],
        ).logits
        targets = outputs[:, 1:]
        likelihood = -torch.nn.functional.cross_entropy(logits.float().transpose(1, 2), targets, reduction="none")
        ends = (targets == self.tokenizer.eos_token_id).int()
        inside = (ends.cumsum(dim=1) - ends) == 0
        scores = ((likelihood * inside).sum(dim=1) / inside.sum(dim=1)).tolist()
        texts = self.tokenizer.batch_decode(outputs, skip_special_tokens=True)
        flat = [Written(" ".join(text.split()), score) for text, score in zip(texts, scores, strict=True)]
        return [flat[row * kept : (row + 1) * kept] for row in range(len(prompts))]


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices of `lengths` in batches, longest first, each of at most `budget` after padding, or of one."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        if batch and (len(batch) + 1) * lengths[batch[0]] > budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
