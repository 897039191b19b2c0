"""The page a person looks at: one self-contained file that says what went in, what came out, and how good it is."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from augment.records import QAPair
from extractors.errors import OtherVersion, QuireError
from extractors.files import write_whole
from flows.corpus import read_back
from flows.coverage import body_coverage
from flows.doubtful import doubtful_pages
from flows.funnel import FunnelRow
from flows.loss_curve import loss_curve
from flows.losses import tallied
from flows.outline import outline_in
from flows.page_image import begin_drawing
from flows.report_state import state_in, state_of
from flows.samples import Sample, choose, illustrate, spread, variants_of
from flows.store import current_files, current_seconds
from flows.workers import worker_pools
from flows.yields import Tally, discrepancies, document_rows, page_rows, slowest
from training.dataset import JSON_FILES, dataset_hash, each_pair
from training.describing.tables import losses_by_step, trained_share

FORMAT = 1
SAMPLES = 12
DOCUMENTS = 500
BARE_SECTIONS = 100
"""Sections without a pair that are named; the dataset's manifest has them all."""


def refresh_report(out: Path, raw_docs: Path) -> Path:
    """`write_report`, unless the page there is what it would write."""
    path = out / "report.html"
    if path.exists() and state_in(path) == state_of(out, raw_docs):
        return path
    return write_report(out, raw_docs)


def write_report(out: Path, raw_docs: Path) -> Path:
    """Write `out/report.html` from the files below `out`; the same files give the same page.

    `raw_docs` is where the pictures of the pages come from. Raises QuireError if there is nothing to report on.
    """
    state = state_of(out, raw_docs)
    dataset, adapters = (_manifest(out / folder / "manifest.json") for folder in ("dataset", "adapters"))
    ledger = out / "ledger.jsonl"
    if not dataset and not ledger.exists():
        raise QuireError(f"There is nothing to report on in {out}.", fix="Build a dataset first: quire build.")
    told = tallied(ledger)
    funnel = [FunnelRow.model_validate(row) for row in dataset.get("funnel", [])]
    work = out / ".quire"
    files = current_files(work) if dataset else {}
    listed = dataset.get("documents", [])
    sampled: list[tuple[str, QAPair]] = []
    picked = spread((one["source"] for one in listed if one.get("passages_with_pair")), SAMPLES)
    with worker_pools():
        begin_drawing()
        tally = Tally(_kept_aside(_rows(out, dataset), picked, sampled))
        rows = document_rows(map(outline_in, files.values()), listed, current_seconds(work), tally, told)
        samples, doubtful = _samples(sampled, files, raw_docs), doubtful_pages(rows, told.lost.values(), raw_docs)
    troubled = [row for row in rows if row.problems]
    shown = rows if len(rows) <= DOCUMENTS else troubled[:DOCUMENTS]
    metrics = _json(out / "adapters" / "metrics.json") if adapters else {}
    html = template("report.html.j2").render(
        state=state,
        dataset=dataset,
        funnel=funnel,
        wrong=discrepancies(funnel, told, tally, rows) if files else [],
        checked=bool(files),
        coverage=body_coverage(listed),
        tally=tally,
        rows_in={split: sum(row.rows.get(split, 0) for row in rows) for split in JSON_FILES},
        bare=[(row, section) for row in rows for section in row.bare][:BARE_SECTIONS],
        bare_in_all=sum(len(row.bare) for row in rows),
        losses=told.losses,
        documents=shown,
        lost=told.lost,
        hidden=len(rows) - len(shown),
        troubled=len(troubled),
        pages=page_rows(rows),
        slowest=slowest(rows),
        samples=samples,
        doubtful=doubtful,
        verdict=metrics.get("verdict"),
        timings=metrics.get("timings", {}),
        sets=metrics.get("sets", {}),
        adversarial=metrics.get("adversarial", {}),
        forgetting=metrics.get("forgetting", {}),
        curve=Markup(loss_curve(metrics.get("history", []))),
        losses_by_step=losses_by_step(metrics.get("history", [])),
        trained_share=trained_share(metrics["trainable"]) if "all" in metrics.get("trainable", {}) else "",
        probe=metrics.get("probe", {}),
        peak_memory_gib=metrics.get("peak_memory_gib"),
        memory_events=metrics.get("memory_events", []),
        adapters=adapters,
        stale=bool(adapters) and adapters.get("dataset") != (dataset_hash(out / "dataset") if dataset else None),
        splits=tuple(JSON_FILES),
        hashes=DOCUMENTS,
    )
    path = out / "report.html"
    write_whole(path, html)
    return path


def _samples(rows: list[tuple[str, QAPair]], files: dict[str, Path], raw_docs: Path) -> list[Sample]:
    chosen = choose(rows, SAMPLES)
    variants = variants_of((pair for _, pair in rows), {pair.id: pair for _, pair in chosen})
    documents = {doc_id: read_back(files[doc_id]) for doc_id in {pair.doc_id for _, pair in chosen} & files.keys()}
    return [
        illustrate(split, pair, variants.get(pair.id, []), documents.get(pair.doc_id), raw_docs)
        for split, pair in chosen
    ]


def _kept_aside(
    rows: Iterator[tuple[str, QAPair]], sources: Collection[str], aside: list[tuple[str, QAPair]]
) -> Iterator[tuple[str, QAPair]]:
    """The same rows, of which those of `sources` are also put `aside`: all together would not fit in memory."""
    for row in rows:
        if row[1].source in sources:
            aside.append(row)
        yield row


def _rows(out: Path, dataset: dict[str, Any]) -> Iterator[tuple[str, QAPair]]:
    """Each row of the dataset with the split it is in."""
    for split, file in JSON_FILES.items():
        if file in dataset.get("files", {}):
            yield from ((split, pair) for pair in each_pair(out / "dataset", split))


def _manifest(path: Path) -> dict[str, Any]:
    manifest = _json(path)
    if manifest.get("format", FORMAT) != FORMAT:
        fix = "Build again with this version, or report with the one that wrote it."
        raise OtherVersion(path, manifest["format"], FORMAT, fix=fix)
    return manifest


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        loaded: dict[str, Any] = json.loads(path.read_bytes())
        if not isinstance(loaded, dict):
            raise ValueError("It is no object.")
    except ValueError as error:
        raise QuireError(f"{path} is damaged.", fix="Delete it, and run what wrote it again.") from error
    return loaded


def template(name: str) -> Template:
    """One of the pages of this package, which escapes whatever it is given."""
    environment = Environment(
        loader=PackageLoader("flows"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["n"] = lambda number: f"{number:,}"
    environment.filters["percent"] = lambda share: f"{share:.0%}"
    environment.filters["plural"] = lambda word, number: word if number == 1 else f"{word}s"
    return environment.get_template(name)
