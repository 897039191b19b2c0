"""Worker processes that crash, hang or eat memory cost only what they worked on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from extractors.errors import QuireError, UnreadableDocument
from flows.workers import in_worker, worker_pools

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
