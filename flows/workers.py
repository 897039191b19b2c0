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
from concurrent.futures import CancelledError, wait
from concurrent.futures import TimeoutError as TookTooLong
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from filelock import FileLock, Timeout
from pebble import ProcessExpired, ProcessFuture, ProcessPool

from extractors import cores
from extractors.errors import QuireError, UnreadableDocument
from extractors.processes import die_with_parent, take_programs_along
from flows.garbage import no_garbage

P = ParamSpec("P")
T = TypeVar("T")

_lock = threading.Lock()
_run: Pools | None = None
_had_a_run = False
_own = threading.local()

TASKS = 1000
"""Calls after which a worker makes room for a fresh one, which takes as long to start as four papers take to read."""

LOOK_S = 1.0
"""Seconds between looks at whether the pool is still there that one waits for."""

BREAKS = 3
"""Times that a call is begun: where a worker dies and nobody knows at which, all that were under way begin again."""

TOOK_TOO_LONG = "took too long"

OUT_OF_MEMORY = 75
"""Exit status of a worker that has used up the memory it may have."""


class WorkerDied(UnreadableDocument):
    """The process that worked on a document died of it, or was `killed` by somebody else."""

    killed = False


class Pools:
    """Processes that are kept for each kind of work, and who waits for them."""

    def __init__(self, of_one: bool) -> None:
        """With `of_one` process of a kind, and no more than one core for the programs that it starts."""
        self.of_one = of_one
        self.waiting: set[ProcessFuture[Any]] = set()
        self._pools: dict[tuple[str, float], ProcessPool] = {}
        self._turns = None if of_one else tempfile.TemporaryDirectory(prefix="quire-cores-")

    def schedule(
        self, kind: str, count: int, memory_gb: float, timeout_s: float | None, *work: Any
    ) -> tuple[ProcessPool, ProcessFuture[Any]]:
        """The pool that does it, and what it will come to. To be called with the lock in hand."""
        pool = self._pools.get((kind, memory_gb))
        if pool and not pool.active:  # a worker died while it had nothing to do, and with it the pool
            pool.stop()
            pool.join()
        if not pool or not pool.active:
            # What one thread frees another uses: given back to the system it is cleared before it can be had again.
            os.environ.setdefault("MALLOC_ARENA_MAX", "1")
            pool = self._pools[kind, memory_gb] = ProcessPool(
                max_workers=1 if self.of_one else count,
                max_tasks=TASKS,
                initializer=_start,
                initargs=(os.getpid(), memory_gb, Path(self._turns.name) if self._turns else None),
                context=multiprocessing.get_context("spawn"),
            )
        future: ProcessFuture[Any] = pool.schedule(_run_call, work, timeout=timeout_s)
        self.waiting.add(future)
        return pool, future

    def close(self) -> None:
        for future in list(self.waiting):
            future.cancel()
        for pool in self._pools.values():
            pool.stop()
        for pool in self._pools.values():
            pool.join()
        if self._turns:
            self._turns.cleanup()


@contextmanager
def worker_pools() -> Iterator[None]:
    """Within this, workers can be had; when the outermost ends, however it ends, they and whoever waits are let go."""
    global _run, _had_a_run
    with _lock:
        outermost = _run is None
        if outermost:
            _run, _had_a_run = Pools(of_one=False), True
    try:
        yield
    finally:
        if outermost:
            with _lock:
                pools, _run = _run, None
            if pools:
                pools.close()


def end_workers() -> None:
    """End the workers that the run keeps, as what comes next wants their memory; whoever asks later gets others."""
    global _run
    with _lock:
        pools = _run
        _run = Pools(of_one=False) if pools else None
    if pools:
        pools.close()


