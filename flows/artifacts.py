"""What the Prefect UI shows beside the task runs: funnel, ledger, samples, loss curve, verdict."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from prefect.artifacts import create_image_artifact, create_markdown_artifact, create_table_artifact

from augment.records import QAPair
from extractors.files import from_lines
from extractors.ledger import read_ledger
from flows.settings import Settings
from training.adapters import LOSS_CURVE
from training.cards import render

MOST_ENTRIES = 500
"""Entries of the ledger shown in the UI; the file holds all."""

SAMPLES = 20


def publish_dataset(settings: Settings) -> None:
    """Artifacts of the dataset that lies in the output folder."""
    manifest = json.loads((settings.out / "dataset" / "manifest.json").read_bytes())
    create_table_artifact(
        key="funnel",
        table=[
            {**row, "reasons": ", ".join(f"{reason} ({n})" for reason, n in row["reasons"].items())}
            for row in manifest["funnel"]
        ],
        description="What went in, what was kept, and why the rest was not.",
    )
    entries = read_ledger(settings.out / "ledger.jsonl")
    create_table_artifact(
        key="ledger",
        table=[entry.model_dump(exclude={"doc_id", "id"}) for entry in entries[:MOST_ENTRIES]],
        description=f"The first {MOST_ENTRIES} entries at most, of {len(entries)} in {settings.out / 'ledger.jsonl'}.",
    )
    pairs = from_lines(settings.out / "dataset" / "train.json", QAPair)
    step = max(1, len(pairs) // SAMPLES)
    create_markdown_artifact(
        key="samples",
        markdown="\n\n".join(_as_markdown(pair) for pair in pairs[::step][:SAMPLES]),
        description=f"{min(SAMPLES, len(pairs))} of {len(pairs)} training rows.",
    )


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


def _unwrapped(markdown: str) -> str:
    """Each paragraph on one line: Prefect's pages break a line wherever the text does."""
    return re.sub(r"(?<=[^\n|])\n(?=[\w`(])", " ", markdown)


def _as_markdown(pair: QAPair) -> str:
    question, answer, source = (_escaped(text) for text in (pair.question, pair.answer, pair.source))
    return f"**{question}**\n\n{answer}\n\n*{source}, page {pair.page}, {pair.kind}, {_escaped(pair.generator)}*"


def _escaped(text: str) -> str:
    """Text from a document as text, not as Markdown or HTML."""
    for mark in "\\`*_{}[]()<>#|!":
        text = text.replace(mark, f"\\{mark}" if mark not in "<>" else f"&{'lt' if mark == '<' else 'gt'};")
    return text
