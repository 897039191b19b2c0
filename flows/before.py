"""What a build finds made before it begins, and the processes that it will want for the rest.

Nothing here waits for Prefect to load: the processes load what they need while its server starts.
"""

from __future__ import annotations

import importlib.metadata
import subprocess
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from augment.models import ModelFiles, locate
from augment.starter import STARTER_T5
from augment.t5.roundtrip import SAME
from extractors.errors import QuireError
from extractors.ledger import LedgerEntry
from flows.documents import FoundDocument, find_documents
from flows.kept import Made, finished
from flows.settings import Settings, hash_of
from flows.work import load_for_asking, load_for_corpus, load_for_reading
from flows.workers import begin_worker


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
        record = finished("read", work, reading_with, [document.doc_id, document.source])
        asked = finished("ask", work, asking_with, [record.sha256]) if record else None
        if record and asked:
            made[document.doc_id] = ReadAndAsked(record, asked)
    return made


def begin_early(settings: Settings) -> None:
    """Begin the processes that `build` will want where it finds something to do, in a thread that stays."""
    found, _ = find_documents(settings.raw_docs)
    model, _ = question_model(settings, download=False)
    before = made_before(settings, found, model)
    if left := len(found) - len(before):
        begin_workers(settings, model, left, before)


def begin_workers(
    settings: Settings, model: ModelFiles | None, documents: int, before: Mapping[str, ReadAndAsked]
) -> None:
    """Have a process that reads, one that asks, and the one that has the whole corpus load what they need for so many
    documents. To be called by a thread that stays.

    Where the corpus need not wait long for these it has at hand what was made `before` of the others.
    """
    if settings.runner != "threads":
        return
    workers, threads = shared_out(settings, documents)
    begin_worker("read", workers, settings.read.memory_gb, load_for_reading)
    begin_worker("ask", workers, 0, load_for_asking, settings.ask, model, threads, settings.work)
    made = [one for _, one in sorted(before.items())] if documents <= workers else []
    asked_files, read_files = [one.asked.file for one in made], [one.read.file for one in made]
    begin_worker("corpus", 1, 0, load_for_corpus, asked_files, read_files)


def shared_out(settings: Settings, documents: int) -> tuple[int, int]:
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


def question_model(settings: Settings, *, download: bool = True) -> tuple[ModelFiles | None, list[LedgerEntry]]:
    """The question model, or an entry for having to go without it."""
    if "model" not in settings.ask.generators:
        return None, []
    try:
        return locate(settings.ask.model, settings.ask.revision, STARTER_T5, download=download), []
    except QuireError as error:
        return None, [
            LedgerEntry(unit="run", outcome="degraded", step="ask", reason="no question model", detail=str(error))
        ]


def _tesseract_version() -> str:
    try:
        run = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return "none"
    return (run.stdout or run.stderr).partition("\n")[0]
