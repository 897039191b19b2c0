"""The Prefect server of a run: the configured one, else one of our own that ends with the process that started it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from extractors.errors import QuireError
from extractors.processes import die_with_parent
from flows.progress import say
from flows.settings import ConfigurationError

START_S = 180.0
"""Seconds a server may take to answer: its first start makes the database."""

END_S = 75.0
"""Seconds it may take to end: it notes first what it was told last."""

ALL: Mapping[str, str] = {}
"""Services of a server, as Prefect sets them."""

FOR_ONE_RUN = {
    f"PREFECT_SERVER_SERVICES_{service}_ENABLED": "false"
    for service in (
        "SCHEDULER",
        "LATE_RUNS",
        "FOREMAN",
        "PAUSE_EXPIRATIONS",
        "REPOSSESSOR",
        "CLEANUP_RECONCILER",
        "CANCELLATION_CLEANUP",
        "EVENT_PERSISTER",
        "TRIGGERS",
    )
} | {"PREFECT_API_BLOCKS_REGISTER_ON_START": "false", "PREFECT_MEMOIZE_BLOCK_AUTO_REGISTRATION": "false"}
"""A server that comes and goes with a run plans none, has no feed of events and no triggers, and keeps no catalogue of
what it could store: together they take as much of its processor's time as all else that it does."""

LOOPBACK = "127.0.0.1"
LOOPBACKS = (LOOPBACK, "localhost", "::1")


@contextmanager
def at_server(log: Path, host: str = LOOPBACK, port: int = 0) -> Iterator[subprocess.Popen[bytes] | None]:
    """Have flows speak to the server of PREFECT_API_URL while the context lasts, else to our own on `host` and `port`,
    0 for any that is free and a server for one run; tells where its pages are. Yields the process of ours. Raises
    QuireError if there is no server to be had, and ConfigurationError if ours would be open to everybody."""
    from prefect.settings import get_current_settings, temporary_settings

    if api := get_current_settings().api.url:
        shown = without_password(api)
        if not answers(api):
            raise QuireError(
                f"No Prefect server answers at {shown}.", fix="Start it, or unset PREFECT_API_URL to get one here."
            )
        if not admits(api):
            raise QuireError(
                f"The Prefect server at {shown} asks for a password, and not for the one that is set, if one is.",
                fix="Set PREFECT_API_AUTH_STRING=user:password.",
            )
        say(f"Prefect's pages: {shown.removesuffix('/api')}")
        yield None
        return
    if host not in LOOPBACKS and not password():
        raise ConfigurationError(
            f"Whoever reaches {host} could start runs and read what they made.",
            fix="Set PREFECT_SERVER_API_AUTH_STRING=user:password, which its pages then ask for.",
        )
    say("Starting the Prefect server ...")
    services = ALL if port else FOR_ONE_RUN
    with started(host, port or _free_port(), log, services) as (api, server), temporary_settings(_as_client(api)):
        say(f"Prefect's pages: {api.removesuffix('/api')}")
        yield server


@contextmanager
def prefect_server(host: str, port: int, log: Path) -> Iterator[str]:
    """Run a Prefect server while the context lasts, as `started` does; yields the address of its API."""
    with started(host, port, log, ALL) as (api, _):
        yield api


@contextmanager
def started(
    host: str, port: int, log: Path, services: Mapping[str, str]
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a Prefect server with its pages while the context lasts; yields the address of its API, and its process.

    `services` are Prefect's settings of what it does besides, over which the environment wins. What it says goes to
    `log`. Raises QuireError if the port is taken or the server does not come up.
    """
    _check_free(host, port)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as chatter:
        server = subprocess.Popen(
            [sys.executable, "-m", "flows.server_process", host, str(port)],
            env={**services, **os.environ, **_environment(host, port)},
            stdin=subprocess.DEVNULL,
            stdout=chatter,
            stderr=subprocess.STDOUT,
            # A session of its own, so that Ctrl-C reaches the runs first and the server can still note their end.
            start_new_session=True,
            preexec_fn=partial(die_with_parent, os.getpid()),
        )
    try:
        api = f"http://{_reachable(host)}:{port}/api"
        _await_health(api, server, log)
        yield api, server
    finally:
        server.terminate()
        try:
            server.wait(END_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def password() -> str:
    """The user:password that a server of ours asks for, '' where it asks for none."""
    from prefect.settings import get_current_settings

    secret = get_current_settings().server.api.auth_string
    return secret.get_secret_value() if secret else ""


def answers(api: str, seconds: float = 3.0, client: httpx.Client | None = None) -> bool:
    """Whether a Prefect server answers at this address."""
    try:
        return (client or httpx).get(f"{api}/health", timeout=seconds).is_success
    except httpx.HTTPError:
        return False


def admits(api: str, seconds: float = 3.0) -> bool:
    """Whether the server at this address lets in who comes with the password of PREFECT_API_AUTH_STRING, or none."""
    from prefect.settings import get_current_settings

    ours = get_current_settings().api
    if ours.key:
        return True  # Prefect's cloud, which says itself what is wrong with a key
    user, _, word = ours.auth_string.get_secret_value().partition(":") if ours.auth_string else ("", "", "")
    answer = httpx.get(f"{api}/admin/version", auth=(user, word) if user else None, timeout=seconds)
    return answer.status_code != httpx.codes.UNAUTHORIZED


def without_password(address: str) -> str:
    """An address as it may be shown, without the user:password that may be in it."""
    return re.sub(r"//[^/@]*@", "//", address)


def _as_client(api: str) -> dict[Any, Any]:
    """Prefect's settings of those that speak to our server at `api`."""
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL

    return {PREFECT_API_URL: api, **({PREFECT_API_AUTH_STRING: password()} if password() else {})}


def _environment(host: str, port: int) -> dict[str, str]:
    return {
        "PREFECT_API_URL": "",
        "PREFECT_SERVER_API_HOST": host,
        "PREFECT_SERVER_API_PORT": str(port),
        # Relative, else the pages look for the API where a default server would be.
        "PREFECT_UI_API_URL": "/api",
        # Else any page that a person has open elsewhere in the browser could read it, and write to it.
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://{_reachable(host)}:{port}",
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        # The newer pages load a tracker before they read that tracking is off; these do not.
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        # Slots held by a run that died with the machine come free by themselves after a restart.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        # A run that waits for another begins so soon after it at most.
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "5",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _check_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise QuireError(
                f"The Prefect server cannot listen on {host}, port {port}: {error.strerror}.",
                fix=f"Choose another --port, or set PREFECT_API_URL=http://{_reachable(host)}:{port}/api "
                "if that is a Prefect server of yours.",
            ) from None


def _reachable(host: str) -> str:
    """The name under which this machine itself reaches what listens on `host`."""
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _await_health(api: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    with httpx.Client() as client:  # one, as making it takes the processor from the server that starts
        while not answers(api, client=client):
            if server.poll() is not None or time.monotonic() > deadline:
                last = (log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
                raise QuireError(f"The Prefect server did not start: {last}", fix=f"{log} holds all it said.")
            time.sleep(0.1)
