"""What is around a run: what earlier ones left, the server, what the libraries tell others, and the clock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from extractors.errors import QuireError
from flows.finding import Finding
from flows.settings import Settings


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


def prefect(settings: Settings) -> Iterator[Finding]:
    from prefect.settings import get_current_settings

    from flows.server import admits, answers, password

    api = get_current_settings().api.url
    if not api:
        asks = "with a password" if password() else "without a password"
        found = f"a server of its own for each run, open to this machine alone, {asks}; quire serve keeps one"
        yield Finding(name="Prefect", ok=True, found=found)
    elif not answers(api):
        fix = "Start it (prefect server start), or unset PREFECT_API_URL to get one with each run."
        yield Finding(name="Prefect", ok=False, found=f"server at {api} does not answer", fix=fix)
    elif not admits(api):
        fix = "Set PREFECT_API_AUTH_STRING=user:password."
        yield Finding(name="Prefect", ok=False, found=f"server at {api} asks for another password", fix=fix)
    else:
        yield Finding(name="Prefect", ok=True, found=f"server at {api} answers")


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
