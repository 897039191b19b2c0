"""The schedule and the watched folder: Prefect's pages, and one run at a time when it is due."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Literal
from uuid import UUID
from zoneinfo import available_timezones

import httpx

from extractors.errors import QuireError
from flows.progress import say
from flows.server import at_server
from flows.settings import ConfigurationError, Settings
from flows.store import opened
from flows.watch import Watch, listing

if TYPE_CHECKING:
    from subprocess import Popen

    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import FlowRun
    from prefect.flows import Flow
    from prefect.runner import Runner
    from prefect.schedules import Schedule

LOOK_S = 2.0
"""Seconds between looks at the watched folder."""

REST_S = 6.0
"""Seconds without a change after which files count as whole."""

SETTLE_S = 10.0
"""Seconds between looks at the runs that wait."""

Overlap = Literal["wait", "refuse"]
"""What becomes of a run that is due while another goes on."""


def serve(
    settings: Settings,
    *,
    cron: str | None = None,
    every: float | None = None,
    watch: bool = False,
    overlap: Overlap = "wait",
    port: int = 4200,
    host: str = "127.0.0.1",
) -> None:
    """Serve the flow of `quire run` until Ctrl-C or SIGTERM, then stop its runs and the server.

    It runs at the times of `cron` in this machine's time zone, or every so many seconds, and with `watch` when files
    of the documents folder have changed and come to rest. One run at a time: of those that are due while it goes on,
    one waits, or all are refused. One makes up for those that were due while nothing was served, and for one that was
    stopped midway. The server is the one of PREFECT_API_URL, else our own on `host` and `port`.
    Raises ConfigurationError for a schedule that is none and for a server that would be open to everybody, QuireError
    if there is no server to be had.
    """
    from flows.crashed import SERVED_BY, mark_crashed

    schedule = _schedule(cron, every)
    if watch and overlap == "refuse":
        raise ConfigurationError(
            "Files that come while a run goes on would be passed over: --watch and --overlap refuse.",
            fix="Leave one of them out.",
        )
    settings = settings.model_copy(update={"raw_docs": settings.raw_docs.absolute(), "out": settings.out.absolute()})
    with at_server(settings.work / "server.log", host, port) as server:
        os.environ[SERVED_BY] = str(os.getpid())
        with suppress(QuireError), opened(settings.work):  # a run that holds the folder is alive, and sees to it itself
            mark_crashed(settings.out)
        asyncio.run(_until_stopped(settings, schedule, watch, overlap, server))
        say("Stopped.")


async def _until_stopped(
    settings: Settings, schedule: Schedule | None, watch: bool, overlap: Overlap, server: Popen[bytes] | None
) -> None:
    from prefect.client.orchestration import get_client
    from prefect.runner import Runner

    from flows.due import unmake_stops
    from flows.run import quire_run

    # Without a limit here a run that is due reaches the server, which refuses it or lets it wait. Not paused at the
    # end, so that what is due before the next start is known to have been missed.
    runner = Runner(name="quire", query_seconds=5, pause_on_shutdown=False)
    deployment = await _deploy(runner, quire_run, settings, schedule, overlap)
    await _make_up(deployment, watch)
    stopped = asyncio.Event()
    running = asyncio.create_task(runner.start())
    while not runner.started and not running.done():
        await asyncio.sleep(0.05)
    for number in (signal.SIGINT, signal.SIGTERM):
        # After the start, as the runner sets a handler of its own, which leaves by an exception.
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    say("Ready. Stop with Ctrl-C.")
    tasks = [running, asyncio.create_task(stopped.wait())]
    if watch:
        tasks.append(asyncio.create_task(_watch(settings, deployment)))
    if overlap == "wait":
        tasks.append(asyncio.create_task(_let_one_wait(deployment)))
    if server:
        tasks.append(asyncio.create_task(_ended(server)))
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    if server and server.poll() is not None:
        raise QuireError(
            f"The Prefect server has ended; {settings.work / 'server.log'} holds all it said.",
            fix="Start `quire serve` again: it takes up what was stopped.",
        )
    if stopped.is_set():
        say("Stopping ...")
    if runner.started:
        await runner.astop()
    for task in tasks[1:]:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome
    async with get_client() as client:
        await unmake_stops(client, deployment)


async def _deploy(
    runner: Runner, flow: Flow[..., None], settings: Settings, schedule: Schedule | None, overlap: Overlap
) -> UUID:
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.types.entrypoint import EntrypointType

    from flows.crashed import tag_of

    collision = {"wait": ConcurrencyLimitStrategy.ENQUEUE, "refuse": ConcurrencyLimitStrategy.CANCEL_NEW}[overlap]
    deployment = await flow.ato_deployment(
        # The output folder is what a deployment must have for itself, so it is the name, which may hold no slash.
        name="-".join(settings.out.parts[1:]),
        schedule=schedule,
        parameters={"settings": settings.model_dump(mode="json")},
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=collision),
        description=f"{settings.raw_docs} to {settings.out}",
        tags=[tag_of(settings.out)],
        # By module and not by file, so that it is found from any working directory.
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return await runner.aadd_deployment(deployment)


async def _ended(server: Popen[bytes]) -> None:
    while server.poll() is None:
        await asyncio.sleep(LOOK_S)


async def _make_up(deployment: UUID, watch: bool) -> None:
    """Start a run where one is owed; with `watch` there is one as soon as the files have come to rest."""
    from prefect.client.orchestration import get_client

    from flows.due import MADE_UP, owed

    async with get_client() as client:
        if why := await owed(client, deployment):
            say(f"{why}: one run makes up for that.")
            if not watch:
                await client.create_flow_run_from_deployment(deployment, tags=[MADE_UP])


async def _let_one_wait(deployment: UUID) -> None:
    from prefect.client.orchestration import get_client

    from flows.due import one_waits

    async with get_client() as client:
        while True:
            with suppress(httpx.HTTPError):  # looked at again in a moment
                await one_waits(client, deployment)
            await asyncio.sleep(SETTLE_S)


async def _watch(settings: Settings, deployment: UUID) -> None:
    """Start a run when the documents have changed and come to rest, the first at once for what changed before. One that
    dies is begun once more, as nothing else would begin it before the next change."""
    from prefect.client.orchestration import get_client

    from flows.due import WATCH

    watch = Watch(REST_S)
    last: FlowRun | None = None
    begun_again: FlowRun | None = None
    async with get_client() as client:
        while True:
            found = await asyncio.to_thread(listing, settings.raw_docs)
            try:
                if watch.ready(found, time.monotonic()):
                    if last is None or await _has_begun(client, last):
                        last = await client.create_flow_run_from_deployment(deployment, tags=[WATCH])
                        said = "1 file" if len(found) == 1 else f"{len(found)} files"
                        say(f"{said} in {settings.raw_docs}: run {last.name}")
                    watch.done()
                elif last and last != begun_again and await _has_died(client, last):
                    last = begun_again = await client.create_flow_run_from_deployment(deployment, tags=[WATCH])
                    say(f"The process of the last run died: run {last.name}")
            except httpx.HTTPError as error:
                say(f"The Prefect server cannot be reached ({error or type(error).__name__}); trying again.")
            await asyncio.sleep(LOOK_S)


async def _has_begun(client: PrefectClient, run: FlowRun) -> bool:
    """Whether `run` may have looked at the documents already; one that still waits will see what came since."""
    state = (await client.read_flow_run(run.id)).state
    return state is None or not (state.is_scheduled() or state.is_pending())


async def _has_died(client: PrefectClient, run: FlowRun) -> bool:
    state = (await client.read_flow_run(run.id)).state
    return state is not None and state.is_crashed()


def time_zone() -> str:
    """The name of this machine's time zone. Raises ConfigurationError where TZ is none that has a name."""
    from tzlocal import get_localzone_name

    told = os.environ.get("TZ", "").removeprefix(":")
    if not told or told.startswith("/"):
        return str(get_localzone_name())
    if told not in available_timezones():  # which tzlocal would take for UTC
        raise ConfigurationError(
            f"TZ={told} is no time zone that is known.", fix="Set it to one, as in TZ=Europe/Berlin."
        )
    return told


def _schedule(cron: str | None, every: float | None) -> Schedule | None:
    from prefect.schedules import Cron, Interval

    if cron and every:
        raise ConfigurationError("--cron and --every are two schedules.", fix="Choose one.")
    if every is not None and every < 1:
        raise ConfigurationError(f"--every {every:g} is no interval.", fix="Give a number of seconds from 1.")
    try:
        if cron:
            return Cron(cron, timezone=time_zone())
        return Interval(every) if every else None
    except ValueError as error:
        raise ConfigurationError(f"--cron {cron!r}: {error}.", fix='Write it like "0 3 * * *".') from None
