"""What is done to each document by itself: it is read, and then asked, a few documents at a time."""

from __future__ import annotations

import importlib.metadata
import subprocess
from collections.abc import Mapping, Sequence
from itertools import islice
from queue import SimpleQueue
from typing import NamedTuple

from prefect.context import TagsContext

from augment.models import ModelFiles, locate
from augment.starter import STARTER_T5
from augment.t5.roundtrip import SAME
from extractors.errors import QuireError, UnreadableDocument
from extractors.ledger import LedgerEntry
from flows.documents import FoundDocument
from flows.progress import bar, say
from flows.settings import Settings, hash_of
from flows.steps import Made, Step, ask_document, begin, finished, read_file
from flows.work import load_for_asking, load_for_corpus, load_for_reading
from flows.workers import begin_worker

AHEAD = 4
"""Documents begun for each worker: what is begun is kept in memory, and what is not begun keeps a worker waiting."""


class ReadAndAsked(NamedTuple):
    read: Made
    asked: Made


def made_before(
    settings: Settings, found: Sequence[FoundDocument], model: ModelFiles | None
) -> dict[str, ReadAndAsked]:
    """What was made of documents in an earlier run, by doc_id, of those for which there is nothing to do now."""
    work, reading_with, asking_with = settings.work, reading_hash(settings), asking_hash(settings, model)
    made: dict[str, ReadAndAsked] = {}
    for document in found:
        record = finished(read_file, work, reading_with, [document.doc_id, document.source])
        asked = finished(ask_document, work, asking_with, [record.sha256]) if record else None
        if record and asked:
            made[document.doc_id] = ReadAndAsked(record, asked)
    return made


def read_and_ask(
    settings: Settings, found: Sequence[FoundDocument], model: ModelFiles | None
) -> tuple[dict[str, ReadAndAsked], list[LedgerEntry]]:
    """What was made of each document, by doc_id, and entries for the documents that were lost.

    They are finished in any order, so that none waits for one that takes long.
    """
    if not found:
        return {}, []
    workers, threads = _shared_out(settings, len(found))
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


def begin_workers(
    settings: Settings, model: ModelFiles | None, documents: int, before: Mapping[str, ReadAndAsked]
) -> None:
    """Have a process that reads, one that asks, and the one that has the whole corpus load what they need for so many
    documents. To be called by a thread that stays.

    Where the corpus need not wait long for these it has at hand what was made `before` of the others.
    """
    if settings.runner != "threads":
        return
    workers, threads = _shared_out(settings, documents)
    begin_worker("read", workers, settings.read.memory_gb, load_for_reading)
    begin_worker("ask", workers, 0, load_for_asking, settings.ask, model, threads)
    made = [one for _, one in sorted(before.items())] if documents <= workers else []
    asked_files, read_files = [one.asked.file for one in made], [one.read.file for one in made]
    begin_worker("corpus", 1, 0, load_for_corpus, asked_files, read_files)


def _shared_out(settings: Settings, documents: int) -> tuple[int, int]:
    """How many processes read and ask so many documents, and how many threads each may ask with: no process is started
    that would have nothing to do, and takes the processor from those that do."""
    workers = min(settings.worker_count(), documents)
    return workers, settings.worker_count() // workers if settings.runner == "threads" else 1


def reading_hash(settings: Settings) -> str:
    """What reading depends on beside the file: pages lost for want of tesseract are read once it is there."""
    own = settings.read.model_dump_json(exclude={"poor_confidence"})  # by which the ledger is written
    return hash_of(own, _tesseract_version(), importlib.metadata.version("pymupdf"))


def asking_hash(settings: Settings, model: ModelFiles | None) -> str:
    """What asking depends on beside the document: not how alike pairs of the corpus may be, nor where a model is."""
    own = settings.ask.model_dump_json(exclude={"min_retrieval", "near_duplicate", "model", "revision"})
    rereader = revision_of(settings.ask.round_trip_model, "ask.round_trip_model") if model else ""
    return hash_of(own, f"{model.name}@{model.revision}" if model else "rules alone", rereader)


def revision_of(name: str, setting: str, *, download: bool = False) -> str:
    """The revision of a model beside the question model; "" where none is named, or it is not on this machine.

    Raises QuireError where it is to be downloaded and cannot be had.
    """
    if name in ("", SAME):
        return ""
    try:
        return locate(name, "", STARTER_T5, setting=setting, download=download).revision
    except QuireError:
        if download:
            raise
        return ""


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


def _tesseract_version() -> str:
    try:
        run = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return "none"
    return (run.stdout or run.stderr).partition("\n")[0]
