"""Worker processes that crash, hang or eat memory cost only what they worked on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import psutil
import pytest
from pebble import ProcessFuture, ProcessPool

from extractors import cores
from extractors.errors import QuireError, UnreadableDocument
from flows.workers import WorkerDied, _awaited, core_of, end_workers, in_worker, worker_pools

pytestmark = pytest.mark.slow


@pytest.fixture
def pools() -> Iterator[None]:
    with worker_pools():
        yield


def crash() -> None:
    os.abort()


def hang() -> None:
    time.sleep(60)


def eat() -> int:
    return len(bytearray(8 * 1024**3))


def refuse() -> None:
    raise UnreadableDocument("encrypted", "a.pdf is encrypted.", fix="Save it without a password.")


def test_a_result_comes_back(pools: None) -> None:
    assert in_worker("test", 2, 4, 60, max, 3, 5) == 5


def test_who_waits_for_a_pool_that_is_gone_learns_it() -> None:
    """A pool that breaks as it is handed a call never tells of it."""
    gone = ProcessPool(max_workers=1)
    gone.stop()
    with pytest.raises(BrokenProcessPool):
        _awaited(gone, ProcessFuture())


def test_what_is_raised_comes_back_whole(pools: None) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        in_worker("test", 2, 4, 60, refuse)
    assert (caught.value.reason, caught.value.fix) == ("encrypted", "Save it without a password.")


@pytest.mark.parametrize(
    ("call", "timeout_s", "reason"),
    [(crash, 60, "crashed its reader"), (hang, 3, "took too long"), (eat, 60, "out of memory")],
)
def test_the_worker_dies_and_the_next_call_works(pools: None, call: object, timeout_s: float, reason: str) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        in_worker("test", 1, 4, timeout_s, call)  # type: ignore[arg-type]
    assert caught.value.reason == reason
    assert in_worker("test", 1, 4, 60, max, 1, 2) == 2


def start_a_program(pid: Path) -> None:
    program = subprocess.Popen(["sleep", "300"])
    pid.write_text(str(program.pid))
    program.wait()


def test_a_worker_that_is_ended_takes_the_programs_along_that_it_started(pools: None, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with pytest.raises(WorkerDied, match="longer than 3 s"):
        in_worker("test", 1, 4, 3, start_a_program, pid)
    deadline = time.monotonic() + 20
    while psutil.pid_exists(int(pid.read_text())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(int(pid.read_text()))


def test_a_worker_that_dies_between_two_calls_takes_none_with_it(pools: None) -> None:
    os.kill(in_worker("test", 1, 4, 60, os.getpid), signal.SIGKILL)
    for _ in range(2):
        assert in_worker("test", 1, 4, 60, max, 1, 2) == 2


def test_whoever_waits_is_let_go_when_the_run_ends() -> None:
    with ThreadPoolExecutor(3) as threads:
        with worker_pools():
            with worker_pools():
                waiting = [threads.submit(in_worker, "test", 1, 4, 60, hang) for _ in range(3)]
            time.sleep(2)
            assert not any(future.done() for future in waiting), "the inner end is not the end"
        for future in waiting:
            with pytest.raises(QuireError, match="ended"):
                future.result(20)
    with pytest.raises(QuireError, match="ended"):
        in_worker("test", 1, 4, 60, max, 1, 2)


def occupy(folder: Path, held: object) -> None:
    with core_of(folder, 1):
        held.set()  # type: ignore[attr-defined]
        time.sleep(60)


def test_the_core_of_a_killed_process_is_free_again(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    process = context.Process(target=occupy, args=(tmp_path, held), daemon=True)
    process.start()
    assert held.wait(30)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(take, tmp_path)
        time.sleep(0.3)
        assert not waiting.done(), "one core is one at a time"
        process.kill()
        assert waiting.result(5)


def take(folder: Path) -> bool:
    with core_of(folder, 1):
        return True


def run_a_program(log: Path) -> None:
    with cores.core():
        subprocess.run(["sh", "-c", f"echo + >> {log}; sleep 0.2; echo - >> {log}"], check=True)


def test_all_workers_together_start_no_more_programs_than_there_are_cores(pools: None, tmp_path: Path) -> None:
    log, more = tmp_path / "log", cores.count() + 2
    with ThreadPoolExecutor(more) as threads:
        for done in [threads.submit(in_worker, "test", more, 4, 60, run_a_program, log) for _ in range(2 * more)]:
            done.result(60)
    running = most = 0
    for mark in log.read_text().split():
        running += 1 if mark == "+" else -1
        most = max(most, running)
    assert 1 <= most <= cores.count()


def end_as(status: int) -> None:
    os.kill(os.getpid(), status)


def test_who_was_killed_from_outside_is_no_culprit(pools: None) -> None:
    for status, killed in ((signal.SIGKILL, True), (signal.SIGSEGV, False)):
        with pytest.raises(WorkerDied) as caught:
            in_worker("test", 1, 4, 60, end_as, status)
        assert caught.value.killed is killed


def test_in_a_process_of_a_cluster_each_thread_has_workers_that_end_with_it(tmp_path: Path) -> None:
    script = tmp_path / "cluster.py"  # where nobody has begun a run
    script.write_text(
        "import os\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from flows.workers import in_worker\n"
        "if __name__ == '__main__':\n"
        "    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:\n"
        "        for thread in (first, first, second):\n"
        "            print(thread.submit(in_worker, 'test', 4, 4, 60, os.getpid).result(), flush=True)\n"
    )
    run = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    one, again, other = map(int, run.stdout.split())
    assert one == again != other
    assert not any(psutil.pid_exists(worker) for worker in (one, other))


def test_a_process_that_may_have_no_children_says_so(tmp_path: Path) -> None:
    """Dask's own workers are daemons unless they are told otherwise."""
    with pytest.raises(QuireError, match="DASK_DISTRIBUTED__WORKER__DAEMON=False"):
        multiprocessing.get_context("spawn").Pool(1).apply(in_worker, ("test", 1, 4, 60, max, 1, 2))


def test_workers_that_are_ended_make_room_and_others_can_be_had() -> None:
    with worker_pools():
        first = in_worker("test", 1, 0, None, os.getpid)
        end_workers()
        assert not Path(f"/proc/{first}").exists()
        second = in_worker("test", 1, 0, None, os.getpid)
        assert second != first
    assert not Path(f"/proc/{second}").exists()
