"""Did training help? A paired bootstrap of base against adapters, by document, and a sentence that says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from extractors.records import Record
from training.settings import EvaluateSettings

if TYPE_CHECKING:
    import numpy as np

Outcome = Literal["better", "worse", "cannot tell"]

SETS = {
    "test": "On documents it was not trained on",
    "test_seen": "On new questions about documents it was trained on",
}
"""What each held-out set asks, the set that the headline follows first."""

INTERVAL = 0.95
DRAWS_AT_ONCE = 1000


class Judged(Record):
    """One held-out pair: what base and adapters made of it. `nll` is summed over its `tokens` completion tokens."""

    id: str
    document: str
    tokens: int
    base_nll: float
    adapters_nll: float
    base_f1: float
    adapters_f1: float


class Difference(Record):
    """Adapters less base, with the 95 % interval; without one where there are fewer than two documents."""

    value: float
    low: float | None
    high: float | None


class Verdict(Record):
    """What one set says. The outcome follows the F1 of the answers, as answers are what the adapters are for."""

    outcome: Outcome
    sentence: str
    documents: int
    questions: int
    f1: Difference
    loss: Difference
    won: int
    tied: int
    lost: int


def judge(name: str, rows: Sequence[Judged], settings: EvaluateSettings, seed: int) -> Verdict:
    """The verdict of one set with at least one row. Documents are resampled, not questions: those of one document
    are alike (Miller 2024, clustered errors)."""
    where = [row.document for row in rows]
    documents = len(set(where))
    f1 = difference(where, [row.adapters_f1 - row.base_f1 for row in rows], [1] * len(rows), settings.draws, seed)
    loss = difference(
        where,
        [row.adapters_nll - row.base_nll for row in rows],
        [row.tokens for row in rows],
        settings.draws,
        seed,
    )
    outcome: Outcome = "cannot tell"
    if documents >= settings.min_documents and f1.low is not None and f1.high is not None:
        outcome = "better" if f1.low > 0 else "worse" if f1.high < 0 else "cannot tell"
    won = sum(row.adapters_f1 > row.base_f1 for row in rows)
    lost = sum(row.adapters_f1 < row.base_f1 for row in rows)
    return Verdict(
        outcome=outcome,
        sentence=_sentence(name, outcome, rows, documents, f1, loss, settings),
        documents=documents,
        questions=len(rows),
        f1=f1,
        loss=loss,
        won=won,
        tied=len(rows) - won - lost,
        lost=lost,
    )


def headline(verdicts: Mapping[str, Verdict]) -> dict[str, str]:
    """The outcome of the first set that has questions, and one sentence on all."""
    judged = [verdicts[name] for name in SETS if name in verdicts]
    if not judged:
        return {"outcome": "cannot tell", "sentence": "Cannot tell whether the adapters help: nothing was held out."}
    first, *others = [verdict.sentence.removesuffix(".") for verdict in judged]
    clauses = [first, *(f"{other[0].lower()}{other[1:]}" for other in others)]
    return {"outcome": judged[0].outcome, "sentence": f"{'; '.join(clauses)}."}


def difference(
    documents: Sequence[str], gains: Sequence[float], weights: Sequence[int], draws: int, seed: int
) -> Difference:
    """Sum of `gains` over sum of `weights`, and the interval of this ratio when documents are drawn again.

    Each row has its document, its gain and its weight. A paired bootstrap by clusters: a draw has as many documents as
    there are, each with all of its rows, or several times, or not at all (Efron and Tibshirani 1993, percentiles).
    """
    import numpy as np

    index = {document: at for at, document in enumerate(sorted(set(documents)))}
    gain, weight = np.zeros(len(index)), np.zeros(len(index))
    for document, row_gain, row_weight in zip(documents, gains, weights, strict=True):
        gain[index[document]] += row_gain
        weight[index[document]] += row_weight
    value = float(gain.sum() / weight.sum())
    if len(index) < 2:
        return Difference(value=value, low=None, high=None)
    random = np.random.default_rng(seed)
    ratios: list[np.ndarray] = []
    for start in range(0, draws, DRAWS_AT_ONCE):
        drawn = random.integers(len(index), size=(min(DRAWS_AT_ONCE, draws - start), len(index)))
        ratios.append(gain[drawn].sum(axis=1) / weight[drawn].sum(axis=1))
    tail = (1 - INTERVAL) / 2
    low, high = np.quantile(np.concatenate(ratios), [tail, 1 - tail])
    return Difference(value=value, low=float(low), high=float(high))


def _sentence(
    name: str,
    outcome: Outcome,
    rows: Sequence[Judged],
    documents: int,
    f1: Difference,
    loss: Difference,
    settings: EvaluateSettings,
) -> str:
    count, tokens = len(rows), sum(row.tokens for row in rows)
    before, after = sum(row.base_f1 for row in rows) / count, sum(row.adapters_f1 for row in rows) / count
    nll, trained = sum(row.base_nll for row in rows) / tokens, sum(row.adapters_nll for row in rows) / tokens
    says = {
        "better": "the adapters answer better than the base model",
        "worse": "the adapters answer worse than the base model",
        "cannot tell": "cannot tell whether the adapters answer better than the base model",
    }[outcome]
    why = ""
    if documents < settings.min_documents:
        why = f", as that takes {_count(settings.min_documents, 'document')}"
    elif outcome == "cannot tell":
        why = ", as the interval of the difference holds zero"
    asked = f"{_count(count, 'question')}, {_count(documents, 'document')}"
    return (
        f"{SETS[name]} ({asked}), {says}{why}: F1 {100 * before:.1f} to {100 * after:.1f} "
        f"(difference {_signed(f1, 100, 1)}), loss {nll:.3f} to {trained:.3f} "
        f"(difference {_signed(loss, 1, 3)})."
    )


def _signed(difference: Difference, scale: float, places: int) -> str:
    text = f"{scale * difference.value:+.{places}f}"
    if difference.low is None or difference.high is None:
        return text
    return f"{text}, 95 % interval {scale * difference.low:+.{places}f} to {scale * difference.high:+.{places}f}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
