"""What is said of a search."""

from __future__ import annotations

from training.findings import findings
from training.settings import EvaluateSettings, TrainSettings
from training.tuning import Tried

SETTINGS = EvaluateSettings(draws=500)


def make_trial(number: int, losses: list[float] | None, train: TrainSettings | None = None) -> Tried:
    """A trial with this loss on each document, of ten tokens; without losses it failed."""
    documents = {f"doc{at}": (10 * loss, 10) for at, loss in enumerate(losses or [])}
    loss = sum(losses) / len(losses) if losses else None
    outcome = "whole" if losses else "failed"
    return Tried(
        number=number,
        train=train or TrainSettings(),
        outcome=outcome,
        step=3,
        why="" if losses else "Memory ran out.",
        fix="",
        loss=loss,
        documents=documents,
    )


def test_better_only_where_the_documents_agree():
    first = make_trial(1, [2.0, 3.0, 2.5, 2.0, 3.0, 2.5])
    surely = make_trial(2, [1.8, 2.7, 2.3, 1.7, 2.8, 2.2])
    found = findings([first, surely, make_trial(3, None)], SETTINGS, 7)
    assert found is not None and found.best is surely and found.outcome == "better"
    assert found.gain is not None and found.gain.high is not None and found.gain.high < 0
    assert found.sentence.startswith("Trial 2 is better than the settings as they are: loss on the validation set ")
    assert "(6 documents) 2.5000 to 2.2500 (difference -0.2500, 95 % interval -0." in found.sentence

    perhaps = make_trial(2, [1.0, 3.5, 2.0, 2.5, 2.5, 3.0])
    found = findings([first, perhaps], SETTINGS, 7)
    assert found is not None and found.best is perhaps and found.outcome == "cannot tell"
    assert found.sentence.startswith("Cannot tell whether trial 2 is better") and "holds zero" in found.sentence


def test_a_small_validation_set_is_no_proof():
    found = findings([make_trial(1, [2.0, 3.0]), make_trial(2, [1.0, 2.0])], SETTINGS, 7)
    assert found is not None and found.best.number == 2 and found.outcome == "cannot tell"
    assert "too few documents, 5 are needed" in found.sentence
    found = findings([make_trial(1, [2.0]), make_trial(2, [1.0])], SETTINGS, 7)
    assert found is not None and found.outcome == "cannot tell" and "interval" not in found.sentence


def test_the_settings_as_they_are_win_a_tie_and_may_have_failed():
    found = findings([make_trial(1, [2.0]), make_trial(2, [2.0])], SETTINGS, 7)
    assert found is not None and found.best.number == 1 and found.gain is None
    assert found.sentence == (
        "None of 1 other trials has a lower loss on the validation set (1 document) than the settings as they are: "
        "2.0000."
    )
    found = findings([make_trial(1, None), make_trial(2, [2.0])], SETTINGS, 7)
    assert found is not None and found.best.number == 2 and found.outcome == "cannot tell"
    assert found.sentence.endswith("have none to compare it with: Memory ran out.")
    assert findings([make_trial(1, None)], SETTINGS, 7) is None
