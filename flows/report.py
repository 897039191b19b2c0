"""The page a person looks at: one self-contained file that says what went in, what came out, and how good it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from augment.records import QAPair
from extractors.errors import OtherVersion, QuireError
from extractors.files import write_whole
from extractors.ledger import read_ledger
from flows.corpus import read_back
from flows.coverage import body_coverage
from flows.funnel import FunnelRow
from flows.loss_curve import loss_curve
from flows.samples import Sample, choose, illustrate, variants_of
from flows.store import current_files, current_seconds
from flows.workers import worker_pools
from flows.yields import Tally, discrepancies, document_rows, losses, page_rows, slowest
from training.dataset import JSON_FILES, dataset_hash, read_split
from training.tables import losses_by_step, trained_share

FORMAT = 1
SAMPLES = 12
DOCUMENTS = 500
BARE_SECTIONS = 100
"""Sections without a pair that are named; the dataset's manifest has them all."""


def write_report(out: Path, raw_docs: Path) -> Path:
    """Write `out/report.html` from the files below `out`; the same files give the same page.

    `raw_docs` is where the pictures of the pages come from. Raises QuireError if there is nothing to report on.
    """
    dataset, adapters = (_manifest(out / folder / "manifest.json") for folder in ("dataset", "adapters"))
    ledger = out / "ledger.jsonl"
    if not dataset and not ledger.exists():
        raise QuireError(f"There is nothing to report on in {out}.", fix="Build a dataset first: quire build.")
    entries = read_ledger(ledger)
    funnel = [FunnelRow.model_validate(row) for row in dataset.get("funnel", [])]
    work = out / ".quire"
    files = current_files(work) if dataset else {}
    tally = Tally(_rows(out, dataset))
    documents = (read_back(file) for file in files.values())
    rows = document_rows(documents, dataset.get("documents", []), current_seconds(work), tally, entries)
    shown = rows if len(rows) <= DOCUMENTS else [row for row in rows if row.problems][:DOCUMENTS]
    metrics = _json(out / "adapters" / "metrics.json") if adapters else {}
    html = template("report.html.j2").render(
        dataset=dataset,
        funnel=funnel,
        wrong=discrepancies(funnel, entries, tally, rows) if files else [],
        checked=bool(files),
        coverage=body_coverage(dataset.get("documents", [])),
        tally=tally,
        rows_in={split: sum(row.rows.get(split, 0) for row in rows) for split in JSON_FILES},
        bare=[(row, section) for row in rows for section in row.bare][:BARE_SECTIONS],
        bare_in_all=sum(len(row.bare) for row in rows),
        losses=losses(entries),
        documents=shown,
        hidden=len(rows) - len(shown),
        pages=page_rows(rows),
        slowest=slowest(rows),
        samples=_samples(out, dataset, files, raw_docs),
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
    )
    path = out / "report.html"
    write_whole(path, html)
    return path


def _samples(out: Path, dataset: dict[str, Any], files: dict[str, Path], raw_docs: Path) -> list[Sample]:
    chosen = choose(_rows(out, dataset), SAMPLES)
    variants = variants_of((pair for _, pair in _rows(out, dataset)), {pair.id: pair for _, pair in chosen})
    documents = {doc_id: read_back(files[doc_id]) for doc_id in {pair.doc_id for _, pair in chosen} & files.keys()}
    with worker_pools():
        return [
            illustrate(split, pair, variants.get(pair.id, []), documents.get(pair.doc_id), raw_docs)
            for split, pair in chosen
        ]


def _rows(out: Path, dataset: dict[str, Any]) -> Iterator[tuple[str, QAPair]]:
    """Each row of the dataset with the split it is in."""
    for split, file in JSON_FILES.items():
        if file in dataset.get("files", {}):
            yield from ((split, pair) for pair in read_split(out / "dataset", split))


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
