"""The steps of a build, each a Prefect task that reads files, writes one, and returns that one's sha256."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from prefect import State, task
from prefect.context import TaskRunContext
from prefect.futures import PrefectFuture
from prefect.states import Completed
from prefect.tasks import Task

from augment.models import ModelFiles
from augment.settings import AskSettings, AugmentSettings
from extractors.files import sha256_of
from extractors.settings import ReadSettings
from flows.corpus import Corpus
from flows.documents import FoundDocument
from flows.kept import kept, step_key, used, work_file
from flows.reading import quarantined, read, refuse_again
from flows.settings import Settings, hash_of
from flows.store import beside
from flows.work import ask_into, deduplicate_into, of_all, split_into, vary_into, write_all
from flows.workers import TOOK_TOO_LONG, WorkerDied, in_worker
from training.hub import push
from training.settings import SplitSettings

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """A step that was begun: the file it makes, and the sha256 of that file when it is done."""

    file: Path
    future: PrefectFuture[str]

    def sha256(self) -> str:
        """Waits for the step. Raises what the step raised."""
        return self.future.result()


def begin(step: Task[Any, str], work: Path, settings_hash: str, inputs: Sequence[str], *arguments: Any) -> Step:
    """Submit a step on `inputs`, the hashes of what it reads; a kept result is taken if its file is still there, and
    is what it was."""
    key = step_key(step.name, settings_hash, hash_of(inputs))
    made = work_file(work, key)
    there = used(made)
    if there and (was := kept(key)) and sha256_of(made) != was:
        made.unlink()
        there = False
    return Step(made, (with_kept(step, key) if there else anew(step)).submit(key, made, *arguments))


def with_kept(step: Task[Any, str], key: str) -> Task[Any, str]:
    """The step, with the result that is kept under `key` only if that is plain text: Prefect takes any that it finds,
    and by loading a pickle it would run what is in it."""
    return step if kept(key) else anew(step)


@cache
def anew(step: Task[Any, str]) -> Task[Any, str]:
    """The step without its kept results. Kept itself, for Prefect parses the source of every task that it makes."""
    return step.with_options(refresh_cache=True)


def ensure(
    step: Task[Any, str], outputs: Sequence[Path], settings_hash: str, inputs: Sequence[str], *arguments: Any
) -> None:
    """Have `outputs`, which a step writes outside the work folder, be what it made of `inputs`.

    A kept result is taken only if the first of them is the file it speaks of, and none of the others is gone.
    """
    key = step_key(step.name, settings_hash, hash_of(inputs))
    made = with_kept(step, key).submit(key, *arguments).result()
    if not all(output.exists() for output in outputs) or sha256_of(outputs[0]) != made:
        anew(step).submit(key, *arguments).result()


def _own_key(context: TaskRunContext, parameters: dict[str, Any]) -> str:
    return str(parameters["key"])


def _worth_retrying(task: Task[Any, Any], run: Any, state: Any) -> bool:
    return isinstance(state.result(raise_on_failure=False), OSError)


KEPT: dict[str, Any] = {
    "cache_key_fn": _own_key,
    "persist_result": True,
    "result_serializer": "json",
    "retries": 2,
    "retry_delay_seconds": [1, 10],
    "retry_condition_fn": _worth_retrying,
}


@task(name="read", task_run_name="read {found.source}", **KEPT)
def read_file(key: str, made: Path, found: FoundDocument, settings: ReadSettings, workers: int) -> str:
    """A file to its Document. One that is in quarantine, for these settings, is not tried again."""
    if not made.exists():  # it does where a run was killed between the file and the note that it is finished
        refusal = beside(made, "refused")
        refuse_again(refusal)
        try:
            read(made, found.path, found.source, settings, workers, found.doc_id)
        except WorkerDied as death:
            raise quarantined(refusal, death) from None
    return sha256_of(made)


@task(name="ask", task_run_name="ask {source}", **KEPT)
def ask_document(
    key: str,
    made: Path,
    source: str,
    document: Path,
    settings: AskSettings,
    model: ModelFiles | None,
    workers: int,
    threads: int,
) -> str:
    """A Document to its passages and pairs. One that is in quarantine, for these settings, is not tried again."""
    if not made.exists():
        refusal = beside(made, "refused")
        refuse_again(refusal)
        try:
            in_worker("ask", workers, 0, settings.timeout_s, ask_into, made, document, settings, model, threads)
        except WorkerDied as death:
            # Of whatever else it died, the model may have been the cause, and then of every document.
            raise quarantined(refusal, death) if death.reason == TOOK_TOO_LONG else death from None
    return sha256_of(made)


@task(name="as before", task_run_name="{count} documents as they were")
def as_before(count: int) -> State[None]:
    """Stands in the UI for the documents that were read and asked in an earlier run: a task for each would take longer
    than all else in a run with nothing to do."""
    return Completed(name="Cached", message=f"Read and asked in an earlier run: {count} documents.")


@task(name="deduplicate", task_run_name="deduplicate", **KEPT)
def deduplicate_corpus(
    key: str,
    made: Path,
    asked: Sequence[Path],
    documents: Sequence[Path],
    decisions: Path,
    min_retrieval: float,
    near_duplicate: float,
) -> str:
    """All documents' pairs to those that find their passage and say something new, or that a person wants all the same,
    each with its document family."""
    _with_all(deduplicate_into, made, asked, documents, decisions, min_retrieval, near_duplicate)
    return sha256_of(made)


@task(name="split", task_run_name="split", **KEPT)
def split_corpus(key: str, made: Path, pairs: Path, settings: SplitSettings, seed: int) -> str:
    """Pairs to the side each is on: pair id to train, validation, test or test_seen."""
    _with_all(split_into, made, pairs, settings, seed)
    return sha256_of(made)


@task(name="augment", task_run_name="augment", **KEPT)
def augment_training_pairs(
    key: str, made: Path, pairs: Path, sides: Path, settings: AugmentSettings, asking: AskSettings, seed: int
) -> str:
    """Training pairs to their variants, and test pairs to those of the slice that is kept apart."""
    _with_all(vary_into, made, pairs, sides, settings, asking, seed)
    return sha256_of(made)


@task(name="write", task_run_name="write dataset", **KEPT)
def write_dataset(key: str, settings: Settings, corpus: Corpus) -> str:
    """The dataset folder, whole, with its manifest last."""
    return sha256_of(_with_all(write_all, settings, corpus))


@task(name="push", task_run_name="push dataset to {repository}", **KEPT)
def push_dataset(key: str, folder: Path, repository: str) -> str:
    """The dataset folder to a repository of the hub. One that lies there already is not pushed again."""
    return push(folder, repository)


def _with_all(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What has all pairs in hand runs in a process of its own, so that this one stays as small as it is."""
    return in_worker("corpus", 1, 0, None, of_all, partial(call, *args, **kwargs))
