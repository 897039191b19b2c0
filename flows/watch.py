"""Notices that files in a folder were added, changed or removed, and that they have come to rest."""

from __future__ import annotations

from pathlib import Path

Listing = dict[str, tuple[int, int]]
"""File name below the folder to its size in bytes and its time of change in nanoseconds."""


def listing(folder: Path) -> Listing:
    """The files below `folder`, without hidden ones, which is how many programs name what they still write."""
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts):
            continue
        try:
            status = path.stat()
        except OSError:
            continue
        if path.is_file():
            found[inside.as_posix()] = (status.st_size, status.st_mtime_ns)
    return found


class Watch:
    """Says when a folder holds something else than at the last run and has not changed for `rest_s` seconds.

    Looking instead of listening: file events are not sent for network and container mounts.
    """

    def __init__(self, rest_s: float) -> None:
        self._rest_s = rest_s
        self._done: Listing = {}
        self._seen: Listing = {}
        self._since = 0.0

    def ready(self, now: Listing, clock_s: float) -> bool:
        """Whether a run is due for the listing `now`; `done` has to follow once it was started."""
        if now != self._seen:
            self._seen, self._since = now, clock_s
        return now != self._done and clock_s - self._since >= self._rest_s

    def done(self) -> None:
        """A run was started that sees the files as they were looked at last."""
        self._done = self._seen
