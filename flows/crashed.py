"""Runs that were killed: their server would show them as running for ever, so the next run says that they crashed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort, TaskRunSort
from prefect.states import Crashed

from extractors.processes import die_with_parent

MESSAGE = "Its process was killed. What it had finished is kept: a later run goes on from there."
MOST = 200
"""Runs that the server tells of at a time."""

SERVED_BY = "QUIRE_SERVED_BY"
"""The environment variable that tells a run the process of the `quire serve` that started it."""


def end_with_serve() -> None:
    """Have this process killed when the `quire serve` that started it ends, however that ends: nobody would know of its
    run any more, and it would hold the output folder."""
    if pid := os.environ.get(SERVED_BY):
        die_with_parent(int(pid))


def tag_of(out: Path) -> str:
    """The tag of all runs that write to the output folder `out`."""
    return str(out.absolute())


def mark_crashed(out: Path, alive: UUID | None = None) -> int:
    """Mark the runs on `out` that the server takes for running, or about to, as crashed, and what they were at; returns
    how many.

    To be called by who holds the lock of `out`, as then no run but the own, `alive`, can be running there. One that is
    about to in this moment shows as running again, until it is told that the folder is taken.
    """
    running = [StateType.PENDING, StateType.RUNNING]
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                tags=FlowRunFilterTags(all_=[tag_of(out)]),
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=running)),
                id=FlowRunFilterId(not_any_=[alive] if alive else []),
            ),
            sort=FlowRunSort.START_TIME_ASC,
            limit=MOST,
        )
        for run in found:
            tasks = client.read_task_runs(
                flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])),
                task_run_filter=TaskRunFilter(state=TaskRunFilterState(type=TaskRunFilterStateType(any_=running))),
                sort=TaskRunSort.ID_DESC,
                limit=MOST,
            )
            for task in tasks:
                client.set_task_run_state(task.id, Crashed(message=MESSAGE), force=True)
            client.set_flow_run_state(run.id, Crashed(message=MESSAGE))
    return len(found)


def tag_run(out: Path, run: UUID, tags: Iterable[str]) -> None:
    """Have a run on `out` that has these tags have the one by which it is found; a deployment does not know it."""
    if tag_of(out) not in tags:
        with get_client(sync_client=True) as client:
            client.update_flow_run(run, tags=[*tags, tag_of(out)])
