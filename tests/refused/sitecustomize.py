"""First on PYTHONPATH, this refuses every Python process all but this machine, and notes in NETWORK_LOG what it tried.

Every interpreter imports it as it starts, children of children too; `tests.test_private` reads the notes.
"""

from __future__ import annotations

import errno
import ipaddress
import json
import os
import sys
from typing import Any

NAMED = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
ADDRESSED = ("socket.connect", "socket.sendto", "socket.sendmsg")
INTERNET = (2, 10)
"""AF_INET and AF_INET6."""


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in NAMED:
        host = arguments[0]
    elif event in (*ADDRESSED, "socket.bind") and arguments[0].family in INTERNET and arguments[1]:
        host = arguments[1][0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if is_here(host, bound=event == "socket.bind"):
        return
    note(event, host)
    if event != "socket.bind":
        raise OSError(errno.ENETUNREACH, f"{event} {host} is refused")


def is_here(host: str | None, bound: bool) -> bool:
    """Whether an address is this machine's alone; one that is bound must not be reached from elsewhere."""
    if host in (None, "", "localhost"):
        return not bound or host == "localhost"
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def note(event: str, host: str | None = None) -> None:
    line = {"event": event, "host": host, "process": sys.orig_argv}
    file = os.open(os.environ["NETWORK_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(file, json.dumps(line).encode() + b"\n")
    os.close(file)


if "NETWORK_LOG" in os.environ:
    note("start")
    sys.addaudithook(refuse)
