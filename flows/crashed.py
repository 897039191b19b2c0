"""Runs that were killed: their server would show them as running for ever, so the next run says that they crashed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
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
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort, TaskRunSort
from prefect.settings import get_current_settings
from prefect.states import Crashed
from sqlalchemy import make_url

from extractors.processes import die_with_parent

MESSAGE = "Its process was killed. What it had finished is kept: a later run goes on from there."
MOST = 200
"""Runs that the server tells of at a time."""

RUNNING = [StateType.PENDING, StateType.RUNNING]

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
    with get_client(sync_client=True) as client:
        found = _under_way(client, out, alive)
        for run in found:
            tasks = client.read_task_runs(
                flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])),
                task_run_filter=TaskRunFilter(state=TaskRunFilterState(type=TaskRunFilterStateType(any_=RUNNING))),
                sort=TaskRunSort.ID_DESC,
                limit=MOST,
            )
            for task in tasks:
                client.set_task_run_state(task.id, Crashed(message=MESSAGE), force=True)
            client.set_flow_run_state(run.id, Crashed(message=MESSAGE))
    return len(found)


def left_running(out: Path) -> int:
    """How many runs on `out` show as running, or about to: by the server of PREFECT_API_URL, else by the database of
    our own, which may not be served now. Where nobody holds the lock of `out`, they were killed."""
    settings = get_current_settings()
    if settings.api.url:
        with get_client(sync_client=True) as client:
            return len(_under_way(client, out))
    address = settings.server.database.connection_url
    database = Path(make_url(address.get_secret_value()).database or "") if address else Path()
    if not database.is_file():  # nothing was run yet, or it is kept by a database server
        return 0
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True)) as found:
        (count,) = found.execute(
            "SELECT count(*) FROM flow_run WHERE state_type IN (?, ?)"
            " AND EXISTS (SELECT 1 FROM json_each(flow_run.tags) WHERE value = ?)",
            (*RUNNING, tag_of(out)),
        ).fetchone()
    return int(count)


def _under_way(client: SyncPrefectClient, out: Path, alive: UUID | None = None) -> list[FlowRun]:
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            tags=FlowRunFilterTags(all_=[tag_of(out)]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=RUNNING)),
            id=FlowRunFilterId(not_any_=[alive] if alive else []),
        ),
        sort=FlowRunSort.START_TIME_ASC,
        limit=MOST,
    )


def tag_run(out: Path, run: UUID, tags: Iterable[str]) -> None:
    """Have a run on `out` that has these tags have the one by which it is found; a deployment does not know it."""
    if tag_of(out) not in tags:
        with get_client(sync_client=True) as client:
            client.update_flow_run(run, tags=[*tags, tag_of(out)])
