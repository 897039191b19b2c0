"""Worker processes: a document that crashes its reader, hangs or eats memory costs itself and nothing else."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from extractors.errors import QuireError, UnreadableDocument
from extractors.processes import die_with_parent

P = ParamSpec("P")
T = TypeVar("T")

_lock = threading.Lock()
_pools: dict[str, ProcessPool] | None = None
_waiting: set[ProcessFuture[Any]] = set()


@contextmanager
def worker_pools() -> Iterator[None]:
    """Within this, workers can be had; when the outermost ends, however it ends, they and whoever waits are let go."""
    global _pools
    with _lock:
        outermost = _pools is None
        if outermost:
            _pools = {}
    try:
        yield
    finally:
        if outermost:
            with _lock:
                pools, _pools = _pools or {}, None
                waiting = list(_waiting)
            for future in waiting:
                future.cancel()
            for pool in pools.values():
                pool.stop()
                pool.join()


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
    future = _scheduled(kind, count, memory_gb, timeout_s, call, args, kwargs)
    try:
        result: T = future.result()
        return result
    except CancelledError:
        raise QuireError("The run ended before this was done.") from None
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
    finally:
        _waiting.discard(future)


def _scheduled(
    kind: str,
    count: int,
    memory_gb: float,
    timeout_s: float | None,
    call: Callable[..., T],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> ProcessFuture[T]:
    with _lock:
        if _pools is None:
            raise QuireError("The run has ended.")
        if kind not in _pools:
            _pools[kind] = ProcessPool(
                max_workers=count,
                max_tasks=200,
                initializer=_start,
                initargs=(os.getpid(), memory_gb),
                context=multiprocessing.get_context("spawn"),
            )
        future: ProcessFuture[T] = _pools[kind].schedule(call, args, kwargs, timeout=timeout_s)
        _waiting.add(future)
    return future


def _start(parent: int, memory_gb: float) -> None:
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    if memory_gb:
        limit = int(memory_gb * 1024**3)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
