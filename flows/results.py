"""What a training came to, at its end in the terminal: losses by step, held-out scores, the share that was trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from flows.progress import console, say
from training.adapters import read_metrics
from training.describing.tables import losses_by_step, scores, trained_share


def show_results(out: Path) -> None:
    """Print the tables of the adapters in the output folder."""
    metrics = read_metrics(out / "adapters")
    console.print(_losses(metrics))
    if metrics.get("sets"):
        console.print(_scores(metrics["sets"]))
    say(trained_share(metrics["trainable"]))


def _losses(metrics: Mapping[str, Any]) -> Table:
    table = Table(title="losses by step", title_justify="left")
    for name in ("step", "training loss", "validation loss"):
        table.add_column(name, justify="right")
    for row in losses_by_step(metrics["history"]):
        losses = ["" if loss is None else f"{loss:.6f}" for loss in (row.training, row.validation)]
        table.add_row(str(row.step), *losses, style="bold" if row.best else "")
    return table


def _scores(sets: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table("held out", "answered by", title="evaluation", title_justify="left")
    for name in ("questions", "accuracy", "of tokens", "F1", "loss"):
        table.add_column(name, justify="right")
    for row in scores(sets):
        table.add_row(
            row.name,
            "trained" if row.who == "adapters" else row.who,
            str(row.rows),
            f"{row.accuracy:.4f}",
            f"{row.token_accuracy:.4f}",
            f"{row.f1:.4f}",
            f"{row.loss:.4f}",
        )
    return table
