"""The search: what it tries, what it cuts short, and how it goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from extractors.errors import QuireError
from tests.training.made_up import make_job
from training.jobs import Event, NotTrainable, run
from training.settings import TrainSettings, TuneSettings
from training.tuning import Tried, attempt, next_trial, open_study, study_key, tried

OWN = TrainSettings(learning_rate=1e-3, rank=8, alpha=16, epochs=4)
TUNE = TuneSettings(rank=(4, 16), epochs=(1, 2))


def training(
    *losses: float, end: float | None = None, stopped: list[int] | None = None
) -> Generator[Event, None, None]:
    """The events of a training with a validation after each of as many steps as there are losses, before and after."""
    step = 0
    try:
        for step, loss in enumerate((9.0, *losses)):
            yield {"event": "evaluation", "step": step, "steps": len(losses), "eval_loss": loss}
        total = losses[-1] if end is None else end
        yield {"event": "done", "eval_loss": total, "steps": len(losses), "documents": {"ash": [total * 10, 10]}}
    finally:
        if stopped is not None:
            stopped.append(step)


def search(folder: Path, losses: list[float], seed: int = 7) -> list[Tried]:
    """A search whose trials end with these losses, one each; each opens the study anew, as if it had been killed."""
    for loss in losses:
        study = open_study(folder, OWN)
        trial, _ = next_trial(study, OWN, TUNE, seed)
        attempt(study, trial, training(loss))
    return tried(open_study(folder, OWN))


def test_the_first_trial_has_the_settings_as_they_are_and_others_stay_within_the_ranges(tmp_path: Path):
    first, *others = search(tmp_path / "a {folder}, 100%?", [2.0, 1.9, 1.8, 1.7, 1.6, 1.5])
    assert first.train == OWN and first.loss == 2.0 and first.documents == {"ash": (20.0, 10)}
    assert len({trial.train.learning_rate for trial in others}) == 5
    for trial in others:
        assert 1e-4 <= trial.train.learning_rate <= 1e-2
        assert trial.train.rank in (4, 8, 16) and trial.train.alpha == 2 * trial.train.rank
        assert trial.train.epochs in (1, 2, 4)
        left = trial.train.model_copy(update={"learning_rate": 1e-3, "rank": 8, "alpha": 16, "epochs": 4})
        assert left == OWN


def test_what_is_tried_follows_from_the_seed_and_the_trials_before(tmp_path: Path):
    losses = [2.0, 1.9, 1.8, 1.7, 1.9, 1.5, 1.4]
    one = search(tmp_path / "one", losses)
    study = open_study(tmp_path / "other", OWN)
    for loss in losses:  # never opened anew
        attempt(study, next_trial(study, OWN, TUNE, 7)[0], training(loss))
    assert tried(study) == one
    assert search(tmp_path / "third", losses, seed=8)[1].train != one[1].train


def test_a_trial_that_was_stopped_goes_on_as_it_began(tmp_path: Path):
    search(tmp_path, [2.0])
    study = open_study(tmp_path, OWN)
    trial, settings = next_trial(study, OWN, TUNE, 7)
    with pytest.raises(KeyboardInterrupt):
        attempt(study, trial, interrupted())
    study = open_study(tmp_path, OWN)
    assert [one.number for one in tried(study)] == [1]
    again, same = next_trial(study, OWN, TUNE, 7)
    assert (again.number, same) == (trial.number, settings) == (1, settings)
    assert attempt(study, again, training(1.8, 1.7)).loss == 1.7  # its first validation was reported before


def interrupted() -> Generator[Event, None, None]:
    yield {"event": "evaluation", "step": 1, "steps": 2, "eval_loss": 1.8}
    raise KeyboardInterrupt


def test_a_trial_that_lags_behind_is_cut_short_but_not_at_its_end(tmp_path: Path):
    study = open_study(tmp_path, OWN)
    stops: list[int] = []
    for losses in ([2.0, 1.5, 1.2], [2.1, 1.6, 1.3], [1.9, 1.4, 1.1], [1.8, 1.7, 1.6], [9.0, 9.0, 9.0]):
        trial, _ = next_trial(study, OWN, TUNE, 7)
        attempt(study, trial, training(*losses, stopped=stops))
    assert [one.outcome for one in tried(study)] == ["whole", "whole", "whole", "cut short", "cut short"]
    assert stops == [3, 3, 3, 2, 1] and [one.step for one in tried(study)][3:] == [2, 1]
    trial, _ = next_trial(study, OWN, TUNE, 7)
    assert attempt(study, trial, training(9.0)).outcome == "whole"


def test_a_failure_costs_its_trial_and_one_that_all_share_stops_the_search(tmp_path: Path):
    study = open_study(tmp_path, OWN)

    def failing(error: QuireError) -> Generator[Event, None, None]:
        yield {"event": "preflight"}
        raise error

    failed = attempt(study, next_trial(study, OWN, TUNE, 7)[0], failing(QuireError("Memory ran out.", fix="Free it.")))
    assert (failed.outcome, failed.why, failed.fix, failed.loss) == ("failed", "Memory ran out.", "Free it.", None)
    with pytest.raises(NotTrainable):
        attempt(study, next_trial(study, OWN, TUNE, 7)[0], failing(NotTrainable("no rows")))
    assert [one.outcome for one in tried(study)] == ["failed"]


def test_only_what_a_training_has_is_searched(tmp_path: Path):
    own = OWN.model_copy(update={"max_steps": 60, "strategy": "full"})
    study = open_study(tmp_path, own)
    for loss in (2.0, 1.9, 1.8):
        attempt(study, next_trial(study, own, TUNE, 7)[0], training(loss))
    assert {(one.train.rank, one.train.alpha, one.train.epochs) for one in tried(study)} == {(8, 16, 4)}
    assert len({one.train.learning_rate for one in tried(study)}) == 3


def test_a_search_goes_on_with_more_trials_but_not_with_other_ranges(tmp_path: Path):
    job = make_job(tmp_path, "starter")
    key = study_key(job, "rows", "base", TUNE)
    assert key == study_key(job, "rows", "base", TUNE.model_copy(update={"trials": 99}))
    assert len({key, study_key(job, "rows", "base", TuneSettings()), study_key(job, "others", "base", TUNE)}) == 3


@pytest.mark.parametrize("wrong", [{"learning_rate": (1e-3,)}, {"learning_rate": (2.0, 1.0)}, {"rank": (0,)}])
def test_ranges_that_are_none_are_refused(wrong: dict[str, tuple[float, ...]]):
    with pytest.raises(ValueError, match="above zero"):
        TuneSettings.model_validate(wrong)


CHILD = """
import json, os, sys, time
for step in range(1, 1000):
    print(json.dumps({"event": "evaluation", "step": step, "steps": 1000, "eval_loss": 9.0, "pid": os.getpid()}))
    sys.stdout.flush()
    time.sleep(0.05)
"""


def test_cutting_a_trial_short_stops_its_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "lagging.py").write_text(CHILD)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    study = open_study(tmp_path, OWN)
    for _ in range(3):
        attempt(study, next_trial(study, OWN, TUNE, 7)[0], training(2.0, 1.5))
    pids: list[int] = []

    def noted(events: Generator[Event, None, None]) -> Generator[Event, None, None]:
        for event in events:
            pids.append(event["pid"])
            yield event

    trial, _ = next_trial(study, OWN, TUNE, 7)
    ended = attempt(study, trial, noted(run(make_job(tmp_path, "starter"), "lagging")))
    assert ended.outcome == "cut short" and ended.step == 1 and len(pids) == 1
    assert gone(pids[0])


def gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
