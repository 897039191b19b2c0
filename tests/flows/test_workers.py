"""Worker processes that crash, hang or eat memory cost only what they worked on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from extractors.errors import UnreadableDocument
from flows.workers import in_worker, worker_pools

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
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


def test_a_result_comes_back() -> None:
    assert in_worker("test", 2, 4, 60, max, 3, 5) == 5


def test_what_is_raised_comes_back_whole() -> None:
    with pytest.raises(UnreadableDocument) as caught:
        in_worker("test", 2, 4, 60, refuse)
    assert (caught.value.reason, caught.value.fix) == ("encrypted", "Save it without a password.")


@pytest.mark.parametrize(
    ("call", "timeout_s", "reason"),
    [(crash, 60, "crashed its reader"), (hang, 3, "took too long"), (eat, 60, "out of memory")],
)
def test_the_worker_dies_and_the_next_call_works(call: object, timeout_s: float, reason: str) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        in_worker("test", 1, 4, timeout_s, call)  # type: ignore[arg-type]
    assert caught.value.reason == reason
    assert in_worker("test", 1, 4, 60, max, 1, 2) == 2
