"""How many cores the programs that a reader starts, such as tesseract, keep busy together."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager


def count() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_turns: AbstractContextManager[object] = threading.BoundedSemaphore(count())


def share(turns: AbstractContextManager[object]) -> None:
    """Wait for `turns`, a semaphore that several processes hold in common, instead of this process's own."""
    global _turns
    _turns = turns


@contextmanager
def core() -> Iterator[None]:
    """A core to itself for the program that is run within this; waits for one to be free."""
    with _turns:
        yield
