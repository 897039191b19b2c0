"""Runs that are due while one cannot begin: as each builds all that is there, the last stands for those before it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import TERMINAL_STATES, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelled

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import FlowRun

WATCH, MADE_UP = "watch", "made up"
"""Tags of the runs that are not Prefect's schedule's: for files that changed, and for runs that were missed."""

STOPPED = "Runner is shutting down."
"""What Prefect says of a run that ended because its runner was told to."""

MISSED = "It was due while nothing was served: one run makes up for all that were."

MOST = 200
"""Runs that the server tells of at a time."""

RECENT = 3
"""Runs that a runner which stops may still know of."""


async def one_waits(client: PrefectClient, deployment: UUID) -> None:
    """Cancel the runs that are due and have not begun, but the last."""
    earlier = (await _due(client, deployment))[:-1]
    await _cancel(client, earlier, "A later run waits too, and will see all that this one would have seen.")


async def owed(client: PrefectClient, deployment: UUID) -> str:
    """Why a run is to be started now, '' if it is not: some were due while nothing was served, or the last one did not
    come to its end. The runs that were due are cancelled, as they would go by the settings of then.

    To be called before there is a runner, which would begin them.
    """
    missed = 0
    while due := await _due(client, deployment):
        await _cancel(client, due, MISSED)
        missed += len(due)
    if missed:
        return f"{missed} {'run was' if missed == 1 else 'runs were'} due while nothing was served"
    return "The last run did not come to its end" if await _was_stopped(client, deployment) else ""


async def unmake_stops(client: PrefectClient, deployment: UUID) -> None:
    """Say again how a run ended that had just ended when its runner stopped, which calls it cancelled then."""
    for run in (await _ended(client, deployment))[:RECENT]:
        if run.state and run.state.is_cancelled() and run.state.message == STOPPED:
            states = await client.read_flow_run_states(run.id)
            for state in (state for state in states if state.is_final() and state.message != STOPPED):
                await client.set_flow_run_state(run.id, state, force=True)


async def _due(client: PrefectClient, deployment: UUID) -> list[FlowRun]:
    """Runs of the schedule and of ours that should have begun, the last one last; none that a person asked for."""
    found = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[deployment]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
            expected_start_time=FlowRunFilterExpectedStartTime(before_=datetime.now(UTC)),
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_ASC,
        limit=MOST,
    )
    return [run for run in found if run.auto_scheduled or {WATCH, MADE_UP} & set(run.tags)]


async def _cancel(client: PrefectClient, runs: list[FlowRun], why: str) -> None:
    for run in runs:
        await client.set_flow_run_state(run.id, Cancelled(message=why))


async def _was_stopped(client: PrefectClient, deployment: UUID) -> bool:
    """Whether the last run that was begun ended with its process, and not because a person cancelled it."""
    for run in await _ended(client, deployment):
        assert run.state is not None
        if run.state.is_cancelled() and not run.run_count:
            continue  # refused while another went on, or another stood for it
        return run.state.is_crashed() or (run.state.is_cancelled() and run.state.message == STOPPED)
    return False


async def _ended(client: PrefectClient, deployment: UUID) -> list[FlowRun]:
    """Runs that have ended, the last one first."""
    return await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[deployment]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=sorted(TERMINAL_STATES))),
        ),
        sort=FlowRunSort.START_TIME_DESC,
        limit=MOST,
    )
