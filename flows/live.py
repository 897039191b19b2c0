"""How far a training is, on Prefect's pages, while it runs."""

from __future__ import annotations

import logging
import time
from typing import cast
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.exceptions import ObjectNotFound

EACH_S = 5.0
"""Seconds between two calls of the server at least, as each costs it work."""

logger = logging.getLogger(__name__)


class Live:
    """A progress artifact of the run it is made in: there from the first word on, and renewed every few seconds at
    most. A server that does not answer costs the picture, never the training."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._shown: UUID | None = None
        self._now = ""
        self._next_s = 0.0

    def tell(self, done: int, of: int, now: str) -> None:
        """So much is done, and this is going on."""
        self._now = f"{done} of {of}: {now}"
        if time.monotonic() >= self._next_s:
            self._show(100 * done / of)
            self._next_s = time.monotonic() + EACH_S

    def finish(self) -> None:
        """All that there was to do is done, perhaps with fewer steps. Shows nothing where nothing was told."""
        if self._now:
            self._show(100.0)

    def _show(self, percent: float) -> None:
        try:
            if self._shown is None:
                # At once, as no event loop runs in a task.
                self._shown = cast(UUID, create_progress_artifact(percent, key=self._key, description=self._now))
            else:
                update_progress_artifact(self._shown, percent, description=self._now)
        except (httpx.HTTPError, ObjectNotFound) as error:
            logger.warning("The progress artifact was not renewed: %s", error)
