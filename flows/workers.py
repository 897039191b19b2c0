"""Worker processes: a document that crashes its reader, hangs or eats memory costs itself and nothing else."""

from __future__ import annotations

import logging
import multiprocessing
import os
import resource
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as TookTooLong
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from filelock import FileLock, Timeout
from pebble import ProcessExpired, ProcessFuture, ProcessPool

from extractors import cores
from extractors.errors import QuireError, UnreadableDocument
from extractors.processes import die_with_parent

P = ParamSpec("P")
T = TypeVar("T")

_lock = threading.Lock()
_pools: dict[str, ProcessPool] | None = None
_turns: tempfile.TemporaryDirectory[str] | None = None
_waiting: set[ProcessFuture[Any]] = set()


TASKS = 1000
"""Calls after which a worker makes room for a fresh one, which takes as long to start as four papers take to read."""

BREAKS = 3
"""Times that a call is begun: where a worker dies and nobody knows at which, all that were under way begin again."""

OUT_OF_MEMORY = 75
"""Exit status of a worker that has used up the memory it may have."""


class WorkerDied(UnreadableDocument):
    """The process that worked on a document died of it, or was `killed` by somebody else."""

    killed = False


@contextmanager
def worker_pools() -> Iterator[None]:
    """Within this, workers can be had; when the outermost ends, however it ends, they and whoever waits are let go."""
    global _pools, _turns
    with _lock:
        outermost = _pools is None
        if outermost:
            _pools, _turns = {}, tempfile.TemporaryDirectory(prefix="quire-cores-")
    try:
        yield
    finally:
        if outermost:
            with _lock:
                pools, _pools = _pools or {}, None
                turns, _turns = _turns, None
                waiting = list(_waiting)
            for future in waiting:
                future.cancel()
            for pool in pools.values():
                pool.stop()
                pool.join()
            if turns:
                turns.cleanup()


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

    A process may use `memory_gb` (0: no limit) and take `timeout_s`. Raises what the call raises, and WorkerDied where
    its process died, ran out of memory or took too long.
    """
    for _ in range(BREAKS):
        future = _scheduled(kind, count, memory_gb, timeout_s, call, args, kwargs)
        try:
            result: T = future.result()
            return result
        except CancelledError:
            raise QuireError("The run ended before this was done.") from None
        except TookTooLong:
            raise WorkerDied(
                "took too long",
                f"It took longer than {timeout_s:g} s.",
                fix="Raise read.timeout_s if it is worth it.",
            ) from None
        except ProcessExpired as error:
            raise _death(error.exitcode, memory_gb) from None
        except BrokenProcessPool:
            continue
        finally:
            _waiting.discard(future)
    raise _death(-signal.SIGKILL, memory_gb)


def _death(status: int, memory_gb: float) -> WorkerDied:
    if status == -signal.SIGPROF:
        return WorkerDied(
            "took too long",
            "One page took longer than it may.",
            fix="Raise read.page_s if it is worth it.",
        )
    if status == OUT_OF_MEMORY:
        died = WorkerDied(
            "out of memory",
            f"It took more than {memory_gb:g} GB.",
            fix="Raise read.memory_gb if it is worth it.",
        )
    else:
        died = WorkerDied(
            "crashed its reader",
            f"The process that worked on it died (exit code {status}).",
            fix="Open the file in a viewer and save it again.",
        )
    died.killed = status == -signal.SIGKILL
    return died


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
        if _pools is None or _turns is None:
            raise QuireError("The run has ended.")
        pool = _pools.get(kind)
        if pool and not pool.active:  # a worker died while it had nothing to do, and with it the pool
            pool.stop()
            pool.join()
        if not pool or not pool.active:
            pool = _pools[kind] = ProcessPool(
                max_workers=count,
                max_tasks=TASKS,
                initializer=_start,
                initargs=(os.getpid(), memory_gb, Path(_turns.name)),
                context=multiprocessing.get_context("spawn"),
            )
        future: ProcessFuture[T] = pool.schedule(_run, (call, args, kwargs), timeout=timeout_s)
        _waiting.add(future)
    return future


def _start(parent: int, memory_gb: float, turns: Path) -> None:
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    # Where it is installed, transformers loads it, and it tells the terminal of kernels that this machine cannot run.
    logging.getLogger("torchao").setLevel(logging.ERROR)
    cores.share(partial(core_of, turns, cores.count()))
    if memory_gb:
        limit = int(memory_gb * 1024**3)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _run(call: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    try:
        return call(*args, **kwargs)
    except MemoryError:
        # What is left of its memory would not do for the next document either.
        os._exit(OUT_OF_MEMORY)


@contextmanager
def core_of(folder: Path, count: int) -> Iterator[None]:
    """One of `count` cores, which all processes that share `folder` take in turns.

    Each is a locked file: the system frees that of a process that was killed, which a semaphore would lose for ever.
    """
    locks = [FileLock(folder / str(number), timeout=0, thread_local=False) for number in range(count)]
    while True:
        for lock in locks:
            try:
                lock.acquire()
            except Timeout:
                continue
            try:
                yield
                return
            finally:
                lock.release()
        time.sleep(0.02)
