"""What computes a model's outputs: transformers anywhere; of a T5 on a CPU CTranslate2, several times as fast.

CTranslate2 reads a format of its own. A model is converted when it is loaded, which takes a tenth of a second for the
starter and some two seconds for a T5 of 220M parameters; `augment.t5.ready` keeps what came of it.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Protocol

LONGEST = 48
"""Tokens of an output at most: the longest of 99 in 100 questions that people ask, in a small vocabulary."""
PATIENCE = 3
"""CTranslate2 ends a search when so many times `beams` outputs are complete. With 1, its default, short outputs win
where transformers goes on to find likelier ones: on SQuAD's dev rows, BLEU 4.8 in place of 5.7."""
CACHED = 1024
"""Tokens of a batch in int8 at most: with more, what each step of decoding reads again does not fit the processor's
cache, which several processes may share. The starter then takes a fifth longer, and writes the same."""

SEARCH = "search.json"
"""Beside CTranslate2's files: how the model wants its outputs searched for."""

log = logging.getLogger(__name__)


class Output(NamedTuple):
    """Token ids without <pad> and </s>, and their mean log-likelihood, </s> among them."""

    ids: list[int]
    score: float


class Engine(Protocol):
    def write(self, prompts: Sequence[list[int]], beams: int, batch_tokens: int, kept: int) -> list[list[Output]]:
        """For each prompt the `kept` best outputs, best first, from batches of at most `batch_tokens` padded tokens."""
        ...


def engine_for(model: Any, tokenizer: Any, numbers: str, threads: int) -> Engine:
    """CTranslate2 for a T5 on a CPU, computing in `numbers` (int8 or float32) as many batches at once as there are
    `threads`; transformers for all else, as `model` is. Raises OSError where the disk is full."""
    if model.config.model_type == "t5" and model.device.type == "cpu":
        try:
            with TemporaryDirectory(prefix="quire-") as folder:
                convert(model, Path(folder))
                return CTranslate2(Path(folder), numbers, threads)
        except OSError:
            raise  # what writes on a full disk is not to write otherwise
        except ImportError:
            log.info("Without CTranslate2 a T5 takes several times as long on a CPU.")
        except Exception as error:  # the converter meets what it does not know with errors of any kind
            log.warning("CTranslate2 cannot run this T5 (%s): transformers does, which takes longer.", error)
    return Transformers(model, tokenizer)


class CTranslate2:
    """A T5 on a CPU, converted into `folder`, with as many batches at once as `threads`: the outputs do not depend on
    how many."""

    def __init__(self, folder: Path, numbers: str, threads: int) -> None:
        from ctranslate2 import Translator

        self._translator = Translator(str(folder), compute_type=numbers, inter_threads=threads, intra_threads=1)
        self._most = CACHED if numbers == "int8" else sys.maxsize
        self._search = json.loads((folder / SEARCH).read_bytes())

    def write(self, prompts: Sequence[list[int]], beams: int, batch_tokens: int, kept: int) -> list[list[Output]]:
        found = self._translator.translate_batch(
            [list(map(str, prompt)) for prompt in prompts],
            beam_size=beams,
            patience=PATIENCE if beams > 1 else 1,
            num_hypotheses=kept,
            max_batch_size=min(batch_tokens, self._most),
            batch_type="tokens",
            max_input_length=0,
            max_decoding_length=LONGEST,
            return_scores=True,
            **self._search,
        )
        return [[self._output(*best) for best in zip(one.hypotheses, one.scores, strict=True)] for one in found]

    def _output(self, words: list[str], score: float) -> Output:
        length = min(len(words) + 1, LONGEST)  # with </s>, as CTranslate2 counts where it penalises length
        return Output(list(map(int, words)), score * length ** (self._search["length_penalty"] - 1))


def convert(model: Any, folder: Path) -> None:
    """Write the T5 `model` into `folder` in CTranslate2's format, and how it wants to be searched. Its words are the
    token ids, written out."""
    import torch
    from ctranslate2.converters.transformers import T5Loader
    from ctranslate2.specs.model_spec import OPTIONAL

    config, words = model.config, [str(token) for token in range(model.config.vocab_size)]
    with torch.no_grad():
        spec = T5Loader().get_model_spec(model)
        # The loader takes a T5 1.1, whose outputs are not scaled, for an older one.
        spec.decoder.scale_outputs = config.d_model**-0.5 if config.scale_decoder_outputs else OPTIONAL
        spec.config.layer_norm_epsilon = config.layer_norm_epsilon
        spec.config.decoder_start_token = words[config.decoder_start_token_id]
        spec.config.bos_token = spec.config.unk_token = words[config.pad_token_id]
        spec.config.eos_token = words[config.eos_token_id]
        spec.register_source_vocabulary(words)
        spec.register_target_vocabulary(words)
        spec.validate()
        spec.optimize()  # no int8 yet: the converter would round the weights of `model` itself
        spec.save(str(folder))
    asked = model.generation_config
    search = {
        "length_penalty": 1.0 if asked.length_penalty is None else asked.length_penalty,
        "repetition_penalty": asked.repetition_penalty or 1.0,
        "no_repeat_ngram_size": asked.no_repeat_ngram_size or 0,
    }
    (folder / SEARCH).write_text(json.dumps(search))


class Transformers:
    """Any encoder-decoder model, on the device and in the numbers that it was loaded in."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model = model
        self._tokenizer = tokenizer

    def write(self, prompts: Sequence[list[int]], beams: int, batch_tokens: int, kept: int) -> list[list[Output]]:
        """In float32 the outputs do not depend on who shares the batch, but for ties closer than rounding: padding
        moves a logit by about 1e-6."""
        import torch

        written: list[list[Output]] = [[] for _ in prompts]
        with torch.inference_mode():
            for rows in batches([len(prompt) for prompt in prompts], batch_tokens):
                for row, outputs in zip(rows, self._batch([prompts[row] for row in rows], beams, kept), strict=True):
                    written[row] = outputs
        return written

    def _batch(self, prompts: list[list[int]], beams: int, kept: int) -> list[list[Output]]:
        import torch
        from transformers.modeling_outputs import BaseModelOutput

        padded = self._tokenizer.pad({"input_ids": prompts}, padding="longest", return_tensors="pt")
        padded = padded.to(self._model.device)
        mask = padded["attention_mask"]
        states = self._model.get_encoder()(input_ids=padded["input_ids"], attention_mask=mask).last_hidden_state
        outputs = self._model.generate(
            encoder_outputs=BaseModelOutput(last_hidden_state=states),
            attention_mask=mask,
            num_beams=beams,
            num_return_sequences=kept,
            max_new_tokens=LONGEST,
            do_sample=False,
        )
        # One pass over the finished outputs scores greedy and beam search alike, without keeping each step's logits.
        logits = self._model(
            encoder_outputs=BaseModelOutput(last_hidden_state=states.repeat_interleave(kept, dim=0)),
            attention_mask=mask.repeat_interleave(kept, dim=0),
            decoder_input_ids=outputs[:, :-1],
        ).logits
        targets = outputs[:, 1:]
        likelihood = -torch.nn.functional.cross_entropy(logits.float().transpose(1, 2), targets, reduction="none")
        ends = (targets == self._tokenizer.eos_token_id).int()
        inside = (ends.cumsum(dim=1) - ends) == 0
        scores = ((likelihood * inside).sum(dim=1) / inside.sum(dim=1)).tolist()
        written = [ids[kept_ids].tolist() for ids, kept_ids in zip(targets, inside & (ends == 0), strict=True)]
        flat = [Output(ids, score) for ids, score in zip(written, scores, strict=True)]
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
