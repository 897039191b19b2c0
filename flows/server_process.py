"""The process of a Prefect server of ours: `python -m flows.server_process HOST PORT`.

As `prefect server start`, but ready in two thirds of the time, and it does not end before it has noted all that it was
told: Prefect's own forgets the task runs that it has received and not yet written.
"""

from __future__ import annotations

import asyncio
import sys
import time
from socket import socket

import uvicorn

from flows.garbage import no_garbage

NOTE_S = 60.0
"""Seconds that it may take at the end to write what was received."""

STUCK_S = 3.0
"""Seconds in which nothing of it was written, after which it is given up."""


class Server(uvicorn.Server):
    """Writes the task runs that were received before it shuts down."""

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        await _all_noted()
        await super().shutdown(sockets)


async def _all_noted() -> None:
    """Wait until nothing that was received waits to be written, or it gets no less."""
    began = since = time.monotonic()
    least = await _waiting()
    while least and time.monotonic() - since < STUCK_S and time.monotonic() - began < NOTE_S:
        await asyncio.sleep(0.05)
        now = await _waiting()
        if now < least:
            least, since = now, time.monotonic()


async def _waiting() -> int:
    """Events that wait to be written; what is still on its way from a client that has ended counts too."""
    from prefect.server.utilities.messaging.memory import METRICS

    def depth() -> int:
        return METRICS["events"]["published"] - METRICS["events"]["consumed"]

    if not depth():
        await asyncio.sleep(0.1)
    return depth()


def main() -> None:
    host, port = sys.argv[1:]
    with no_garbage():
        from prefect.server.api.server import create_app
        from prefect.settings import get_current_settings

        level = get_current_settings().server.logging_level.lower()
        config = uvicorn.Config(create_app(final=True), host=host, port=int(port), log_level=level)
    Server(config).run()


if __name__ == "__main__":
    main()
