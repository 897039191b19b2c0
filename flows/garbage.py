"""Python's search for garbage, put off where there is none to be found."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_garbage() -> Iterator[None]:
    """While modules are loaded, or millions of records made, all of it stays: to look through it again and again takes
    a fifth of the time. What is there at the end is not looked at later either; it goes when nobody refers to it."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
