"""Dataset to a preset with better settings of training: a trial a task, each a child process."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import tomli_w
from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from rich.markup import escape
from rich.table import Table

from extractors.errors import QuireError
from extractors.files import write_whole
from flows.progress import console, say
from flows.settings import Settings
from flows.train import base_model, followed, training_job
from training.dataset import dataset_hash, read_manifest
from training.findings import Findings, findings
from training.jobs import TrainJob, run
from training.settings import TrainSettings
from training.tuning import Tried, attempt, next_trial, open_study, searched, study_key, tried

if TYPE_CHECKING:
    from optuna import Study, Trial

LEFT_OPEN: Any = {
    **dict.fromkeys(("preset", "raw_docs", "out", "workers", "tune", "train"), True),
    "dataset": {"push_to_hub"},
}
"""What is no part of a preset of the winner, or, as its "train", is put in its place."""


def tune(settings: Settings) -> None:
    """Try settings of training on the dataset in the output folder, and write those of the lowest validation loss to a
    preset there. Trials that were made before are not made again.

    Raises QuireError if there is no dataset, the base model cannot be had or every trial failed, NotTrainable if no
    trial could have learnt anything or been told from another.
    """
    read_manifest(settings.out / "dataset")
    base, job, wanted = base_model(settings), training_job(settings), settings.tune.trials
    folder = settings.work.absolute() / "tune" / study_key(job, dataset_hash(job.dataset), base.revision, settings.tune)
    study = open_study(folder, job.train)
    if done := len(tried(study)):
        say(f"{done} of {max(done, wanted)} trials were made before.")
    while len(tried(study)) < wanted:
        trial, chosen = next_trial(study, job.train, settings.tune, settings.seed)
        number = trial.number + 1
        work = folder / f"trial-{number}"
        state = try_settings(
            f"trial {number} of {wanted}: {_in_words(chosen)}",
            study,
            trial,
            job.model_copy(update={"train": chosen, "work": work}),
            return_state=True,
        )
        if len(tried(study)) < number:  # it has not ended: what stopped it would stop the next one too
            state.result()
        rmtree(work, ignore_errors=True)
    trials = tried(study)
    found = findings(trials, settings.evaluate, settings.seed)
    show(trials, found)
    if found is None:
        rmtree(folder)  # what failed each time is tried again
        raise QuireError(f"Each of {len(trials)} trials failed, the last so: {trials[-1].why}", fix=trials[-1].fix)
    preset = write_preset(settings, found)
    say(found.sentence)
    say(f"`quire train --preset {preset} --out {settings.out}` trains with the settings of trial {found.best.number}.")


@task(name="trial", task_run_name="{name}", cache_policy=NO_CACHE, persist_result=False)
def try_settings(name: str, study: Study, trial: Trial, job: TrainJob) -> State[Any]:
    """One training, measured by its validation loss; ended early where it lags behind those before it."""
    title = name.capitalize().partition(":")[0]  # the numbers of its training need the rest of the line
    ended = attempt(study, trial, followed(run(job, "training.trial"), title))
    told = _ending(ended) if ended.loss is None else f"validation loss {_ending(ended)}"
    say(f"Trial {ended.number}: {told}")
    return Failed(message=told) if ended.outcome == "failed" else Completed(message=told)


def show(trials: Sequence[Tried], found: Findings | None) -> None:
    """The table of the trials, at the terminal and in the pages of the run."""
    rows = []
    for trial in trials:
        marks = ["the settings as they are"] if trial is trials[0] else []
        if found is not None and trial.number == found.best.number:
            marks.append("the lowest loss")
        values = {name.replace("_", " "): f"{value:g}" for name, value in searched(trial.train).items()}
        rows.append({"trial": str(trial.number), **values, "validation loss": _ending(trial), "what": ", ".join(marks)})
    table = Table(*rows[0], title="trials")
    for row in rows:
        table.add_row(*map(escape, row.values()))
    console.print(table)
    said = "No trial was trained whole." if found is None else found.sentence
    create_table_artifact(key="trials", table=rows, description=said)


def write_preset(settings: Settings, found: Findings) -> Path:
    """The settings with those of the best trial, as a preset in the output folder. A file that is there already is left
    as it is: where it says something else, the next number is taken."""
    sections = settings.model_dump(mode="json", exclude=LEFT_OPEN, exclude_defaults=True)
    winner = found.best.train.model_dump(mode="json", exclude_defaults=True) | searched(found.best.train)
    said = " ".join(found.sentence.split())
    text = f"# {settings.preset}, tuned. {said}\n" + tomli_w.dumps({"seed": settings.seed, **sections, "train": winner})
    for number in count(1):
        path = settings.out / ("tuned.toml" if number == 1 else f"tuned-{number}.toml")
        if not path.exists():
            write_whole(path, text)
        if path.read_text(encoding="utf-8") == text:
            break
    return path


def _in_words(settings: TrainSettings) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in searched(settings).items())


def _ending(trial: Tried) -> str:
    if trial.loss is not None:
        return f"{trial.loss:.4f}"
    return f"failed: {trial.why}" if trial.outcome == "failed" else f"cut short after step {trial.step}"
