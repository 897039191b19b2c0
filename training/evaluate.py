"""Base and adapters on pairs that were held out: loss on the answers, and answers of their own.

    python -m training.evaluate JOB.json

judges published adapters again, as `training.sft` does at its end. Both models are one: the same loaded base, its
adapters switched off and on.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from statistics import fmean
from typing import Any

from augment.records import QAPair
from extractors.errors import QuireError
from extractors.files import sha256
from extractors.records import Record
from training import adapters, models
from training.dataset import dataset_hash, read_split
from training.jobs import Emit, TrainJob, child
from training.preflight import select
from training.prompts import IGNORED, Encoded, encode
from training.scores import AnswerScore, score
from training.settings import EvaluateSettings, TrainSettings
from training.verdict import SETS, Judged, headline, judge

SAMPLES = 5


class Likelihood(Record):
    """Of one example's completion: summed negative log-likelihood, tokens, and how many were the likeliest."""

    nll: float
    tokens: int
    correct: int


def evaluate(
    model: Any, tokenizer: Any, stops: frozenset[int], job: TrainJob, train: TrainSettings, emit: Emit
) -> dict[str, Any]:
    """The "verdict" and "sets" of metrics.json for a PEFT model in evaluation mode.

    At most `max_rows` pairs a set, chosen by a hash of their ids; `train` is how the adapters were trained.
    """
    sets: dict[str, Any] = {}
    verdicts = {}
    for name in SETS:
        pairs = _sample(read_split(job.dataset, name), job.evaluate.max_rows, job.seed)
        selection = select(encode(pairs, tokenizer, stops, train), train, training=False)
        if not selection.examples:
            continue
        by_id = {pair.id: pair for pair in pairs}
        held_out = [by_id[example.id] for example in selection.examples]
        results = {}
        for who, adapters_on in (("base", model.disable_adapter()), ("adapters", nullcontext())):
            results[who] = _answered(
                model, adapters_on, tokenizer, stops, held_out, selection.examples, job.evaluate, (name, who), emit
            )
        judged = _judged(held_out, results)
        verdicts[name] = judge(name, judged, job.evaluate, job.seed)
        sets[name] = {
            "rows": selection.counts(),
            **{who: _summary(*result[:2]) for who, result in results.items()},
            **verdicts[name].model_dump(),
            "samples": _side_by_side(held_out, results),
        }
    return {"verdict": headline(verdicts), "sets": sets}


Result = tuple[list[Likelihood], list[AnswerScore], list[str]]


def _answered(
    model: Any,
    adapters_on: AbstractContextManager[Any],
    tokenizer: Any,
    stops: frozenset[int],
    pairs: Sequence[QAPair],
    examples: Sequence[Encoded],
    settings: EvaluateSettings,
    place: tuple[str, str],
    emit: Emit,
) -> Result:
    """Likelihood, scores and text of each answer, with the adapters on or off."""
    name, who = place
    with adapters_on:
        likelihoods = likelihood(model, tokenizer, examples, settings.batch)
        texts: dict[int, str] = {}
        for batch in _batches([len(example.prompt) for example in examples], settings.batch):
            prompts = [list(examples[at].prompt) for at in batch]
            answers = generate(model, tokenizer, stops, prompts, settings.max_new_tokens)
            texts.update(zip(batch, answers, strict=True))
            emit({"event": "generating", "set": name, "model": who, "done": len(texts), "of": len(examples)})
    answers = [texts[at] for at in range(len(examples))]
    scores = [score(text, pair.answer, pair.answer_span) for text, pair in zip(answers, pairs, strict=True)]
    return likelihoods, scores, answers


def likelihood(model: Any, tokenizer: Any, examples: Sequence[Encoded], batch_size: int) -> list[Likelihood]:
    """The likelihood of each example's completion. Logits are made for no other position."""
    import torch

    found: dict[int, Likelihood] = {}
    for batch in _batches([len(example) for example in examples], batch_size):
        chosen = [examples[at] for at in batch]
        ids, mask = _padded([example.input_ids for example in chosen], tokenizer.pad_token_id, left=False)
        labels, _ = _padded([example.labels for example in chosen], IGNORED, left=False)
        targets = labels[:, 1:]
        positions = (targets != IGNORED).any(dim=0).nonzero().squeeze(1)
        with torch.inference_mode():
            logits = model(
                input_ids=ids.to(model.device),
                attention_mask=mask.to(model.device),
                logits_to_keep=positions.to(model.device),
                use_cache=False,
            ).logits.float()
        wanted = targets[:, positions].to(logits.device)
        losses = torch.nn.functional.cross_entropy(
            logits.transpose(1, 2), wanted, ignore_index=IGNORED, reduction="none"
        ).sum(dim=1)
        right = ((logits.argmax(dim=-1) == wanted) & (wanted != IGNORED)).sum(dim=1)
        tokens = (wanted != IGNORED).sum(dim=1)
        for at, nll, count, correct in zip(batch, losses.tolist(), tokens.tolist(), right.tolist(), strict=True):
            found[at] = Likelihood(nll=nll, tokens=count, correct=correct)
    return [found[at] for at in range(len(examples))]


