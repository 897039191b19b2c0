"""A T5, or another encoder-decoder model, that writes a line of text for each prompt."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from augment.models import ModelFiles
from augment.t5.engines import CTranslate2, Engine, engine_for
from augment.t5.ready import Ready
from extractors import cores
from extractors.errors import QuireError


class Written(NamedTuple):
    """One output, and its mean log-likelihood a token."""

    text: str
    score: float


class Seq2Seq:
    """The model and its tokenizer, read from a folder: safetensors, or an old `pytorch_model.bin` read weights-only;
    `tokenizer.json`, or the `spiece.model` of sentencepiece. No code of the folder is run.

    Computes in bfloat16 on a GPU, on a CPU in int8 if it is a T5, and elsewhere or if it is to be `exact` in float32.
    Raises QuireError where the folder holds no such model.
    """

    def __init__(
        self, files: ModelFiles, *, exact: bool = False, threads: int | None = None, kept: Path | None = None
    ) -> None:
        """A T5 on a CPU computes as many batches at once as there are `threads`, by default one on each core; it is
        kept below the folder `kept` as it is ready to run."""
        numbers, threads = "float32" if exact else "int8", threads or cores.count()
        self.name = f"{files.name}@{files.revision}"
        self.tokenizer: Any
        self._engine: Engine
        ready = Ready(kept, files) if kept else None
        if ready and (found := ready.opened(numbers, threads)):
            self._engine, self.tokenizer, about = found
            self.positions = about.positions
        else:
            model, self.tokenizer = _loaded(files, exact)
            # T5 counts distances, not positions; where a model counts positions, it has no more than these.
            self.positions = getattr(model.config, "max_position_embeddings", sys.maxsize)
            self._engine = engine_for(model, self.tokenizer, numbers, threads)
            if ready and isinstance(self._engine, CTranslate2):
                ready.make(model, self.tokenizer, self.positions)
        self.limit: int = min(self.tokenizer.model_max_length, self.positions)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text. The tokenizer ends them with </s> itself."""
        return self.tokenizer(list(texts), truncation=False, verbose=False)["input_ids"] if texts else []

    def write(
        self, prompts: Sequence[list[int]], *, beams: int, batch_tokens: int, kept: int = 1
    ) -> list[list[Written]]:
        """For each prompt, as token ids, the `kept` best outputs of a search with `beams` beams, best first.

        Batches hold prompts of like length and at most `batch_tokens` tokens, padded to the longest of the batch; who
        shares a batch does not change what is written.
        """
        return [
            [
                Written(" ".join(self.tokenizer.decode(ids, skip_special_tokens=True).split()), score)
                for ids, score in best
            ]
            for best in self._engine.write(prompts, beams, batch_tokens, kept)
        ]


def _loaded(files: ModelFiles, exact: bool) -> tuple[Any, Any]:
    """The model, on the GPU where there is one, and its tokenizer, by transformers."""
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
    from transformers.utils import logging as transformers_logging

    on_gpu = torch.cuda.is_available()
    only_local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    transformers_logging.disable_progress_bar()  # a bar for a second of reading tears the caller's own apart
    try:
        tokenizer = AutoTokenizer.from_pretrained(files.folder, **only_local)
        model, loaded = AutoModelForSeq2SeqLM.from_pretrained(
            files.folder,
            dtype=torch.bfloat16 if on_gpu and not exact else torch.float32,
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
    return model.to("cuda" if on_gpu else "cpu").eval(), tokenizer
