"""The pictures of a dataset's card: what came of the proposed questions, how long rows are, what is covered."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from augment.records import QAPair

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PICTURES = ("funnel.png", "lengths.png", "coverage.png")
KEPT, DROPPED = "#2f6f73", "#c9a27a"
REASONS, DOCUMENTS = 12, 30
"""Bars of one picture at most; more reasons are summed up, more documents are counted by their share."""
LONGEST_LABEL = 48
BINS = 24
"""Bars of a histogram at most, each of the same whole number of words."""


class Picture(NamedTuple):
    """A PNG with its file name and what it says in words."""

    name: str
    png: bytes
    alt: str


def charts(manifest: Mapping[str, Any], splits: Mapping[str, Sequence[QAPair]]) -> list[Picture]:
    """Those pictures that there is something to draw for; the same facts give the same bytes.

    `manifest` holds "funnel" and "documents", each with its passages and captions and how many of them have a pair.
    """
    pairs = [row for row in manifest["funnel"] if row["unit"] == "pair" and row["made"]]
    originals = [pair for members in splits.values() for pair in members if pair.kind == "original"]
    shares = {
        document["source"]: (with_pair, passages)
        for document in manifest["documents"]
        if (passages := document["passages"] - document["captions"])
        and (with_pair := document["passages_with_pair"] - document["captions_with_pair"]) >= 0
    }
    return [
        *(_funnel(row) for row in pairs),
        *([_lengths(originals)] if originals else []),
        *([_coverage(shares)] if shares else []),
    ]


def _funnel(row: Mapping[str, Any]) -> Picture:
    """One bar for what was kept, and one for each reason of a loss, the largest first."""
    reasons = sorted(row["reasons"].items(), key=lambda reason: (-reason[1], reason[0]))
    shown, rest = reasons[:REASONS], reasons[REASONS:]
    if rest:
        shown.append((f"{len(rest)} other reasons", sum(count for _, count in rest)))
    bars = [("kept", row["kept"]), *shown]
    figure, axes = _figure(0.8 + 0.26 * len(bars))
    drawn = axes.barh(
        range(len(bars)), [count for _, count in bars], color=[KEPT, *[DROPPED] * len(shown)], height=0.72
    )
    axes.bar_label(drawn, [f"{count:,}" for _, count in bars], padding=3, fontsize=8)
    _labels(axes, [label for label, _ in bars])
    axes.set_xlabel("proposed questions")
    worst = f", most often by “{reasons[0][0]}” ({reasons[0][1]:,})" if reasons else ""
    alt = f"Of {row['made']:,} proposed questions {row['kept']:,} were kept and {row['dropped']:,} dropped{worst}."
    return Picture("funnel.png", _png(figure), alt)


def _lengths(pairs: Sequence[QAPair]) -> Picture:
    figure, axes = _figure(2.4, 3)
    middles = []
    for panel, (column, label) in zip(
        axes, (("question", "question"), ("answer", "answer"), ("context", "passage")), strict=True
    ):
        words = sorted(len(getattr(pair, column).split()) for pair in pairs)
        step = -(-(words[-1] - words[0] + 1) // BINS)
        panel.hist(words, bins=range(words[0], words[-1] + step + 1, step), color=KEPT)
        panel.set_xlabel(f"words of the {label}")
        middles.append(f"{label} {words[len(words) // 2]}")
    axes[0].set_ylabel("original rows")
    return Picture("lengths.png", _png(figure), f"How many words rows have; in the middle: {', '.join(middles)}.")


def _coverage(shares: Mapping[str, tuple[int, int]]) -> Picture:
    """A bar a document, or of many documents how many have which share."""
    of_each = {source: with_pair / passages for source, (with_pair, passages) in shares.items()}
    if len(shares) > DOCUMENTS:
        figure, axes = _figure(2.6)
        axes.hist(list(of_each.values()), bins=20, range=(0, 1), color=KEPT)
        axes.set_ylabel("documents")
    else:
        figure, axes = _figure(0.8 + 0.26 * len(shares))
        drawn = axes.barh(range(len(shares)), list(of_each.values()), color=KEPT, height=0.72)
        axes.bar_label(drawn, [f"{one} of {all}" for one, all in shares.values()], padding=3, fontsize=8)
        _labels(axes, list(shares))
    axes.set_xlim(0, 1.12 if len(shares) <= DOCUMENTS else 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_xlabel("passages of body text with a question")
    all_in_all = sum(one for one, _ in shares.values()) / sum(passages for _, passages in shares.values())
    alt = (
        f"Passages of body text with a question: {all_in_all:.0%} in all, from {min(of_each.values()):.0%} to "
        f"{max(of_each.values()):.0%} by document."
    )
    return Picture("coverage.png", _png(figure), alt)


def _figure(height: float, panels: int = 1) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, height), dpi=110, layout="constrained")
    axes = figure.subplots(1, panels)
    for each in [axes] if panels == 1 else axes:
        each.spines[["top", "right"]].set_visible(False)
        each.tick_params(labelsize=8)
    return figure, axes


def _labels(axes: Axes, labels: Sequence[str]) -> None:
    """Words beside the bars, the first one on top; a dollar sign in them is no formula."""
    shown = [" ".join(label.split()) for label in labels]
    shown = [label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…" for label in shown]
    axes.set_yticks(range(len(labels)), shown, parse_math=False)
    axes.invert_yaxis()
    axes.margins(x=0.12, y=0.02)


def _png(figure: Figure) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name may hold letters that the font lacks
        FigureCanvasAgg(figure).print_figure(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