def generate(
    model: Any, tokenizer: Any, stops: frozenset[int], prompts: Sequence[Sequence[int]], max_new_tokens: int
) -> list[str]:
    """The likeliest continuation, token by token, of each prompt of token ids."""
    import torch
    from transformers import GenerationConfig

    ids, mask = _padded(prompts, tokenizer.pad_token_id, left=True)
    config = GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=False,
        eos_token_id=sorted(stops),
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.inference_mode():
        made = model.generate(
            input_ids=ids.to(model.device), attention_mask=mask.to(model.device), generation_config=config
        )
    answers: list[str] = tokenizer.batch_decode(made[:, ids.shape[1] :], skip_special_tokens=True)
    return [answer.strip() for answer in answers]


def _padded(rows: Sequence[Sequence[int]], filler: int, *, left: bool) -> tuple[Any, Any]:
    import torch

    width = max(len(row) for row in rows)
    values = torch.full((len(rows), width), filler)
    mask = torch.zeros((len(rows), width), dtype=torch.long)
    for at, row in enumerate(rows):
        place = slice(width - len(row), width) if left else slice(0, len(row))
        values[at, place] = torch.tensor(row)
        mask[at, place] = 1
    return values, mask


def _batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Places of rows of about the same length."""
    order = sorted(range(len(lengths)), key=lambda at: (lengths[at], at))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _sample(pairs: Sequence[QAPair], most: int, seed: int) -> list[QAPair]:
    return sorted(pairs, key=lambda pair: sha256(f"{seed}:judged:{pair.id}"))[:most]


def _judged(pairs: Sequence[QAPair], results: dict[str, Result]) -> list[Judged]:
    (base, base_scores, _), (trained, trained_scores, _) = results["base"], results["adapters"]
    return [
        Judged(
            id=pair.id,
            document=pair.family or pair.doc_id,  # near-duplicate documents count once
            tokens=base[at].tokens,
            base_nll=base[at].nll,
            adapters_nll=trained[at].nll,
            base_f1=base_scores[at].f1,
            adapters_f1=trained_scores[at].f1,
        )
        for at, pair in enumerate(pairs)
    ]


def _summary(likelihoods: Sequence[Likelihood], scores: Sequence[AnswerScore]) -> dict[str, float]:
    tokens = sum(one.tokens for one in likelihoods)
    loss = sum(one.nll for one in likelihoods) / tokens
    return {
        "loss": loss,
        "perplexity": math.exp(min(loss, 700)),
        "token_accuracy": sum(one.correct for one in likelihoods) / tokens,
        "exact_match": fmean(one.exact_match for one in scores),
        "f1": fmean(one.f1 for one in scores),
        "contained": fmean(one.contained for one in scores),
    }


def _side_by_side(pairs: Sequence[QAPair], results: dict[str, Result]) -> list[dict[str, str]]:
    return [
        {
            "question": pair.question,
            "answer": pair.answer,
            "base": results["base"][2][at],
            "adapters": results["adapters"][2][at],
        }
        for at, pair in enumerate(pairs[:SAMPLES])
    ]


def judge_again(job: TrainJob, emit: Emit) -> None:
    """Judge published adapters on the dataset they were trained on, and renew their metrics and card."""
    manifest = adapters.read_manifest(job.adapters)
    now = dataset_hash(job.dataset)
    if manifest["dataset"] != now:
        raise QuireError(
            f"The adapters in {job.adapters} were trained on dataset {manifest['dataset'][:12]}, and {job.dataset} "
            f"now holds {now[:12]}: what is held out here they may have been trained on.",
            fix="Run `quire train` on this dataset first.",
        )
    train, files = models.base_of(manifest)
    tokenizer = models.load_tokenizer(files)
    stops = models.stop_ids(files, tokenizer)
    model = models.load_adapted(files, train, job.adapters)
    judged = evaluate(model, tokenizer, stops, job, train, emit)
    adapters.write_verdict(job.adapters, {**adapters.read_metrics(job.adapters), **judged}, job.evaluate)
    emit({"event": "done", "verdict": judged["verdict"]})


if __name__ == "__main__":
    sys.exit(child(judge_again))
