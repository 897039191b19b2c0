"""What a run would do, and how long it should take: `--dry-run`."""

from __future__ import annotations

from typing import NamedTuple

from rich.markup import escape
from rich.table import Table

from extractors.errors import QuireError
from extractors.files import sha256_of
from flows.before import asking_hash, question_model, reading_hash
from flows.documents import find_documents
from flows.kept import step_key, work_file
from flows.progress import console
from flows.settings import Settings, hash_of
from flows.store import beside
from flows.train import foresee
from flows.work import count_pages
from flows.workers import in_worker, worker_pools
from training.dataset import JSON_FILES, read_manifest
from training.judging.verdict import SETS

TEXT_PAGE_S, OCR_PAGE_S = 0.03, 3.0
RULES_PAGE_S, MODEL_PAGE_S = 0.1, 1.5
TRAIN_ROW_S, JUDGE_ROW_S, ROWS_A_PAGE = 0.05, 0.4, 15
"""Seconds on one core with the starter models, and training rows, as seen in a run on `raw_docs/`."""


class Planned(NamedTuple):
    """`seconds` is None where only a GPU that is not asked here could say."""

    step: str
    what: str
    seconds: float | None


def plan(flow_name: str, settings: Settings) -> list[Planned]:
    """The steps of a flow with what each has to do. Nothing is written or downloaded."""
    building, training = flow_name in ("quire_run", "quire_build"), flow_name in ("quire_run", "quire_train")
    planned, pages = _build(settings) if building else ([], 0)
    if training:
        planned.append(_train(settings, pages))
    if training or flow_name == "quire_evaluate":
        planned.append(_judge(settings, pages))
    if flow_name == "quire_tune":
        what = f"{settings.tune.trials} trainings of {settings.train.model}, those that lag behind cut short"
        planned.append(Planned("tune", what, None))
    return planned


def show_plan(flow_name: str, settings: Settings) -> None:
    """Print the plan of a flow."""
    table = Table("step", "to do", "about", title=f"{flow_name.replace('_', ' ')} into {settings.out}")
    planned = plan(flow_name, settings)
    for step in planned:
        table.add_row(step.step, step.what, "?" if step.seconds is None else f"{step.seconds:.0f} s")
    known = sum(step.seconds or 0 for step in planned)
    more = ", and what is not known" if any(step.seconds is None for step in planned) else ""
    table.add_row("", f"all, with the start of Prefect{more}", f"{known + 10:.0f} s")
    console.print(table)
    if flow_name == "quire_train":
        _show_preflight(settings)


def _show_preflight(settings: Settings) -> None:
    """Print what a training on the dataset that is there would begin with, where its model is there too."""
    try:
        found = foresee(settings)
    except QuireError as lack:
        console.print(f"No preflight: {lack}", markup=False)
        return
    table = Table("looked at", "found", title="preflight")
    for name, what in found:
        table.add_row(name, escape(what))
    console.print(table)


def _build(settings: Settings) -> tuple[list[Planned], int]:
    """The steps of a build, and the pages of all documents that have to be asked."""
    found, passed_over = find_documents(settings.raw_docs)
    model, without_model = question_model(settings, download=False)
    for lacking in without_model:
        console.print(f"{lacking.detail} The question rules alone would ask.", markup=False)
    reading, asking = reading_hash(settings), asking_hash(settings, model)
    workers = settings.worker_count()
    to_read, to_ask, pages, scans = 0, 0, 0, 0
    with worker_pools():
        for document in found:
            read = work_file(settings.work, step_key("read", reading, hash_of([document.doc_id, document.source])))
            asked = (
                read.exists() and work_file(settings.work, step_key("ask", asking, hash_of([sha256_of(read)]))).exists()
            )
            if asked:
                continue
            if beside(read, "refused").exists():
                continue
            text, scanned = in_worker("plan", workers, settings.read.memory_gb, 60, count_pages, document.path)
            to_ask += 1
            pages += text + scanned
            if not read.exists():
                to_read += 1
                scans += scanned
    read_s = (TEXT_PAGE_S * (pages - scans) * bool(to_read) + OCR_PAGE_S * scans) / workers
    ask_s = pages * (RULES_PAGE_S + (MODEL_PAGE_S if model else 0)) / workers
    kept = f"{len(found) - to_read} of {len(found)} as they were"
    left_out = f", {len(passed_over)} files passed over" if passed_over else ""
    return [
        Planned("read", f"{to_read} documents ({scans} pages by OCR), {kept}{left_out}", read_s),
        Planned("ask", f"{to_ask} documents, {pages} pages, with {model.name if model else 'rules alone'}", ask_s),
        Planned("deduplicate, split, augment, write", "where something changed", 5.0 * bool(to_ask)),
    ], pages


def _train(settings: Settings, new_pages: int) -> Planned:
    manifest = settings.out / "dataset" / "manifest.json"
    if manifest.exists():
        rows = read_manifest(manifest.parent)["files"]["train.json"]["rows"]
        what = f"{settings.train.model}, on the {rows} rows there are, unless nothing changed"
    else:
        rows = ROWS_A_PAGE * new_pages
        what = f"{settings.train.model}, on a dataset that is not there yet, perhaps {rows} rows"
    passes = settings.train.epochs
    if settings.train.max_steps > 0:
        passes = settings.train.max_steps * settings.train.batch * settings.train.accumulation / max(rows, 1)
    return Planned("train", what, TRAIN_ROW_S * rows * passes if settings.train.model == "starter" else None)


def _judge(settings: Settings, new_pages: int) -> Planned:
    manifest = settings.out / "dataset" / "manifest.json"
    if manifest.exists():
        files = read_manifest(manifest.parent)["files"]
        held_out = [files.get(JSON_FILES[name], {"rows": 0})["rows"] for name in SETS]
    else:
        held_out = [round(share * ROWS_A_PAGE * new_pages) for share in (settings.split.test, settings.split.test_seen)]
    rows = sum(min(count, settings.evaluate.max_rows) for count in held_out)
    what = f"{settings.out / 'adapters'} and its base model on {rows} held-out rows, unless nothing changed"
    return Planned("judge", what, JUDGE_ROW_S * rows if settings.train.model == "starter" else None)
