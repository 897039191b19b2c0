"""Reading a file in a worker process: a page that kills its reader costs itself, not the document."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pydantic import ValidationError

from extractors.errors import QuireError
from extractors.files import write_whole
from extractors.pages.bookmark import page_in
from extractors.records import Document, Record
from extractors.settings import ReadSettings
from flows.store import beside
from flows.work import read_into
from flows.workers import TOOK_TOO_LONG, WorkerDied, in_worker, worker_pools

MOST_SPOILT = 3
"""Pages of one document that may kill their reader; with one more the document is given up."""

IN_QUARANTINE = "It is in quarantine"


class Refusal(Record):
    """What is kept of a document in quarantine: why it is there."""

    reason: str
    message: str
    fix: str


def read(made: Path, path: Path, source: str, settings: ReadSettings, workers: int, doc_id: str = "") -> None:
    """Have one of `workers` processes read the file at `path` into the work file `made`, as long as it is the one of
    `doc_id`, where that is known.

    A reader that died is given one more chance, in a fresh process. Where it fails at a page, whatever the failure, all
    is read again without that page. Raises UnreadableDocument, and WorkerDied or what the reader raised if that does
    not help.
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
                    doc_id,
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
    """Whether somebody else may have killed the worker, or a document before this one have spoilt its memory."""
    return isinstance(error, WorkerDied) and error.reason != TOOK_TOO_LONG


def _is_culprit(error: Exception) -> bool:
    return not error.killed if isinstance(error, WorkerDied) else not isinstance(error, QuireError | OSError)


def read_apart(path: Path, source: str, settings: ReadSettings) -> Document:
    """The Document of one file, read with the limits of a run. Raises UnreadableDocument."""
    with tempfile.TemporaryDirectory() as folder, worker_pools():
        made = Path(folder) / "read" / "document.json"
        read(made, path, source, settings, 1)
        return Document.model_validate_json(made.read_bytes())


def refuse_again(refusal: Path) -> None:
    """Raise again what was raised when a document went into quarantine, if it is there."""
    try:
        kept = Refusal.model_validate_json(refusal.read_bytes())
    except (FileNotFoundError, ValidationError):  # there is none, or another version's
        return
    raise WorkerDied(kept.reason, kept.message, fix=kept.fix)


def quarantined(refusal: Path, death: WorkerDied) -> WorkerDied:
    """What to raise of a document that killed its reader for good. It is kept in `refusal`, so that no run tries it in
    vain; with other bytes or settings the document has another one. Where the system killed the reader, the document
    may be innocent: it has one more chance in the next run."""
    if death.killed and not (first := refusal.with_suffix(".killed")).exists():
        write_whole(first, "")
        return death
    kept = refusal.relative_to(refusal.parents[2])
    message = (
        f"{death.message} {IN_QUARANTINE}: not tried again until it or the settings of that change, or {kept} is "
        "deleted."
    )
    write_whole(refusal, Refusal(reason=death.reason, message=message, fix=death.fix).model_dump_json())
    return WorkerDied(death.reason, message, fix=death.fix)
