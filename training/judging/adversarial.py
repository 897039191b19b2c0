"""Base and adapters on adversarial variants of held-out pairs: kept apart, as a wish met or not is no F1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from augment.language.declining import met, way
from augment.records import QAPair
from extractors.records import Record
from training.judging.examination import Examination


class Way(Record):
    """Rows that go one way, and the shares of them in which base and adapters did what the row wants."""

    rows: int
    base: float
    adapters: float


def adversarial(examination: Examination, pairs: Sequence[QAPair]) -> dict[str, Way]:
    """What metrics.json says under "adversarial", by the ways of `augment.language.declining`; empty without such rows.

    Rows that are true only beside their passage are left out unless passages were trained with.
    """
    asked, selection = examination.choose(
        [pair for pair in pairs if examination.train.with_context or not pair.open_book]
    )
    if not asked:
        return {}
    with examination.model.disable_adapter():
        base = examination.ask(selection.examples, ("adversarial", "base"))
    trained = examination.ask(selection.examples, ("adversarial", "adapters"))
    rows = Counter(way(pair) for pair in asked)
    before, after = (
        Counter(way(pair) for pair, text in zip(asked, texts, strict=True) if met(pair, text))
        for texts in (base, trained)
    )
    return {
        name: Way(rows=number, base=before[name] / number, adapters=after[name] / number)
        for name, number in sorted(rows.items())
    }
