"""Reading a file in a worker process: a page that kills its reader costs itself, not the document."""

from __future__ import annotations

import tempfile
from pathlib import Path

from extractors.errors import QuireError
from extractors.files import write_whole
from extractors.pages.bookmark import page_in
from extractors.records import Document, Record
from extractors.settings import ReadSettings
from flows.store import beside
from flows.work import read_into
from flows.workers import WorkerDied, in_worker, worker_pools

MOST_SPOILT = 3
"""Pages of one document that may kill their reader; with one more the document is given up."""


class Refusal(Record):
    """A document that killed its reader, remembered so that the next run does not try it in vain."""

    reason: str
    message: str
    fix: str


def read(made: Path, path: Path, source: str, settings: ReadSettings, workers: int) -> None:
    """Have one of `workers` processes read the file at `path` into the work file `made`.

    Where that fails at a page, whatever the failure, all is read again without that page. Raises UnreadableDocument,
    and WorkerDied or what the reader raised if that does not help.
    """
    mark = beside(made, "begun", ".page")
    mark.parent.mkdir(parents=True, exist_ok=True)
    spoilt: dict[int, str] = {}
    tried_again = False
    try:
        while True:
            try:
                in_worker(
                    "read",
                    workers,
                    settings.memory_gb,
                    settings.timeout_s,
                    read_into,
                    made,
                    path,
                    source,
                    settings,
                    mark,
                    spoilt,
                )
                return
            except Exception as error:
                page = page_in(mark)
                if not tried_again and _may_be_innocent(error):
                    tried_again = True
                elif page and _is_culprit(error) and page not in spoilt and len(spoilt) < MOST_SPOILT:
                    spoilt[page] = f"{error.reason}: {error}" if isinstance(error, WorkerDied) else f"failed: {error}"
                else:
                    raise
    finally:
        mark.unlink(missing_ok=True)


def _may_be_innocent(error: Exception) -> bool:
    """Whether somebody else may have killed the worker, or a document before this one have used up its memory."""
    return isinstance(error, WorkerDied) and (error.killed or error.reason == "out of memory")


def _is_culprit(error: Exception) -> bool:
    return not error.killed if isinstance(error, WorkerDied) else not isinstance(error, QuireError | OSError)


def read_apart(path: Path, source: str, settings: ReadSettings) -> Document:
    """The Document of one file, read with the limits of a run. Raises UnreadableDocument."""
    with tempfile.TemporaryDirectory() as folder, worker_pools():
        made = Path(folder) / "read" / "document.json"
        read(made, path, source, settings, 1)
        return Document.model_validate_json(made.read_bytes())


def refuse_again(refusal: Path) -> None:
    """Raise what was remembered of a document that killed its reader, if it was."""
    if refusal.exists():
        kept = Refusal.model_validate_json(refusal.read_bytes())
        raise WorkerDied(kept.reason, kept.message, fix=kept.fix)


def remember(refusal: Path, death: WorkerDied) -> None:
    """Keep it for the next run that a document killed its reader, unless somebody else did."""
    if not death.killed:
        write_whole(refusal, Refusal(reason=death.reason, message=death.message, fix=death.fix).model_dump_json())
