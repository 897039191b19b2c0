"""The flows: one a command, so that the Prefect UI shows a run as a person asked for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.runtime import flow_run

from extractors.errors import QuireError
from flows import artifacts
from flows.build import build
from flows.crashed import end_with_serve, mark_crashed, tag_run
from flows.progress import say
from flows.report import refresh_report
from flows.run_name import run_name
from flows.runners import tasks_run_as_set
from flows.settings import Settings, load
from flows.store import opened
from flows.train import base_model, evaluate, train
from flows.tune import tune
from flows.workers import end_workers, worker_pools


def _run_name() -> str:
    return run_name(flow_run.flow_name.removeprefix("quire "), _chosen(flow_run.parameters["settings"]))


def _chosen(settings: dict[str, Any]) -> Settings:
    """The command line gives every setting; a deployment may give those that are not as in its preset."""
    chosen = Settings(**settings) if settings.keys() >= Settings.model_fields.keys() else load(**settings)
    if chosen.runner == "threads":
        return chosen
    # The processes of a cluster may have been started in another folder.
    return chosen.model_copy(update={"raw_docs": chosen.raw_docs.absolute(), "out": chosen.out.absolute()})


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the output folder, and tell of the runs that held it when they were killed."""
    end_with_serve()
    with opened(settings.work):
        tag_run(settings.out, UUID(flow_run.id), flow_run.tags)
        mark_crashed(settings.out, UUID(flow_run.id))
        yield


def _build(settings: Settings) -> None:
    began = time.time()
    try:
        with tasks_run_as_set(settings), worker_pools():
            try:
                as_they_were = build(settings)
            finally:
                end_workers()  # a question model would stay on the GPU that is trained on
    except QuireError:
        artifacts.publish_failure(settings, began)
        raise
    artifacts.publish_dataset(settings, as_they_were)


def _report(settings: Settings) -> None:
    """The page, also of a run that failed: the ledger says why. Not without one."""
    if (settings.out / "ledger.jsonl").exists():
        artifacts.publish_report(refresh_report(settings.out, settings.raw_docs))


@flow(name="quire run", flow_run_name=_run_name)
def quire_run(settings: dict[str, Any]) -> None:
    """Documents to dataset to adapters: the whole job."""
    chosen = _chosen(settings)
    with _alone(chosen):
        try:
            base_model(chosen)
        except QuireError as error:
            say(f"{error} The dataset is built all the same.")
        try:
            _build(chosen)
            train(chosen)
            artifacts.publish_adapters(chosen)
        finally:
            _report(chosen)


@flow(name="quire build", flow_run_name=_run_name)
def quire_build(settings: dict[str, Any]) -> None:
    """Documents to dataset."""
    chosen = _chosen(settings)
    with _alone(chosen):
        try:
            _build(chosen)
        finally:
            _report(chosen)


@flow(name="quire train", flow_run_name=_run_name)
def quire_train(settings: dict[str, Any]) -> None:
    """Dataset to adapters."""
    chosen = _chosen(settings)
    with _alone(chosen):
        train(chosen)
        _report(chosen)
        artifacts.publish_adapters(chosen)


@flow(name="quire evaluate", flow_run_name=_run_name)
def quire_evaluate(settings: dict[str, Any]) -> None:
    """Adapters and held-out pairs to a verdict."""
    chosen = _chosen(settings)
    with _alone(chosen):
        evaluate(chosen)
        _report(chosen)
        artifacts.publish_adapters(chosen)


@flow(name="quire tune", flow_run_name=_run_name)
def quire_tune(settings: dict[str, Any]) -> None:
    """Dataset to a preset with better settings of training."""
    chosen = _chosen(settings)
    with _alone(chosen):
        tune(chosen)
