"""Runs that were missed, stopped or wait, on a Prefect server in the states that real ones leave behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.client.schemas.sorting import FlowRunSort
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Cancelled, Completed, Crashed, Pending, Running, Scheduled

from flows.crashed import mark_crashed, tag_of
from flows.due import MADE_UP, MISSED, STOPPED, WATCH, one_waits, owed, unmake_stops

pytestmark = pytest.mark.slow

Scene = Callable[[PrefectClient, UUID], Awaitable[None]]


@flow
def nothing() -> None:
    """A flow that needs no running."""


@asynccontextmanager
async def deployed(tag: str, every_s: float = 0) -> AsyncIterator[tuple[PrefectClient, UUID]]:
    """A deployment of one run at a time, later ones refused, as long as the context lasts."""
    schedules = [IntervalSchedule(interval=timedelta(seconds=every_s))] if every_s else []
    async with get_client() as client:
        deployment = await client.create_deployment(
            await client.create_flow(nothing),
            name=tag,
            schedules=[DeploymentScheduleCreate(schedule=schedule) for schedule in schedules],
            concurrency_limit=1,
            concurrency_options=ConcurrencyLimitConfig(
                limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
            ).model_dump(include={"collision_strategy"}),
        )
        try:
            yield client, deployment
        finally:
            await client.delete_deployment(deployment)


def played(server: str, tag: str, scene: Scene, every_s: float = 0) -> None:
    async def play() -> None:
        async with deployed(tag, every_s) as (client, deployment):
            await scene(client, deployment)

    with temporary_settings({PREFECT_API_URL: server}):
        asyncio.run(play())


async def planned(client: PrefectClient, deployment: UUID, minutes_ago: int, *tags: str) -> UUID:
    """A run that should have begun so long ago."""
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    run = await client.create_flow_run_from_deployment(deployment, state=Scheduled(scheduled_time=at), tags=tags)
    return run.id


async def state_of(client: PrefectClient, run: UUID) -> tuple[str, str]:
    state = (await client.read_flow_run(run)).state
    assert state is not None
    return state.type.value, state.message or ""


def test_of_the_runs_that_are_due_only_the_last_waits_beside_those_of_a_person(server: str) -> None:
    async def scene(client: PrefectClient, deployment: UUID) -> None:
        first = await planned(client, deployment, 30, WATCH)
        person = await planned(client, deployment, 20)
        last = await planned(client, deployment, 10, MADE_UP)
        later = await planned(client, deployment, -10, WATCH)
        await one_waits(client, deployment)
        states = [(await state_of(client, run))[0] for run in (first, person, last, later)]
        assert states == ["CANCELLED", "SCHEDULED", "SCHEDULED", "SCHEDULED"]
        assert "later run waits" in (await state_of(client, first))[1]
        await one_waits(client, deployment)
        assert (await state_of(client, last))[0] == "SCHEDULED"

    played(server, "one waits", scene)


def test_one_run_is_owed_for_all_that_the_schedule_missed(server: str) -> None:
    async def scene(client: PrefectClient, deployment: UUID) -> None:
        """Prefect's own scheduler plans a run a second, and nobody serves them."""
        assert await owed(client, deployment) == ""
        for _ in range(300):
            known = await client.read_flow_runs(sort=FlowRunSort.EXPECTED_START_TIME_ASC, limit=200)
            runs = [run for run in known if run.deployment_id == deployment]
            began = datetime.now(UTC)
            due = [run.id for run in runs if run.expected_start_time and run.expected_start_time < began]
            if len(due) >= 3:
                break
            await asyncio.sleep(0.3)
        why = await owed(client, deployment)
        assert why.endswith("runs were due while nothing was served") and int(why.split()[0]) >= 3
        assert {await state_of(client, run) for run in due} == {("CANCELLED", MISSED)}

    played(server, "missed", scene, every_s=1)


@pytest.mark.parametrize(
    ("end", "taken_up"),
    [
        (Completed(), False),
        (Crashed(message="Its process was killed."), True),
        (Cancelled(message=STOPPED), True),
        (Cancelled(message="by a person"), False),
    ],
)
def test_a_run_that_did_not_come_to_its_end_is_owed(server: str, end: object, taken_up: bool) -> None:
    async def scene(client: PrefectClient, deployment: UUID) -> None:
        run = await planned(client, deployment, 1)
        for state in (Pending(), Running(), end):
            await client.set_flow_run_state(run, state, force=True)
        refused = await planned(client, deployment, 0)
        await client.set_flow_run_state(refused, Cancelled(message="Deployment concurrency limit reached."))
        assert (await owed(client, deployment) == "The last run did not come to its end") is taken_up

    played(server, f"owed {taken_up} {type(end).__name__}", scene)


def test_a_run_that_had_just_ended_when_its_runner_stopped_is_not_called_cancelled(server: str) -> None:
    async def scene(client: PrefectClient, deployment: UUID) -> None:
        ended, midway = [await planned(client, deployment, minutes) for minutes in (2, 1)]
        for state in (Pending(), Running(), Completed(message="All is done."), Cancelled(message=STOPPED)):
            await client.set_flow_run_state(ended, state, force=True)
        for state in (Pending(), Running(), Cancelled(message=STOPPED)):
            await client.set_flow_run_state(midway, state, force=True)
        await unmake_stops(client, deployment)
        assert await state_of(client, ended) == ("COMPLETED", "All is done.")
        assert await state_of(client, midway) == ("CANCELLED", STOPPED)

    played(server, "just ended", scene)


def test_a_run_that_died_before_or_after_its_start_is_told_and_the_next_may_begin(server: str, tmp_path: Path) -> None:
    async def scene(client: PrefectClient, deployment: UUID) -> None:
        for states in ((Pending(),), (Pending(), Running())):
            died = await planned(client, deployment, 1, tag_of(tmp_path))
            for state in states:
                await client.set_flow_run_state(died, state)
            refused = await planned(client, deployment, 0)
            assert (await client.set_flow_run_state(refused, Pending())).state.is_cancelled(), "the slot is taken"
            assert await asyncio.to_thread(mark_crashed, tmp_path) == 1
            told = await state_of(client, died)
            assert told[0] == "CRASHED" and "goes on from there" in told[1]
            begins = await planned(client, deployment, 0)
            assert (await client.set_flow_run_state(begins, Pending())).state.is_pending()
            await client.set_flow_run_state(begins, Cancelled())

    played(server, "died", scene)
