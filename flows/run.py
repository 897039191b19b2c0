"""The flows: one a command, so that the Prefect UI shows a run as a person asked for it."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.runtime import flow_run

from flows import artifacts
from flows.build import build
from flows.report import write_report
from flows.settings import Settings
from flows.store import opened
from flows.train import evaluate, train
from flows.workers import worker_pools


def _run_name() -> str:
    settings = flow_run.parameters["settings"]
    command = flow_run.flow_name.removeprefix("quire ")
    return f"{command} {settings['raw_docs']} with {settings['preset']}"


@flow(name="quire run", flow_run_name=_run_name)
def quire_run(settings: dict[str, Any]) -> None:
    """Documents to dataset to adapters: the whole job."""
    chosen = Settings(**settings)
    with opened(chosen.work), worker_pools():
        build(chosen)
        artifacts.publish_dataset(chosen)
        try:
            train(chosen)
        finally:
            write_report(chosen.out, chosen.raw_docs)
        artifacts.publish_adapters(chosen)


@flow(name="quire build", flow_run_name=_run_name)
def quire_build(settings: dict[str, Any]) -> None:
    """Documents to dataset."""
    chosen = Settings(**settings)
    with opened(chosen.work), worker_pools():
        build(chosen)
        artifacts.publish_dataset(chosen)
        write_report(chosen.out, chosen.raw_docs)


@flow(name="quire train", flow_run_name=_run_name)
def quire_train(settings: dict[str, Any]) -> None:
    """Dataset to adapters."""
    chosen = Settings(**settings)
    with opened(chosen.work):
        train(chosen)
        write_report(chosen.out, chosen.raw_docs)
        artifacts.publish_adapters(chosen)


@flow(name="quire evaluate", flow_run_name=_run_name)
def quire_evaluate(settings: dict[str, Any]) -> None:
    """Adapters and held-out pairs to a verdict."""
    chosen = Settings(**settings)
    with opened(chosen.work):
        evaluate(chosen)
        write_report(chosen.out, chosen.raw_docs)
        artifacts.publish_adapters(chosen)
