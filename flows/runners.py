"""What runs the tasks of a build: threads of this process, which wait for workers, or the processes of a Dask or Ray
cluster."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from prefect.context import FlowRunContext, SettingsContext
from prefect.events.worker import EventsWorker
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from pydantic import PrivateAttr

from extractors.errors import QuireError
from flows.progress import say
from flows.server import LOOPBACK, without_password
from flows.settings import ConfigurationError, Settings


@contextmanager
def tasks_run_as_set(settings: Settings) -> Iterator[None]:
    """Within this, what the flow that is running submits goes to the runner of its settings.

    A cluster of its own listens on loopback alone, lets in who has its key, and ends with the context. Raises
    ConfigurationError where a package is missing, QuireError where no cluster answers at the address.
    """
    flow_run, prefect = FlowRunContext.get(), SettingsContext.get()
    assert flow_run and prefect, "this is called within a flow"
    with (
        tempfile.TemporaryDirectory(prefix="quire-", ignore_cleanup_errors=True) as folder,
        started(settings, Path(folder)) as runner,
        flow_run.model_copy(
            update={"task_runner": runner, "run_results": _Forgotten(), "task_run_assets": _Forgotten()}
        ),
        _WrittenOnce(profile=prefect.profile, settings=prefect.settings),
    ):
        yield


class _Forgotten(dict[Any, Any]):
    """Where Prefect would keep the state of every task till the end of the run, and its assets, 3 kB a document, to
    tell which task a result that is passed on came from; ours pass paths and hashes on, and have no assets."""

    def __setitem__(self, key: Any, kept: Any) -> None:
        pass


UNTOLD = 200
"""Events of which the server need not know yet when a task begins: each takes 14 kB of this process until it does."""

AGAIN_S = 2.0
"""Seconds in which a run that is stopped has left what it was doing."""

STUCK_S = 10.0
"""Seconds in which the server took none of them, after which a task begins all the same."""


class _Threads(ThreadPoolTaskRunner[Any]):
    """Prefect's threads, but they begin no task that its server cannot keep up with, and of one that has ended they
    keep nothing by which it could be stopped."""

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        _await_server()
        future = super().submit(*args, **kwargs)
        future.add_done_callback(self._forget)
        return future

    def _forget(self, ended: PrefectFuture[Any]) -> None:
        self._cancel_events.pop(ended.task_run_id, None)


def _await_server() -> None:
    """Wait until no more than UNTOLD events wait to be sent to the server, or it takes none of them."""
    waiting = EventsWorker.instance()._queue
    fewest, since = waiting.qsize(), time.monotonic()
    while waiting.qsize() > UNTOLD and time.monotonic() - since < STUCK_S:
        time.sleep(0.05)
        if waiting.qsize() < fewest:
            fewest, since = waiting.qsize(), time.monotonic()


class _WrittenOnce(SettingsContext):
    """Prefect's settings as they go to the processes of a cluster with every task, which to write out takes longer than
    all else that the main process does for a task there."""

    _written: dict[str, Any] | None = PrivateAttr(None)

    def serialize(self, include_secrets: bool = True) -> dict[str, Any]:
        if self._written is None:
            self._written = super().serialize(include_secrets=include_secrets)
        return self._written


@contextmanager
def started(settings: Settings, folder: Path) -> Iterator[TaskRunner[Any]]:
    """The runner of `settings`, ready for tasks; its own files are in `folder`."""
    if settings.runner == "threads":
        with _Threads(max_workers=settings.worker_count()) as threads:
            yield threads
        return
    if missing := missing_package(settings.runner):
        raise ConfigurationError(
            f'runner = "{settings.runner}" needs {missing}.', fix=f"pip install 'quire[{settings.runner}]'"
        )
    if settings.runner_address:
        _check_answers(settings)
    say(f"{'Joining' if settings.runner_address else 'Starting'} {settings.runner.capitalize()} ...")
    with (_dask if settings.runner == "dask" else _ray)(settings, folder) as runner:
        yield runner


def missing_package(runner: str) -> str:
    """The package that a runner needs and that is not installed, '' where none is missing."""
    name = {"dask": "prefect_dask", "ray": "prefect_ray"}.get(runner)
    return name.replace("_", "-") if name and not find_spec(name) else ""


@contextmanager
def _dask(settings: Settings, folder: Path) -> Iterator[TaskRunner[Any]]:
    import dask
    from distributed.gc import disable_gc_diagnosis
    from prefect_dask import DaskTaskRunner

    # Of the last messages to each worker, which it keeps for its developers, each with all that a task is told: 0.1 MB.
    dask.config.set({"distributed.admin.low-level-log-length": 10})
    if settings.runner_address:
        runner = DaskTaskRunner(address=settings.runner_address)
    else:
        # A worker may not have processes of its own where it is a daemon of this one.
        dask.config.set({"distributed.worker.daemon": False})
        runner = DaskTaskRunner(
            cluster_kwargs={
                "n_workers": settings.worker_count(),
                "threads_per_worker": 1,
                "memory_limit": None,  # readers have a limit of their own
                "host": LOOPBACK,
                "dashboard_address": None,
                "security": True,  # keys that are made for it, without which anybody on this machine could run code
                "local_directory": str(folder),
                "silence_logs": logging.CRITICAL,
            }
        )
    with runner:
        runner.client  # noqa: B018  where it connects
        # It has Python call it in every garbage collection, where the exception by which a signal stops a run is lost.
        disable_gc_diagnosis(force=True)
        with _raised_again(signal.SIGTERM):
            yield runner


@contextmanager
def _raised_again(number: signal.Signals) -> Iterator[None]:
    """Within this, the signal `number`, which stops a run by an exception, comes again until the context ends: Dask's
    futures have finalizers, and what is raised in one of those is lost."""
    raising, alarm = signal.getsignal(number), signal.getsignal(signal.SIGALRM)
    # Only the main thread has signals, and by default they raise nothing.
    if threading.current_thread() is not threading.main_thread() or not callable(raising):
        yield
        return

    def handle(_: int, frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
        raising(number, frame)

    signal.signal(number, handle)
    signal.signal(signal.SIGALRM, handle)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(number, raising)
        signal.signal(signal.SIGALRM, alarm)


@contextmanager
def _ray(settings: Settings, folder: Path) -> Iterator[TaskRunner[Any]]:
    # Elsewhere than on Linux it binds loopback alone unless this says otherwise, and so it does here then.
    if not settings.runner_address:
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    from prefect_ray import RayTaskRunner

    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if settings.runner_address:
        runner = RayTaskRunner(address=settings.runner_address, init_kwargs=quiet)
    else:
        os.environ.update(
            RAY_USAGE_STATS_ENABLED="0",
            # A token of its own, else it would write one to the home folder.
            RAY_AUTH_MODE="token",
            RAY_AUTH_TOKEN=secrets.token_hex(32),
        )
        runner = RayTaskRunner(
            address="local",
            init_kwargs={
                **quiet,
                "num_cpus": settings.worker_count(),
                "object_store_memory": 100 << 20,  # tasks exchange paths and hashes
                "include_dashboard": False,
                "_node_ip_address": LOOPBACK,
                "_temp_dir": str(folder),
            },
        )
    on_sigterm = signal.getsignal(signal.SIGTERM)
    with runner:
        signal.signal(signal.SIGTERM, on_sigterm)  # by which Prefect notes that a run is stopped; Ray took its place
        yield runner


def _check_answers(settings: Settings) -> None:
    """Raise QuireError if nobody listens at the address of the cluster: either library tries for half a minute."""
    address = settings.runner_address
    try:
        place = urlsplit(address if "//" in address else f"//{address}")
        socket.create_connection((place.hostname, place.port or 0), timeout=5).close()
    except (OSError, ValueError) as error:
        raise QuireError(
            f"No {settings.runner.capitalize()} cluster answers at {without_password(address)} ({error}).",
            fix='Start one there, or set runner_address="" to have one with each run.',
        ) from None
