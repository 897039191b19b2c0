"""What a search for better settings has found: the best trial, whether it is better, and a sentence that says it."""

from __future__ import annotations

from collections.abc import Sequence

from extractors.records import Record
from training.judging.verdict import Difference, Outcome, difference
from training.settings import EvaluateSettings
from training.tuning import Tried


class Findings(Record):
    """`best` has the lowest validation loss. `outcome` says whether it is lower than that of the first trial, which has
    the settings as they were, by more than chance; `gain` is best less first, where both were trained whole."""

    best: Tried
    outcome: Outcome
    gain: Difference | None
    sentence: str


def findings(trials: Sequence[Tried], settings: EvaluateSettings, seed: int) -> Findings | None:
    """What the trials say, the first of them with the settings as they were; nothing where none was trained whole.

    The interval is that of the difference when the documents of the validation set are drawn again.
    """
    whole = [trial for trial in trials if trial.loss is not None]
    if not whole:
        return None
    first, best = trials[0], min(whole, key=lambda trial: (trial.loss, trial.number))
    count = len(best.documents)
    held_out = f"the validation set ({count} document{'' if count == 1 else 's'})"
    if best is first:
        others = len(trials) - 1
        sentence = f"None of {others} other trials" if others else "No other trial was made, so nothing"
        sentence += f" has a lower loss on {held_out} than the settings as they are: {best.loss:.4f}."
        return Findings(best=best, outcome="cannot tell", gain=None, sentence=sentence)
    if first.loss is None:
        sentence = (
            f"Trial {best.number} has the lowest loss on {held_out}: {best.loss:.4f}. The settings as they are have "
            f"none to compare it with: {first.why}"
        )
        return Findings(best=best, outcome="cannot tell", gain=None, sentence=sentence)
    names = sorted(best.documents)
    gain = difference(
        names,
        [best.documents[name][0] - first.documents[name][0] for name in names],
        [best.documents[name][1] for name in names],
        settings.draws,
        seed,
    )
    sure = count >= settings.min_documents and gain.high is not None and gain.high < 0
    return Findings(
        best=best,
        outcome="better" if sure else "cannot tell",
        gain=gain,
        sentence=_compared(best, first, held_out, count, gain, sure, settings),
    )


def _compared(
    best: Tried, first: Tried, held_out: str, documents: int, gain: Difference, sure: bool, settings: EvaluateSettings
) -> str:
    says = f"Trial {best.number} is better" if sure else f"Cannot tell whether trial {best.number} is better"
    interval = "" if gain.low is None else f", 95 % interval {gain.low:+.4f} to {gain.high:+.4f}"
    why = ""
    if documents < settings.min_documents:
        why = f"; too few documents, {settings.min_documents} are needed"
    elif not sure:
        why = "; the interval holds zero"
    return (
        f"{says} than the settings as they are: loss on {held_out} {first.loss:.4f} to {best.loss:.4f} "
        f"(difference {gain.value:+.4f}{interval}{why}). It was chosen by these very documents, so that is the most to "
        "hope for; training with it is judged on others."
    )
