"""Documents to a dataset: the build half of the job, inside a Prefect flow."""

from __future__ import annotations

import json
from statistics import median

from prefect.artifacts import create_markdown_artifact

from extractors.errors import NothingInHand, QuireError
from extractors.files import sha256_of
from extractors.ledger import LedgerEntry
from flows.before import made_before, question_model, revision_of
from flows.changes import NOTHING, as_markdown, as_seen, settled_changes
from flows.corpus import Corpus, provenance, replace_entries, write_ledger
from flows.decisions import settled_decisions
from flows.documents import find_documents
from flows.each import read_and_ask
from flows.kept import step_key
from flows.progress import say
from flows.settings import Settings, hash_of
from flows.steps import (
    as_before,
    augment_training_pairs,
    begin,
    deduplicate_corpus,
    ensure,
    push_dataset,
    split_corpus,
    with_kept,
    write_dataset,
)
from flows.store import remember_asked, remember_documents, remember_seconds, seconds_of
from flows.workers import in_worker
from training.dataset import JSON_FILES, read_manifest


def build(settings: Settings) -> frozenset[str]:
    """Read, ask, deduplicate, split, augment, write and, where asked for, push, each where its inputs changed. To be
    called inside a flow. Returns the doc_ids of the documents for which there was nothing to do.

    Raises NothingInHand if no document could be read or no pair survived, QuireError if nothing can ask; the ledger
    is written also then.
    """
    found, entries = find_documents(settings.raw_docs)
    model, without_model = question_model(settings)
    if without_model and "rules" not in settings.ask.generators:
        write_ledger(settings.out, [*entries, *without_model])
        raise QuireError(without_model[0].detail)
    for lacking in without_model:
        say(f"{lacking.detail} Going on with the question rules alone.")
    if model:
        revision_of(settings.ask.round_trip_model, "ask.round_trip_model", download=True)
    paraphraser = revision_of(settings.augment.paraphrase_model, "augment.paraphrase_model", download=True)
    before = made_before(settings, found, model)
    if before:
        say(f"{len(before)} of {len(found)} documents are as they were.")
        as_before.submit(len(before)).wait()
    documents, lost = read_and_ask(settings, [one for one in found if one.doc_id not in before], model)
    documents |= before
    entries = [*entries, *without_model, *lost]
    if not documents:
        write_ledger(settings.out, entries)
        raise NothingInHand(
            f"None of the {len(found)} documents in {settings.raw_docs} could be read.",
            fix=f"{settings.out / 'ledger.jsonl'} says why, document by document.",
        )
    order = sorted(documents)
    read_files, asked_files = (
        [documents[doc_id].read.file for doc_id in order],
        [documents[doc_id].asked.file for doc_id in order],
    )
    work, seed = settings.work, settings.seed
    decisions, decided = settled_decisions(settings.out, work)
    made = [*(step.sha256 for doc_id in order for step in documents[doc_id]), decided]
    likeness = settings.ask.min_retrieval, settings.ask.near_duplicate
    pairs = begin(deduplicate_corpus, work, hash_of(str(likeness)), made, asked_files, read_files, decisions, *likeness)
    made.append(pairs.sha256())
    sides = begin(split_corpus, work, hash_of(settings.split, seed), made[-1:], pairs.file, settings.split, seed)
    made.append(sides.sha256())
    asked_by = settings.ask.model_dump_json(exclude={"min_retrieval", "model", "revision"})
    variants = begin(
        augment_training_pairs,
        work,
        hash_of(settings.augment, asked_by, seed, paraphraser),
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
        decisions=decided,
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
    remember_documents(work, {doc_id: made.read.file for doc_id, made in documents.items()})
    remember_asked(work, {doc_id: made.asked.file for doc_id, made in documents.items()})
    seconds = {
        doc_id: {"read": seconds_of(made.read.file), "ask": seconds_of(made.asked.file)}
        for doc_id, made in documents.items()
    }
    remember_seconds(work, seconds)
    _say_slowest(seconds, {document.doc_id: document.source for document in found})
    for note in read_manifest(settings.out / "dataset")["notes"]:
        say(note)
    _tell_changes(settings)
    _push(settings)
    return frozenset(before)


def _tell_changes(settings: Settings) -> None:
    """Say, and show in the UI, what is otherwise than after the last build."""
    files = settings.out / "dataset", settings.work / "snapshot.json"
    found = NOTHING if as_seen(*files) else in_worker("corpus", 1, 0, None, settled_changes, *files)
    if found is not None:
        say(str(found))
        create_markdown_artifact(key="changes", markdown=as_markdown(found), description="Since the last build.")


def _push(settings: Settings) -> None:
    """Push the dataset that is there, where it is to be pushed. A push that failed is told, and costs nothing else."""
    folder, repository = settings.out / "dataset", settings.dataset.push_to_hub
    failed: list[LedgerEntry] = []
    if repository:
        key = step_key("push", hash_of(repository), sha256_of(folder / "manifest.json"))
        try:
            say(f"Pushed to {with_kept(push_dataset, key).submit(key, folder, repository).result()}.")
        except QuireError as error:
            say(str(error))
            failed = [LedgerEntry(unit="run", outcome="degraded", step="push", reason="not pushed", detail=str(error))]
    replace_entries(settings.out, "push", failed)


def _say_slowest(seconds: dict[str, dict[str, float]], source_of: dict[str, str]) -> None:
    """Name the documents that took much longer than the others."""
    total = {doc_id: sum(steps.values()) for doc_id, steps in seconds.items()}
    usual = median(total.values())
    slowest = sorted(total, key=lambda doc_id: (-total[doc_id], doc_id))[:SLOWEST]
    slow = [f"{source_of[doc_id]} {total[doc_id]:.0f} s" for doc_id in slowest if total[doc_id] > 3 * usual + 5]
    if slow:
        say(f"{usual:.1f} s a document; slowest: {', '.join(slow)}")


SLOWEST = 5
"""Documents that are named for the time they took."""
