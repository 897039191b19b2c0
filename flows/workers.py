"""Worker processes: a document that crashes its reader, hangs or eats memory costs itself and nothing else."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from extractors.errors import UnreadableDocument

P = ParamSpec("P")
T = TypeVar("T")

_pools: dict[str, ProcessPool] = {}


@contextmanager
def worker_pools() -> Iterator[None]:
    """Ends all workers when the run ends, however it ends."""
    try:
        yield
    finally:
        for pool in _pools.values():
            pool.stop()
            pool.join()
        _pools.clear()


def in_worker(
    kind: str,
    count: int,
    memory_gb: float,
    timeout_s: float | None,
    call: Callable[P, T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """The result of `call`, run in one of `count` processes that are kept for this `kind` of work.

    A process may use `memory_gb` (0: no limit) and take `timeout_s`. Raises what the call raises, and
    UnreadableDocument where its process died, ran out of memory or took too long.
    """
    if kind not in _pools:
        _pools[kind] = ProcessPool(
            max_workers=count,
            max_tasks=200,
            initializer=_start,
            initargs=(os.getpid(), memory_gb),
            context=multiprocessing.get_context("spawn"),
        )
    future = _pools[kind].schedule(call, args, kwargs, timeout=timeout_s)
    try:
        result: T = future.result()
        return result
    except TookTooLong:
        raise UnreadableDocument(
            "took too long",
            f"It took longer than {timeout_s:.0f} s.",
            fix="Raise read.timeout_s if it is worth it.",
        ) from None
    except MemoryError:
        raise UnreadableDocument(
            "out of memory",
            f"It took more than {memory_gb:g} GB.",
            fix="Raise read.memory_gb if it is worth it.",
        ) from None
    except ProcessExpired as error:
        raise UnreadableDocument(
            "crashed its reader",
            f"The process that worked on it died (exit code {error.exitcode}).",
            fix="Open the file in a viewer and save it again.",
        ) from None


def _start(parent: int, memory_gb: float) -> None:
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    if memory_gb:
        limit = int(memory_gb * 1024**3)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its parent is gone; without effect elsewhere."""
    if hasattr(os, "sched_getaffinity"):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
