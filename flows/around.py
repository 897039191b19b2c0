"""What is around a run: what earlier ones left, the server, what the libraries tell others, and the clock."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from extractors.errors import QuireError
from flows.finding import Finding
from flows.settings import Settings

SERVE_PORT = 4200
"""What `quire serve` takes where no other is named."""


def stores(settings: Settings) -> Iterator[Finding]:
    """Whether this version understands what earlier runs and a person left in the output folder."""
    from extractors.ledger import read_ledger
    from flows.decisions import decisions_file, read_decisions
    from training import adapters, dataset

    out = settings.out
    readers: dict[Path, Callable[[], object]] = {
        out / "dataset" / "manifest.json": lambda: dataset.read_manifest(out / "dataset"),
        out / "adapters" / "manifest.json": lambda: adapters.read_manifest(out / "adapters"),
        out / "ledger.jsonl": lambda: read_ledger(out / "ledger.jsonl"),
        decisions_file(out): lambda: read_decisions(out),
    }
    there = [file for file in readers if file.exists()]
    understood = True
    for file in there:
        try:
            readers[file]()
        except QuireError as error:
            understood = False
            # What a run makes anew is no hindrance.
            needed = file == decisions_file(out)
            yield Finding(name="stores", ok=False, found=error.message, fix=error.fix, needed=needed)
    if understood:
        yield Finding(name="stores", ok=True, found="understood" if there else "none yet")


def holders(lock: Path) -> Iterator[str]:
    """The processes that have a lock's file open, in words."""
    import psutil

    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and str(lock.absolute()) in [file.path for file in process.open_files()]:
                yield f"It is process {process.pid}: {' '.join(process.cmdline())}"


def runs(settings: Settings) -> Iterator[Finding]:
    """Whether runs were killed that the pages show as running."""
    import sqlite3

    import httpx

    from flows.crashed import left_running
    from flows.store import opened

    if not settings.work.is_dir():
        return
    # A run that holds the folder is a finding of the output, and a server that does not answer one of Prefect.
    with suppress(QuireError, httpx.HTTPError, sqlite3.Error), opened(settings.work):
        left = left_running(settings.out)
        shown = "1 run was killed and still shows" if left == 1 else f"{left} runs were killed and still show"
        yield Finding(
            name="runs",
            ok=not left,
            found=f"{shown} as running" if left else "none was killed",
            fix="The next run there says that they crashed, and goes on from where they were." if left else "",
            needed=False,
        )


def leftovers(settings: Settings) -> Iterator[Finding]:
    """What the work folder keeps that the last build did not use."""
    from flows.clean import spare

    if not settings.work.is_dir():
        return
    with suppress(QuireError):  # which is a finding of the output
        found = spare(settings.work)
        size = sum(one.size for one in found) / 1e6
        told = f"{size:,.1f} MB that the last build did not use; quire clean removes it"
        yield Finding(name="leftovers", ok=True, found=told if found else "none")


def readers(settings: Settings) -> Iterator[Finding]:
    """What one document may cost, and those that cost more again and again."""
    import psutil

    from extractors.ledger import read_ledger
    from flows.reading import IN_QUARANTINE

    limit, total = settings.read, psutil.virtual_memory().total / 1024**3
    yield Finding(
        name="readers",
        ok=limit.memory_gb <= total,
        found=f"{limit.timeout_s:g} s, {limit.memory_gb:g} GB, {limit.max_pages:,} pages and {limit.max_characters:,} "
        f"characters a document at most, and {settings.ask.timeout_s:g} s for its questions",
        fix=f"--set read.memory_gb={max(1, int(total / 2))}, as there are {total:.0f} GB"
        if limit.memory_gb > total
        else "",
        needed=False,
    )
    ledger = settings.out / "ledger.jsonl"
    with suppress(QuireError):  # which is a finding of the stores
        held = [f"{entry.source} ({entry.reason})" for entry in read_ledger(ledger) if IN_QUARANTINE in entry.detail]
        yield Finding(
            name="quarantine",
            ok=not held,
            found=", ".join(held) or "no document",
            fix=f"{ledger} says why. They are tried again once they or the settings change; at once without "
            f"{settings.work / 'refused'}."
            if held
            else "",
            needed=False,
        )


def runner(settings: Settings) -> Iterator[Finding]:
    from flows import runners
    from flows.server import without_password

    missing = runners.missing_package(settings.runner)
    where = f" at {without_password(settings.runner_address)}" if settings.runner_address else ""
    yield Finding(
        name="runner",
        ok=not missing,
        found=f"{settings.runner}{where}" + (f", without {missing}" if missing else ""),
        fix=f"pip install 'quire[{settings.runner}]', or --set runner=threads" if missing else "",
    )


def prefect(settings: Settings) -> Iterator[Finding]:
    from prefect.settings import get_current_settings

    from flows.server import admits, answers, password, without_password

    api = get_current_settings().api.url
    shown = without_password(api or "")
    if not api:
        asks = "with a password" if password() else "without a password"
        found = f"a server of its own for each run, open to this machine alone, {asks}; quire serve keeps one"
        yield Finding(name="Prefect", ok=True, found=found)
    elif not answers(api):
        fix = "Start it (prefect server start), or unset PREFECT_API_URL to get one with each run."
        yield Finding(name="Prefect", ok=False, found=f"server at {shown} does not answer", fix=fix)
    elif not admits(api):
        fix = "Set PREFECT_API_AUTH_STRING=user:password."
        yield Finding(name="Prefect", ok=False, found=f"server at {shown} asks for another password", fix=fix)
    else:
        yield Finding(name="Prefect", ok=True, found=f"server at {shown} answers")


def port(settings: Settings) -> Iterator[Finding]:
    """Whether `quire serve` could have the port that it takes where none is named."""
    from prefect.settings import get_current_settings

    if get_current_settings().api.url:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", SERVE_PORT))
        except OSError as error:
            fix = f"quire serve --port {SERVE_PORT + 1}, or PREFECT_API_URL=http://127.0.0.1:{SERVE_PORT}/api if yours"
            found = f"{SERVE_PORT} is taken ({error.strerror})"
            yield Finding(name="port", ok=False, found=found, fix=fix, needed=False)
        else:
            yield Finding(name="port", ok=True, found=f"{SERVE_PORT} is free for quire serve")


def telemetry(settings: Settings) -> Iterator[Finding]:
    """Quire turns off what the libraries would tell others, but for what the user has turned on."""
    on = [f"{name}={os.environ[name]}" for name, off in SILENT.items() if os.environ.get(name, off).lower() != off]
    yield Finding(
        name="telemetry",
        ok=not on,
        found=", ".join(on) or "off",
        fix=f"unset {' '.join(setting.partition('=')[0] for setting in on)}" if on else "",
        needed=False,
    )


SILENT = {"DO_NOT_TRACK": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
"""Variables of the environment, and the value with which nothing is told to anyone."""


def clock(settings: Settings) -> Iterator[Finding]:
    from flows.serve import time_zone

    try:
        yield Finding(name="time zone", ok=True, found=f"{time_zone()}, for quire serve --cron")
    except QuireError as error:
        yield Finding(name="time zone", ok=False, found=error.message, fix=error.fix, needed=False)
