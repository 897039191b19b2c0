"""How many cores the programs that a reader starts, such as tesseract, keep busy together."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager


def count() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_own = threading.BoundedSemaphore(count())


def _own_turn() -> AbstractContextManager[object]:
    return _own


_turn: Callable[[], AbstractContextManager[object]] = _own_turn


def share(turn: Callable[[], AbstractContextManager[object]]) -> None:
    """Wait for `turn()`, of which as many can be entered at once as there are cores, in all processes that share it,
    instead of for one of this process's own. It is called from several threads."""
    global _turn
    _turn = turn


@contextmanager
def core() -> Iterator[None]:
    """A core to itself for the program that is run within this; waits for one to be free."""
    with _turn():
        yield
