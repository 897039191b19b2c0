"""Starts a flow from the command line: its results in the output folder, a server to speak to, a tag to find it by."""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from flows.progress import say
from flows.settings import Settings
from flows.store import opened


def start(flow_name: str, settings: Settings) -> None:
    """Run the flow `flow_name` of `flows.run` to its end, and name what it made. Raises what the flow raises."""
    with opened(settings.work):
        pass  # what is wrong with the folder is said at once, and not after the start of a server
    keep_results_in(settings)
    # The server that comes and goes with this run has no use for a feed of events and no automation to trigger: they
    # take as much of its processor's time as all else that it does.
    os.environ.setdefault("PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED", "false")
    os.environ.setdefault("PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED", "false")
    from prefect import tags
    from prefect.task_runners import ThreadPoolTaskRunner

    from flows import run as flows_of_quire
    from flows.crashed import tag_of
    from flows.server import at_server

    chosen: Any = getattr(flows_of_quire, flow_name)
    runner: Any = ThreadPoolTaskRunner(max_workers=settings.worker_count())
    # Until the process ends, since that is when Prefect sends its last logs and events.
    server = ExitStack()
    atexit.register(server.close)
    server.enter_context(at_server(settings.work / "server.log"))
    with tags(tag_of(settings.out)):
        chosen.with_options(task_runner=runner)(settings.model_dump(mode="json"))
    for made in ("dataset", "adapters", "report.html", "ledger.jsonl"):
        if (settings.out / made).exists():
            say(f"  {settings.out / made}")


def keep_results_in(settings: Settings) -> None:
    """Prefect's kept results go to the output folder; it reads its environment when it is first imported."""
    # Its server would wait for three minutes before it says that there is no home for its database.
    Path(os.environ.get("PREFECT_HOME", "~/.prefect")).expanduser().mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_RESULTS_LOCAL_STORAGE_PATH"] = str(settings.work.absolute() / "results")
