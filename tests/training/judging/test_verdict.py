"""Verdicts on made-up numbers."""

from __future__ import annotations

import random
from itertools import product

import pytest

from training.judging.verdict import Judged, difference, headline, judge
from training.settings import EvaluateSettings

SETTINGS = EvaluateSettings(draws=2000)


def rows(documents: int, gain: float, noise: float, each: int = 5, seed: int = 1) -> list[Judged]:
    """Answers that the adapters give better by `gain`, which differs by document by `noise`."""
    chance = random.Random(seed)
    judged = []
    for document in range(documents):
        shift = gain + noise * (chance.random() - 0.5)
        for number in range(each):
            judged.append(
                Judged(
                    id=f"{document}-{number}",
                    document=f"document {document}",
                    tokens=10 + number,
                    base_nll=30.0,
                    adapters_nll=30.0 - 20 * shift,
                    base_f1=0.5,
                    adapters_f1=0.5 + shift,
                )
            )
    return judged


def test_a_steady_gain_over_many_documents_is_better():
    verdict = judge("test", rows(20, gain=0.2, noise=0.1), SETTINGS, 1)
    assert verdict.outcome == "better"
    assert 0 < verdict.f1.low < verdict.f1.value < verdict.f1.high
    assert verdict.loss.high < 0
    assert (verdict.won, verdict.tied, verdict.lost) == (100, 0, 0)
    assert "answer better than" in verdict.sentence and "F1 50.0 to " in verdict.sentence


def test_a_steady_loss_is_worse():
    verdict = judge("test", rows(20, gain=-0.2, noise=0.1), SETTINGS, 1)
    assert verdict.outcome == "worse"
    assert verdict.lost == 100
    assert "answer worse than" in verdict.sentence


def test_an_interval_that_holds_zero_cannot_tell():
    verdict = judge("test", rows(20, gain=0.0, noise=0.6), SETTINGS, 1)
    assert verdict.outcome == "cannot tell"
    assert verdict.f1.low < 0 < verdict.f1.high
    assert "holds zero" in verdict.sentence


def test_no_difference_at_all_cannot_tell():
    verdict = judge("test_seen", rows(20, gain=0.0, noise=0.0), SETTINGS, 1)
    assert verdict.outcome == "cannot tell" and verdict.tied == 100


def test_few_documents_cannot_tell_however_large_the_gain():
    verdict = judge("test", rows(4, gain=0.4, noise=0.0), SETTINGS, 1)
    assert verdict.outcome == "cannot tell"
    assert "cannot tell" in verdict.sentence and "as that takes 5 documents: F1" in verdict.sentence


def test_one_document_has_no_interval():
    verdict = judge("test", rows(1, gain=0.4, noise=0.0), SETTINGS, 1)
    assert verdict.f1.low is None and verdict.f1.high is None
    assert "1 document)" in verdict.sentence and "interval" not in verdict.sentence


def test_questions_of_one_document_are_not_counted_as_independent():
    """The same rows, once as 6 documents of 50 alike questions and once as 300 documents."""
    clustered = rows(6, gain=0.1, noise=0.8, each=50)
    independent = [row.model_copy(update={"document": row.id}) for row in clustered]
    wide, narrow = (judge("test", found, SETTINGS, 1).f1 for found in (clustered, independent))
    assert wide.value == pytest.approx(narrow.value)
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    chance = random.Random(7)
    covered = 0
    for trial in range(200):
        gains = [chance.gauss(0.3, 0.2) for _ in range(30)]
        found = difference([str(at) for at in range(30)], gains, [1] * 30, 400, trial)
        covered += found.low <= 0.3 <= found.high
    assert 0.88 <= covered / 200 <= 0.99


def test_the_interval_is_that_of_all_draws_of_three_documents():
    """Of 27 draws one has the least document three times, which is more often than 2.5 %."""
    documents, gains = ["a", "a", "b", "c"], [0.1, 0.3, 0.5, -0.2]
    found = difference(documents, gains, [1] * 4, 10_000, 1)
    assert found.value == pytest.approx(0.7 / 4)
    assert (found.low, found.high) == pytest.approx((-0.2, 0.5))
    everything = []
    for drawn in product("abc", repeat=3):
        chosen = [gain for name in drawn for document, gain in zip(documents, gains, strict=True) if document == name]
        everything.append(sum(chosen) / len(chosen))
    middle = difference(documents, gains, [1] * 4, 100_000, 2)
    assert middle.low == pytest.approx(min(everything)) and middle.high == pytest.approx(max(everything))


def test_the_loss_is_weighed_by_tokens_and_the_seed_decides():
    documents = [row.document for row in rows(8, 0.1, 0.3)]
    found = difference(documents, [1.0] * 40, [2] * 40, 500, 3)
    assert found.value == pytest.approx(0.5) and found.low == pytest.approx(0.5)
    one, same, other = (judge("test", rows(8, 0.1, 0.3), SETTINGS, seed).f1 for seed in (3, 3, 4))
    assert one == same and one != other


def test_the_headline_follows_unseen_documents_and_tells_both():
    verdicts = {
        "test_seen": judge("test_seen", rows(20, 0.2, 0.1), SETTINGS, 1),
        "test": judge("test", rows(20, 0.0, 0.6), SETTINGS, 1),
    }
    found = headline(verdicts)
    assert found["outcome"] == "cannot tell"
    assert found["sentence"].startswith("On documents it was not trained on")
    assert f"; o{verdicts['test_seen'].sentence[1:]}" in found["sentence"]
    assert found["sentence"].count(". ") == 0 and found["sentence"].endswith(".")  # one sentence
    assert headline({"test_seen": verdicts["test_seen"]})["outcome"] == "better"
    assert "nothing was held out" in headline({})["sentence"]
