"""A search for better settings of training by Optuna: learning rate, rank and epochs, by the validation loss.

Trials are one after the other, each a training of its own; the first has the settings as they are. The study is kept
in its folder: opened again it goes on, with the trial that was stopped first. What a trial tries follows from the seed,
its number and the trials before it, so that a search that was stopped finds what one that was not would have.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from extractors.errors import QuireError
from extractors.files import sha256
from extractors.records import Record
from training.jobs import Event, NotTrainable, TrainJob
from training.learning.checkpoints import job_key
from training.settings import TrainSettings, TuneSettings

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

AT_RANDOM = 4
"""Trials before the sampler, a tree-structured Parzen estimator (Bergstra et al. 2011), follows what it has seen."""

TO_COMPARE = 3
"""Whole trials that were validated at a step before another is cut short there, where its lowest loss is above their
median (Golovin et al. 2017)."""

OF_LORA = ("qlora", "lora")
"""Strategies whose adapters have a rank."""

Outcome = Literal["whole", "cut short", "failed", "stopped"]


class Tried(Record):
    """A trial, counted from 1: its settings, how it ended, and why if it failed; of a whole one the validation loss,
    and for each document the summed negative log-likelihood and the tokens. `step` is the last at which it was
    compared."""

    number: int
    train: TrainSettings
    outcome: Outcome
    step: int
    why: str
    fix: str
    loss: float | None
    documents: dict[str, tuple[float, int]]


def study_key(job: TrainJob, dataset: str, revision: str, tune: TuneSettings) -> str:
    """What must be the same for one search to go on with another's trials; only their number may differ."""
    ranges = tune.model_dump(mode="json", exclude={"trials"})
    return sha256(json.dumps([job_key(job, dataset, revision), ranges], sort_keys=True))[:16]


def open_study(folder: Path, own: TrainSettings) -> Study:
    """The study kept in `folder`, made if need be, with the settings `own` as its first trial."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    # By a function: in the address of a database, some characters that a path may hold mean something else.
    database = {"creator": partial(sqlite3.connect, folder / "study.db")}
    study = optuna.create_study(
        storage=optuna.storages.RDBStorage("sqlite://", engine_kwargs=database),
        study_name="quire",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=0, n_min_trials=TO_COMPARE),
    )
    if not study.trials:
        study.enqueue_trial(searched(own))
    return study


def next_trial(study: Study, own: TrainSettings, tune: TuneSettings, seed: int) -> tuple[Trial, TrainSettings]:
    """The trial that was stopped, or a new one, and its settings."""
    import optuna

    trials = study.get_trials(deepcopy=False)
    stopped = [trial for trial in trials if trial.state == optuna.trial.TrialState.RUNNING]
    number = stopped[0].number if stopped else sum(_ended(trial) for trial in trials)
    # With a seed for each: one for all would draw the first numbers again where a search goes on.
    draw = random.Random(f"{seed}:{number}").getrandbits(32)
    study.sampler = optuna.samplers.TPESampler(n_startup_trials=AT_RANDOM, seed=draw)
    trial = optuna.Trial(study, stopped[0]._trial_id) if stopped else study.ask()
    settings = _suggested(trial, own, tune)
    trial.set_user_attr("train", settings.model_dump(mode="json"))
    return trial, settings


def searched(settings: TrainSettings) -> dict[str, float]:
    """The settings that are searched, and their values. Epochs say nothing where the steps are given."""
    return {
        "learning_rate": settings.learning_rate,
        **({"rank": settings.rank} if settings.strategy in OF_LORA else {}),
        **({"epochs": settings.epochs} if settings.max_steps <= 0 else {}),
    }


def _suggested(trial: Trial, own: TrainSettings, tune: TuneSettings) -> TrainSettings:
    """Each setting within its range, or as it is. The weight of what LoRA adds, alpha to rank, stays as it is."""
    own_values = searched(own)
    low, high = tune.learning_rate or (own.learning_rate / 10, own.learning_rate * 10)
    rate = trial.suggest_float("learning_rate", min(low, own.learning_rate), max(high, own.learning_rate), log=True)
    chosen: dict[str, float] = {"learning_rate": rate if rate == own.learning_rate else float(f"{rate:.3g}")}
    if "rank" in own_values:
        chosen["rank"] = trial.suggest_categorical("rank", sorted({*tune.rank, own.rank}))
        chosen["alpha"] = max(1, round(chosen["rank"] * own.alpha / own.rank))
    if "epochs" in own_values:
        chosen["epochs"] = trial.suggest_categorical("epochs", sorted({*tune.epochs, own.epochs}))
    return own.model_copy(update=chosen)


def attempt(study: Study, trial: Trial, events: Generator[Event, None, None]) -> Tried:
    """Ends a trial as the events of its training end, or before, where it lags behind: then `events` is closed.

    A training that fails costs its trial. Raises NotTrainable, which would be raised by every other too.
    """
    from optuna.trial import TrialState

    reported = {**_of(study, trial.number).intermediate_values}  # before it was stopped
    with closing(events):
        try:
            for event in events:
                # Not by its last one: by then its learning rate has fallen, and longer trials would lag behind.
                if event["event"] == "evaluation" and 0 < event["step"] < event["steps"]:
                    if event["step"] not in reported:
                        trial.report(event["eval_loss"], event["step"])
                    if trial.should_prune():
                        study.tell(trial, state=TrialState.PRUNED)
                        break
                elif event["event"] == "done":
                    trial.set_user_attr("documents", event["documents"])
                    study.tell(trial, event["eval_loss"])
        except NotTrainable:
            raise
        except QuireError as error:
            trial.set_user_attr("why", error.message)
            trial.set_user_attr("fix", error.fix)
            study.tell(trial, state=TrialState.FAIL)
    return _tried(_of(study, trial.number))


def tried(study: Study) -> list[Tried]:
    """All trials that have ended, in the order in which they began."""
    return [_tried(trial) for trial in study.get_trials(deepcopy=False) if _ended(trial)]


def _of(study: Study, number: int) -> FrozenTrial:
    return study.get_trials(deepcopy=False)[number]


def _ended(trial: FrozenTrial) -> bool:
    return trial.state.is_finished()


def _tried(trial: FrozenTrial) -> Tried:
    from optuna.trial import TrialState

    outcomes: dict[TrialState, Outcome] = {
        TrialState.COMPLETE: "whole",
        TrialState.PRUNED: "cut short",
        TrialState.FAIL: "failed",
    }
    outcome = outcomes.get(trial.state, "stopped")
    return Tried(
        number=trial.number + 1,
        train=TrainSettings.model_validate(trial.user_attrs["train"]),
        outcome=outcome,
        step=trial.last_step or 0,
        why=trial.user_attrs.get("why", ""),
        fix=trial.user_attrs.get("fix", ""),
        loss=trial.value if outcome == "whole" else None,
        documents=trial.user_attrs.get("documents", {}),
    )
