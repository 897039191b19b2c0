"""The flows: one a command, so that the Prefect UI shows a run as a person asked for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from extractors.errors import QuireError
from flows import artifacts
from flows.build import build
from flows.crashed import mark_crashed
from flows.progress import say
from flows.report import write_report
from flows.settings import Settings
from flows.store import opened
from flows.train import base_model, evaluate, train
from flows.tune import tune
from flows.workers import worker_pools

ONE_A_CORE: Any = ThreadPoolTaskRunner(max_workers=len(os.sched_getaffinity(0)))
"""Tasks wait for worker processes, so more at once would only look busy."""


def _run_name() -> str:
    settings = flow_run.parameters["settings"]
    command = flow_run.flow_name.removeprefix("quire ")
    return f"{command} {settings['raw_docs']} with {settings['preset']}"


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the output folder, and tell of the runs that held it when they were killed."""
    with opened(settings.work):
        mark_crashed(settings.out, UUID(flow_run.id))
        yield


def _report(settings: Settings) -> None:
    """The page, also of a run that failed: the ledger says why. Not without one."""
    if (settings.out / "ledger.jsonl").exists():
        write_report(settings.out, settings.raw_docs)


@flow(name="quire run", flow_run_name=_run_name, task_runner=ONE_A_CORE)
def quire_run(settings: dict[str, Any]) -> None:
    """Documents to dataset to adapters: the whole job."""
    chosen = Settings(**settings)
    with _alone(chosen), worker_pools():
        try:
            base_model(chosen)
        except QuireError as error:
            say(f"{error} The dataset is built all the same.")
        try:
            build(chosen)
            artifacts.publish_dataset(chosen)
            train(chosen)
            artifacts.publish_adapters(chosen)
        finally:
            _report(chosen)


@flow(name="quire build", flow_run_name=_run_name, task_runner=ONE_A_CORE)
def quire_build(settings: dict[str, Any]) -> None:
    """Documents to dataset."""
    chosen = Settings(**settings)
    with _alone(chosen), worker_pools():
        try:
            build(chosen)
            artifacts.publish_dataset(chosen)
        finally:
            _report(chosen)


@flow(name="quire train", flow_run_name=_run_name, task_runner=ONE_A_CORE)
def quire_train(settings: dict[str, Any]) -> None:
    """Dataset to adapters."""
    chosen = Settings(**settings)
    with _alone(chosen):
        train(chosen)
        _report(chosen)
        artifacts.publish_adapters(chosen)


@flow(name="quire evaluate", flow_run_name=_run_name, task_runner=ONE_A_CORE)
def quire_evaluate(settings: dict[str, Any]) -> None:
    """Adapters and held-out pairs to a verdict."""
    chosen = Settings(**settings)
    with _alone(chosen):
        evaluate(chosen)
        _report(chosen)
        artifacts.publish_adapters(chosen)


@flow(name="quire tune", flow_run_name=_run_name, task_runner=ONE_A_CORE)
def quire_tune(settings: dict[str, Any]) -> None:
    """Dataset to a preset with better settings of training."""
    chosen = Settings(**settings)
    with _alone(chosen):
        tune(chosen)
