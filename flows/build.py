"""Documents to a dataset: the build half of the job, inside a Prefect flow."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
from collections.abc import Sequence

from augment.models import ModelFiles, locate
from augment.starter import STARTER_T5
from extractors.errors import NothingInHand, QuireError, UnreadableDocument
from extractors.ledger import LedgerEntry
from flows.corpus import Corpus, provenance, write_ledger
from flows.documents import FoundDocument, find_documents
from flows.progress import bar, say
from flows.settings import Settings, hash_of
from flows.steps import (
    Step,
    ask_document,
    augment_training_pairs,
    begin,
    deduplicate_corpus,
    ensure,
    read_file,
    split_corpus,
    write_dataset,
)
from flows.store import remember_documents
from training.dataset import JSON_FILES


def build(settings: Settings) -> None:
    """Read, ask, deduplicate, split, augment and write, each where its inputs changed. To be called inside a flow.

    Raises NothingInHand if no document could be read or no pair survived, QuireError if nothing can ask; the ledger
    is written also then.
    """
    found, entries = find_documents(settings.raw_docs)
    model, without_model = question_model(settings)
    if without_model and "rules" not in settings.ask.generators:
        write_ledger(settings.out, [*entries, *without_model])
        raise QuireError(without_model[0].detail)
    documents, asked, lost = _read_and_ask(settings, found, model)
    entries = [*entries, *without_model, *lost]
    if not documents:
        write_ledger(settings.out, entries)
        raise NothingInHand(
            f"None of the {len(found)} documents in {settings.raw_docs} could be read.",
            fix=f"{settings.out / 'ledger.jsonl'} says why, document by document.",
        )
    order = sorted(documents)
    read_files, asked_files = (
        [documents[doc_id].file for doc_id in order],
        [asked[doc_id].file for doc_id in order],
    )
    made = [step.sha256() for doc_id in order for step in (documents[doc_id], asked[doc_id])]
    work, seed, alike = settings.work, settings.seed, settings.ask.near_duplicate
    pairs = begin(deduplicate_corpus, work, hash_of(str(alike)), made, asked_files, read_files, alike)
    made.append(pairs.sha256())
    sides = begin(split_corpus, work, hash_of(settings.split, seed), made[-1:], pairs.file, settings.split, seed)
    made.append(sides.sha256())
    variants = begin(
        augment_training_pairs,
        work,
        hash_of(settings.augment, settings.ask, seed),
        made[-2:],
        pairs.file,
        sides.file,
        settings.augment,
        settings.ask,
        seed,
    )
    made.append(variants.sha256())
    corpus = Corpus(
        documents=tuple(read_files),
        asked=tuple(asked_files),
        pairs=pairs.file,
        sides=sides.file,
        variants=variants.file,
        question_model=f"{model.name}@{model.revision}" if model else "",
        entries=tuple(entries),
    )
    ensure(
        write_dataset,
        [
            settings.out / "dataset" / "manifest.json",
            *(settings.out / "dataset" / name for name in JSON_FILES.values()),
            settings.out / "ledger.jsonl",
        ],
        hash_of(json.dumps(provenance(settings, corpus.question_model), sort_keys=True)),
        [*made, *(entry.model_dump_json() for entry in entries)],
        settings,
        corpus,
    )
    remember_documents(work, {doc_id: step.file for doc_id, step in documents.items()})


def question_model(settings: Settings, *, download: bool = True) -> tuple[ModelFiles | None, list[LedgerEntry]]:
    """The question model, or an entry for having to go without it."""
    if "model" not in settings.ask.generators:
        return None, []
    try:
        return locate(settings.ask.model, settings.ask.revision, STARTER_T5, download=download), []
    except QuireError as error:
        if "rules" in settings.ask.generators:
            say(f"{error} Going on with the question rules alone.")
        return None, [
            LedgerEntry(unit="run", outcome="degraded", step="ask", reason="no question model", detail=str(error))
        ]


def _read_and_ask(
    settings: Settings, found: Sequence[FoundDocument], model: ModelFiles | None
) -> tuple[dict[str, Step], dict[str, Step], list[LedgerEntry]]:
    """The steps of each document that was read and asked, by doc_id, and entries for the others."""
    workers = settings.worker_count()
    reading_with, asking_with = reading_hash(settings), asking_hash(settings, model)
    reading = {
        document.doc_id: begin(
            read_file,
            settings.work,
            reading_with,
            [document.doc_id, document.source],
            document,
            settings.read,
            workers,
        )
        for document in found
    }
    documents: dict[str, Step] = {}
    asked: dict[str, Step] = {}
    lost = []
    with bar("Reading", len(found)) as finished:
        for document in found:
            step = reading[document.doc_id]
            try:
                made = step.sha256()
            except OSError:
                raise  # a full disk is not the document's fault
            except Exception as error:
                lost.append(_lost(document, "read", error))
            else:
                documents[document.doc_id] = step
                asked[document.doc_id] = begin(
                    ask_document,
                    settings.work,
                    asking_with,
                    [made],
                    document.source,
                    step.file,
                    settings.ask,
                    model,
                    workers,
                )
            finished(document.source)
    with bar("Asking", len(asked)) as finished:
        for document in [document for document in found if document.doc_id in asked]:
            try:
                asked[document.doc_id].sha256()
            except OSError:
                raise
            except Exception as error:
                lost.append(_lost(document, "ask", error))
                del documents[document.doc_id], asked[document.doc_id]
            finished(document.source)
    return documents, asked, lost


def reading_hash(settings: Settings) -> str:
    """What reading depends on beside the file: pages lost for want of tesseract are read once it is there."""
    return hash_of(settings.read, _tesseract_version(), importlib.metadata.version("pymupdf"))


def asking_hash(settings: Settings, model: ModelFiles | None) -> str:
    """What asking depends on beside the document."""
    return hash_of(settings.ask, model.revision if model else "rules alone")


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
