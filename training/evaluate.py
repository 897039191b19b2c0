"""Base and adapters on pairs that were held out: loss on the answers, and answers of their own.

    python -m training.evaluate JOB.json

judges published adapters, in a process that has nothing of their training. Started with `training.jobs.run`, it yields
its events:

    {"event": "waiting", "for": "GPU ..."}                          another job holds the device
    {"event": "generating", "set", "model", "done", "of"}           answers made of a held-out set
    {"event": "memory", "place": "judging", "error", "action"}      it ran out, and judging went on
    {"event": "forgetting", "share", "forgot"}
    {"event": "done", "verdict": {"outcome", "sentence"}, "judged_s"}
    {"event": "error", "status", "message", "fix"}

All are one loaded model: the base is the model with its adapters switched off, once asked as it is trained and once
with answered questions in front. Below them stands a floor that needs no model, the question given back as its own
answer: as answers are sentences that take up the words of their question, it is the highest of its kind (on the sample
documents its F1 is 33 to 43, that of the most frequent answer 22 to 23, that of the whole passage 27 to 28).
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from augment.records import QAPair
from extractors.errors import QuireError
from training import adapters, ranks
from training.base import models
from training.dataset import SLICE, dataset_hash, read_split
from training.inference import Budget
from training.jobs import Emit, TrainJob, child
from training.judging.adversarial import adversarial
from training.judging.examination import Answered, Examination
from training.judging.forgetting import forgetting
from training.judging.scores import AnswerScore, score
from training.judging.shots import with_shots
from training.judging.verdict import SETS, Difference, Judged, Verdict, difference, headline, judge
from training.preparing.loading import loading
from training.prompts import Encoded
from training.settings import TrainSettings
from training.strategies import STRATEGIES

SAMPLES = 5


def evaluate(
    model: Any, tokenizer: Any, stops: frozenset[int], job: TrainJob, train: TrainSettings, emit: Emit
) -> dict[str, Any]:
    """Judging's part of metrics.json for a PEFT model in evaluation mode: "verdict", "sets", "adversarial",
    "forgetting", "reloaded", which is an answer to a question that was trained, and its "memory_events".

    At most `max_rows` pairs a set, chosen by a hash of their ids; `train` is how the adapters were trained. Where
    memory runs out the batch is halved, with an event, and done again; raises QuireError where one row does not fit.
    """
    lacks: list[dict[str, str]] = []

    def lacking(tokens: int, error: str) -> None:
        lacks.append({"place": "judging", "error": error, "action": f"{tokens} tokens a batch"})
        emit({"event": "memory", **lacks[-1]})

    budget = Budget(job.evaluate.batch_tokens, lacking)
    examination = Examination(model, tokenizer, stops, job, train, budget, emit)
    pool = [pair for pair in read_split(job.dataset, "train") if pair.kind == "original"]
    known, encoded = examination.choose(pool)
    proof = examination.ask(encoded.examples[:1], ("train", "adapters"))
    sets: dict[str, Any] = {}
    verdicts: dict[str, Verdict] = {}
    for name in SETS:
        pairs, selection = examination.choose(read_split(job.dataset, name))
        if pairs:
            verdicts[name], told = _judge_set(examination, name, pairs, selection.examples, pool)
            sets[name] = {"rows": selection.counts(), **told}
    tried = adversarial(examination, read_split(job.dataset, SLICE))
    general = forgetting(model, tokenizer, budget, job.evaluate.draws, job.seed)
    emit({"event": "forgetting", "share": general.share, "forgot": general.forgot})
    return {
        "verdict": headline(verdicts),
        "sets": sets,
        "adversarial": {name: found.model_dump() for name, found in tried.items()},
        "forgetting": general.model_dump(),
        "reloaded": [{"question": pair.question, "answer": text} for pair, text in zip(known, proof, strict=False)],
        "memory_events": lacks,
    }


def _judge_set(
    examination: Examination, name: str, pairs: Sequence[QAPair], examples: Sequence[Encoded], pool: Sequence[QAPair]
) -> tuple[Verdict, dict[str, Any]]:
    """The verdict of one held-out set, and what metrics.json says of it."""
    job = examination.job
    shown = with_shots(
        examples,
        pairs,
        pool,
        examination.tokenizer,
        examination.train,
        shots=job.evaluate.shots,
        window=examination.window - job.evaluate.max_new_tokens,
        seed=job.seed,
    )
    with examination.model.disable_adapter():
        base = examination.put(pairs, examples, (name, "base"))
        few_shot = examination.put(pairs, [example for example, _ in shown], (name, "base with examples"))
    trained = examination.put(pairs, examples, (name, "adapters"))
    floor = [score(pair.question, pair.answer, pair.answer_span) for pair in pairs]
    verdict = judge(name, _paired(pairs, base, trained), job.evaluate, job.seed)
    return verdict, {
        "base": _summary(base),
        "adapters": _summary(trained),
        "few_shot": {**_summary(few_shot), "shots": fmean(fitted for _, fitted in shown)},
        "floor": _means(floor),
        "over": {
            rival: _f1_over(scores, pairs, trained, job).model_dump()
            for rival, scores in (("few_shot", few_shot.scores), ("floor", floor))
        },
        **verdict.model_dump(),
        "samples": [
            {"question": pair.question, "answer": pair.answer, "base": before, "adapters": after}
            for pair, before, after in zip(pairs[:SAMPLES], base.texts, trained.texts, strict=False)
        ],
    }


def _document(pair: QAPair) -> str:
    return pair.family or pair.doc_id  # near-duplicate documents count once


def _paired(pairs: Sequence[QAPair], base: Answered, trained: Answered) -> list[Judged]:
    return [
        Judged(
            id=pair.id,
            document=_document(pair),
            tokens=base.likelihoods[at].tokens,
            base_nll=base.likelihoods[at].nll,
            adapters_nll=trained.likelihoods[at].nll,
            base_f1=base.scores[at].f1,
            adapters_f1=trained.scores[at].f1,
        )
        for at, pair in enumerate(pairs)
    ]


def _f1_over(rivals: Sequence[AnswerScore], pairs: Sequence[QAPair], trained: Answered, job: TrainJob) -> Difference:
    """The F1 of the adapters less that of something else."""
    gains = [own.f1 - rival.f1 for own, rival in zip(trained.scores, rivals, strict=True)]
    return difference([_document(pair) for pair in pairs], gains, [1] * len(gains), job.evaluate.draws, job.seed)


def _summary(answered: Answered) -> dict[str, float]:
    tokens = sum(one.tokens for one in answered.likelihoods)
    loss = sum(one.nll for one in answered.likelihoods) / tokens
    return {
        "loss": loss,
        "perplexity": math.exp(min(loss, 700)),
        "token_accuracy": sum(one.correct for one in answered.likelihoods) / tokens,
        **_means(answered.scores),
    }


def _means(scores: Sequence[AnswerScore]) -> dict[str, float]:
    return {name: fmean(getattr(one, name) for one in scores) for name in AnswerScore.model_fields}


def judge_adapters(job: TrainJob, emit: Emit) -> None:
    """Judge published adapters on the dataset they were trained on, and renew their metrics and card. Raises QuireError
    where there are no whole ones, or where they came from another dataset or base."""
    began = time.monotonic()
    manifest, metrics = adapters.verified(job.adapters), adapters.read_metrics(job.adapters)
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
    with loading(files, train, job.command):
        model = STRATEGIES[train.strategy].load(files, train, job.adapters)
    judged = evaluate(model, tokenizer, stops, job, train, emit)
    ranks.leave()
    judged_s = round(time.monotonic() - began, 1)
    in_training = [event for event in metrics["memory_events"] if event["place"] != "judging"]
    judged = {
        **judged,
        "memory_events": [*in_training, *judged["memory_events"]],
        "evaluate": job.evaluate.model_dump(mode="json"),
        "timings": {**metrics["timings"], "judged_s": judged_s},
    }
    adapters.write_judged(job.adapters, {**metrics, **judged})
    emit({"event": "done", "verdict": judged["verdict"], "judged_s": judged_s})


if __name__ == "__main__":
    sys.exit(child(judge_adapters))
