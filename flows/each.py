"""What is done to each document by itself: it is read, and then asked, a few documents at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from queue import SimpleQueue

from prefect.context import TagsContext

from augment.models import ModelFiles
from extractors.errors import QuireError, UnreadableDocument
from extractors.ledger import LedgerEntry
from flows.before import ReadAndAsked, asking_hash, begin_workers, reading_hash, shared_out
from flows.documents import FoundDocument
from flows.kept import Made
from flows.progress import bar, say
from flows.settings import Settings
from flows.steps import Step, ask_document, begin, read_file

AHEAD = 4
"""Documents begun for each worker: what is begun is kept in memory, and what is not begun keeps a worker waiting."""


def read_and_ask(
    settings: Settings, found: Sequence[FoundDocument], model: ModelFiles | None
) -> tuple[dict[str, ReadAndAsked], list[LedgerEntry]]:
    """What was made of each document, by doc_id, and entries for the documents that were lost.

    They are finished in any order, so that none waits for one that takes long.
    """
    if not found:
        return {}, []
    workers, threads = shared_out(settings, len(found))
    work, reading_with, asking_with = settings.work, reading_hash(settings), asking_hash(settings, model)
    done: SimpleQueue[tuple[FoundDocument, Made | None, Step]] = SimpleQueue()

    def read(document: FoundDocument) -> None:
        inputs = [document.doc_id, document.source]
        step = begin(read_file, work, reading_with, inputs, document, settings.read, workers)
        step.future.add_done_callback(lambda _: done.put((document, None, step)))

    def ask(document: FoundDocument, record: Made) -> None:
        arguments = (document.source, record.file, settings.ask, model, workers, threads)
        step = begin(ask_document, work, asking_with, [record.sha256], *arguments)
        step.future.add_done_callback(lambda _: done.put((document, record, step)))

    begin_workers(settings, model, len(found), {})
    made: dict[str, ReadAndAsked] = {}
    lost: list[LedgerEntry] = []
    to_begin = iter(found)
    # Without the tags of the run: for each tag of a task Prefect asks the server for a slot.
    with TagsContext(current_tags=set()), bar("Reading and asking", len(found)) as advance:
        for document in islice(to_begin, AHEAD * workers):
            read(document)
        while len(made) + len(lost) < len(found):
            document, record, step = done.get()
            try:
                file = Made(work, step.file.stem, step.sha256())
            except OSError:
                raise  # a full disk is not the document's fault
            except Exception as error:
                lost.append(_lost(document, "ask" if record else "read", error))
            else:
                if not record:
                    ask(document, file)
                    continue
                made[document.doc_id] = ReadAndAsked(record, file)
            advance(document.source)
            for another in islice(to_begin, 1):
                read(another)
    return made, lost


def _lost(document: FoundDocument, step: str, error: Exception) -> LedgerEntry:
    reason = error.reason if isinstance(error, UnreadableDocument) else f"{step} failed"
    detail = str(error) if isinstance(error, QuireError) else f"{type(error).__name__}: {error}"
    say(f"{document.source}: {detail}")
    return LedgerEntry(
        unit="document",
        outcome="dropped",
        step=step,
        reason=reason,
        detail=detail,
        source=document.source,
        doc_id=document.doc_id,
    )
