"""Starts a flow from the command line: its results in the output folder, a server to speak to, a tag to find it by."""

from __future__ import annotations

import atexit
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

from flows.garbage import no_garbage
from flows.progress import say
from flows.settings import Settings
from flows.store import opened


def start(flow_name: str, settings: Settings) -> None:
    """Run the flow `flow_name` of `flows.run` to its end, and name what it made. Raises what the flow raises."""
    with opened(settings.work):
        pass  # what is wrong with the folder is said at once, and not after the start of a server
    keep_results_in(settings)
    from flows.server import at_server
    from flows.workers import worker_pools

    # Until the process ends, since that is when Prefect sends its last logs and events.
    server = ExitStack()
    atexit.register(server.close)
    # A thread that stays as long: with it ends what it began.
    beside = server.enter_context(ThreadPoolExecutor(1))
    with worker_pools():
        with no_garbage():
            # What takes less time than the start of a server.
            if flow_name in BUILDING:
                beside.submit(_begin_workers, settings)
            flows_of_quire = beside.submit(import_module, "flows.run")
            server.enter_context(at_server(settings.work / "server.log"))
            chosen: Any = getattr(flows_of_quire.result(), flow_name)
        from prefect import tags

        from flows.crashed import tag_of

        with tags(tag_of(settings.out)):
            chosen(settings.model_dump(mode="json"))
    # A search says itself which preset it wrote, and makes nothing else.
    for made in () if flow_name == "quire_tune" else ("dataset", "adapters", "report.html", "ledger.jsonl"):
        if (settings.out / made).exists():
            say(f"  {settings.out / made}")


BUILDING = ("quire_run", "quire_build")


def _begin_workers(settings: Settings) -> None:
    """Have the processes that the build will want load what they need, if it finds something to do. What is wrong with
    documents or models the build itself will say."""
    from flows.before import begin_early

    begin_early(settings)


def keep_results_in(settings: Settings) -> None:
    """Prefect's kept results go to the output folder; it reads its environment when it is first imported."""
    # Its server would wait for three minutes before it says that there is no home for its database.
    Path(os.environ.get("PREFECT_HOME", "~/.prefect")).expanduser().mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_RESULTS_LOCAL_STORAGE_PATH"] = str(settings.work.absolute() / "results")
