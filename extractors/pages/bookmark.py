"""The page that is being read, noted where another process sees it: one that kills its reader costs itself alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class _Kept(NamedTuple):
    file: int
    spoilt: Mapping[int, str]
    page_s: float


_kept: _Kept | None = None


@contextmanager
def kept_in(file: Path, spoilt: Mapping[int, str], page_s: float) -> Iterator[None]:
    """Within this, the page that is being read is noted in `file`, and may take `page_s` seconds of this process's
    processor time; after them the system ends the process with SIGPROF. `spoilt` are pages to leave out, and why."""
    global _kept
    _kept = _Kept(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), spoilt, page_s)
    try:
        yield
        end()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        os.close(_kept.file)
        _kept = None


def begin(page: int) -> None:
    """Say that `page` is being read from now on."""
    if _kept:
        _note(_kept, page, _kept.page_s)


def end() -> None:
    """Say that no page is being read any more."""
    if _kept:
        _note(_kept, 0, 0.0)


def spoilt() -> Mapping[int, str]:
    """The pages that are to be left out, and why."""
    return _kept.spoilt if _kept else {}


def page_in(file: Path) -> int:
    """The page that was being read when reading was broken off; 0 if there was none."""
    try:
        return int(file.read_bytes() or 0)
    except FileNotFoundError:
        return 0


def _note(kept: _Kept, page: int, page_s: float) -> None:
    os.pwrite(kept.file, b"%9d" % page, 0)
    # With no handler in Python, which would wait for the very call that does not return.
    signal.setitimer(signal.ITIMER_PROF, page_s)