def _pools_here() -> Pools:
    """Those of the run. In a process of a cluster, where none was begun, those of this thread, which does one task at a
    time; they are kept for its next ones, and end with the process. To be called with the lock in hand."""
    if _run:
        return _run
    if _had_a_run:
        raise QuireError("The run has ended.")
    if multiprocessing.current_process().daemon:
        raise QuireError(
            "The processes of this cluster may not start any of their own, in which documents could be read.",
            fix="Start them with DASK_DISTRIBUTED__WORKER__DAEMON=False in their environment.",
        )
    if not hasattr(_own, "pools"):
        _own.pools = Pools(of_one=True)
        # Before the system waits for processes that nobody has told to end.
        Finalize(None, _own.pools.close, exitpriority=1)
    pools: Pools = _own.pools
    return pools


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
        with _lock:
            pools = _pools_here()
            pool, future = pools.schedule(kind, count, memory_gb, timeout_s, call, args, kwargs)
        try:
            result: T = _awaited(pool, future)
            return result
        except CancelledError:
            raise QuireError("The run ended before this was done.") from None
        except TookTooLong:
            raise WorkerDied(
                TOOK_TOO_LONG,
                f"It took longer than {timeout_s:g} s.",
                fix=f"Raise {kind}.timeout_s if it is worth it.",
            ) from None
        except ProcessExpired as error:
            raise _death(error.exitcode, memory_gb) from None
        except BrokenProcessPool:
            continue
        finally:
            pools.waiting.discard(future)
    raise _death(-signal.SIGKILL, memory_gb)


def _awaited(pool: ProcessPool, future: ProcessFuture[Any]) -> Any:
    """The result of `future`. Raises what the call raised, and BrokenProcessPool also where the pool broke just as it
    was handed the call, of which it then never tells."""
    while not wait([future], LOOK_S).done:
        if not pool.active and not wait([future], LOOK_S).done:
            raise BrokenProcessPool("The pool broke as it was handed the call.")
    return future.result()


def begin_worker(
    kind: str, count: int, memory_gb: float, call: Callable[P, object], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Have `call` load what one of the processes of `in_worker` will want, and go on. To be called by a thread that
    stays: with it the system ends the processes that it began."""
    with _lock:
        pools = _pools_here()
        _, future = pools.schedule(kind, count, memory_gb, None, _loaded, (partial(call, *args, **kwargs),), {})
    future.add_done_callback(pools.waiting.discard)


def _death(status: int, memory_gb: float) -> WorkerDied:
    if status == -signal.SIGPROF:
        return WorkerDied(
            TOOK_TOO_LONG,
            "One page took longer than it may.",
            fix="Raise read.page_s if it is worth it.",
        )
    if status == OUT_OF_MEMORY:
        return WorkerDied(
            "out of memory",
            f"It took more than {memory_gb:g} GB.",
            fix="Raise read.memory_gb if it is worth it.",
        )
    if status == -signal.SIGKILL:
        died = WorkerDied(
            "killed",
            "The process that worked on it was killed, as the system does where memory runs out.",
            fix="Free some memory, or use fewer workers: --set workers=1.",
        )
        died.killed = True
        return died
    return WorkerDied(
        "crashed its reader",
        f"The process that worked on it died (exit code {status}).",
        fix="Open the file in a viewer and save it again.",
    )


def _start(parent: int, memory_gb: float, turns: Path | None) -> None:
    die_with_parent(parent)
    take_programs_along()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    # Where it is installed, transformers loads it, and it tells the terminal of kernels that this machine cannot run.
    logging.getLogger("torchao").setLevel(logging.ERROR)
    one = threading.Semaphore(1)
    cores.share(partial(core_of, turns, cores.count()) if turns else lambda: one)
    if memory_gb:
        limit = int(memory_gb * 1024**3)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _run_call(call: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    try:
        return call(*args, **kwargs)
    except MemoryError:
        # What is left of its memory would not do for the next document either.
        os._exit(OUT_OF_MEMORY)


def _loaded(load: Callable[[], object]) -> None:
    with no_garbage():
        load()


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
