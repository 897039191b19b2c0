"""What the Prefect UI shows beside the task runs: documents, funnel, ledger, samples, the way to the report; loss curve
and verdict."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from prefect.artifacts import create_image_artifact, create_markdown_artifact, create_table_artifact

from augment.records import QAPair
from extractors.ledger import LedgerEntry
from flows.document_table import document_table, in_a_sentence
from flows.escaped import escaped
from flows.losses import EXAMPLES, LedgerTally, tallied
from flows.samples import choose, spread
from flows.settings import Settings
from flows.store import current_seconds
from training.adapters import LOSS_CURVE
from training.dataset import each_pair, read_manifest
from training.describing.cards import render

MOST_ROWS = 500
"""Rows of a table, which the server keeps for every run; the files hold all."""

SAMPLES = 20


def publish_dataset(settings: Settings, as_they_were: Collection[str] = ()) -> None:
    """Artifacts of the dataset that lies in the output folder, of whose documents nothing was to be done for those
    `as_they_were` (doc_ids)."""
    dataset = settings.out / "dataset"
    manifest = read_manifest(dataset)
    ledger = tallied(settings.out / "ledger.jsonl")
    _publish_losses(settings.out, manifest["documents"], ledger, current_seconds(settings.work), as_they_were)
    funnel = [
        {
            **{name: row[name] for name in ("unit", "made", "kept", "dropped")},
            "reasons": ", ".join(f"{reason} ({number})" for reason, number in row["reasons"].items()),
        }
        for row in manifest["funnel"]
    ]
    _publish_table("funnel", funnel, "What went in, what was kept, and why the rest was not.")
    picked = spread((one["source"] for one in manifest["documents"] if one["passages_with_pair"]), SAMPLES)
    pairs = [("train", pair) for pair in each_pair(dataset, "train") if pair.source in picked]
    chosen = [pair for _, pair in choose(pairs, SAMPLES)]
    create_markdown_artifact(
        key="samples",
        markdown="\n\n---\n\n".join(map(_as_markdown, chosen)),
        description=f"{len(chosen)} of the questions to train on, with the words of the answer in their passage.",
    )


def publish_failure(settings: Settings, began: float) -> None:
    """Artifacts of a build that ended with nothing in hand: why it lost its documents, if it wrote that since it
    `began` (seconds since the epoch)."""
    file = settings.out / "ledger.jsonl"
    if file.exists() and file.stat().st_mtime >= began:
        _publish_losses(settings.out, [], tallied(file), {}, ())


def publish_adapters(settings: Settings) -> None:
    """Artifacts of the adapters that lie in the output folder."""
    adapters = settings.out / "adapters"
    metrics: dict[str, Any] = json.loads((adapters / "metrics.json").read_bytes())
    curve = adapters / LOSS_CURVE
    if curve.exists():
        picture = base64.b64encode(curve.read_bytes()).decode()
        create_image_artifact(
            key="loss-curve",
            image_url=f"data:image/png;base64,{picture}",
            description="Training and validation loss.",
        )
    create_markdown_artifact(
        key="losses",
        markdown=_unwrapped(render("training.md.j2", metrics=metrics) + "\n" + render("memory.md.j2", metrics=metrics)),
        description="Training and validation loss by step, the share of the model that was trained, and what it took.",
    )
    create_markdown_artifact(
        key="verdict",
        markdown=_unwrapped(render("verdict.md.j2", metrics=metrics)),
        description="Base model against adapters on held-out pairs.",
    )


def publish_report(report: Path) -> None:
    """The way to the page that a person looks at."""
    address = report.absolute().as_uri()
    create_markdown_artifact(
        key="report",
        markdown=f"[report.html]({address})\n\nBrowsers do not follow a link from this page to a file: "
        f"copy the address, or open the file on the machine of the run.\n\n```\n{address}\n```",
        description="What went in and came out, with pictures of pages and pairs, on one page.",
    )


def _publish_losses(
    out: Path,
    listed: Sequence[Mapping[str, Any]],
    ledger: LedgerTally,
    seconds: Mapping[str, Mapping[str, float]],
    as_they_were: Collection[str],
) -> None:
    documents = document_table(listed, ledger, seconds, as_they_were)
    lost = "".join(f"\n- {escaped(_in_words(entry))}" for entry in [*ledger.lost.values()][:EXAMPLES])
    _publish_table("documents", documents, f"{in_a_sentence(documents)}\n{lost}")
    examples = (entry for loss in ledger.losses for entry in loss.examples)
    columns = ("source", "page", "unit", "outcome", "reason", "step", "detail")
    table = [{name: getattr(entry, name) for name in columns} for entry in examples]
    file = escaped(str(out / "ledger.jsonl"))
    _publish_table("ledger", table, f"Of {ledger.total:,} entries in {file}, up to {EXAMPLES} of each reason.")


def _in_words(entry: LedgerEntry) -> str:
    if entry.source in entry.detail:
        return entry.detail
    return ": ".join(filter(None, (entry.source, entry.reason, entry.detail)))


def _publish_table(key: str, rows: Sequence[Mapping[str, Any]], description: str) -> None:
    """A table whose cells stay text: Prefect's pages take them for Markdown."""
    if len(rows) > MOST_ROWS:
        description += f"\n\nThe first {MOST_ROWS:,} of {len(rows):,} rows are shown."
    cells = [{name: _cell(value) for name, value in row.items()} for row in rows[:MOST_ROWS]]
    create_table_artifact(key=key, table=cells, description=description)


def _cell(value: Any) -> Any:
    return escaped(value) if isinstance(value, str) else "" if value is None else value


def _unwrapped(markdown: str) -> str:
    """Each paragraph on one line: Prefect's pages break a line wherever the text does."""
    return re.sub(r"(?<=[^\n|])\n(?=[\w`(])", " ", markdown)


def _as_markdown(pair: QAPair) -> str:
    question, answer, source, generator = map(escaped, (pair.question, pair.answer, pair.source, pair.generator))
    before, span, after = map(escaped, pair.context.partition(pair.answer_span))
    passage = f"{before}**{span}**{after}" if span else before
    return f"**{question}**\n\n{answer}\n\n> {passage}\n\n*{source}, page {pair.page}, {generator}*"
