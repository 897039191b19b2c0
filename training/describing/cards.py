"""The cards that stand beside a dataset and beside adapters, and the curve of a training."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from statistics import fmean
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from training.describing.tables import losses_by_step, trained_share

TRAINING, VALIDATION = "#2f6f73", "#b3672b"
SMOOTHED = 20
"""A point of the smoothed line is the mean of as many points on either side as a twentieth of all."""

_MARKUP = re.compile(r"[\\`*_\[\]|~$]")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("training"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, not HTML
    )
    environment.filters["cell"] = _cell
    environment.filters["toml"] = _toml
    environment.filters["python"] = repr
    environment.filters["losses_by_step"] = losses_by_step
    environment.filters["trained_share"] = trained_share
    return environment


def render(template: str, **facts: Any) -> str:
    """The card that a template of training/templates makes of `facts`."""
    return _environment().get_template(template).render(**facts)


def _cell(text: object) -> str:
    """Text as text in a cell of a Markdown table: no markup, link, picture, formula or end of the cell."""
    plain = " ".join(str(text).split()).replace("&", "&amp;").replace("<", "&lt;")
    return _MARKUP.sub(r"\\\g<0>", plain)


def _toml(settings: Mapping[str, Any]) -> str:
    """Settings by section as TOML, whose strings, numbers and lists are written as in JSON."""
    lines: list[str] = []
    for section, values in settings.items():
        if not isinstance(values, Mapping):
            lines.insert(0, f"{section} = {json.dumps(values, ensure_ascii=False)}")
            continue
        lines += ["", f"[{section}]"]
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(lines).strip()


def loss_curve(history: Sequence[Mapping[str, Any]]) -> bytes:
    """A PNG of training and validation loss by step; the same history gives the same bytes.

    The training loss is drawn twice where it is told often: as it was told, and smoothed.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    steps, losses = _points(history, "loss")
    if around := len(losses) // SMOOTHED:
        axes.plot(steps, losses, color=TRAINING, alpha=0.3, linewidth=1)
        means = [fmean(losses[max(0, at - around) : at + around + 1]) for at in range(len(losses))]
        axes.plot(steps, means, color=TRAINING, label="training, smoothed")
    elif losses:
        axes.plot(steps, losses, ".-", color=TRAINING, label="training")
    steps, losses = _points(history, "eval_loss")
    if losses:
        at = min(range(steps[0] == 0 < len(steps) - 1, len(steps)), key=losses.__getitem__)  # the base is no result
        lowest = f"validation, lowest at step {steps[at]}: {losses[at]:.3f}"
        axes.plot(steps, losses, "o-", color=VALIDATION, label=lowest, markersize=4)
    axes.set_xlabel("optimizer step")
    axes.set_ylabel("loss per completion token")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend(frameon=False)
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_figure(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _points(history: Sequence[Mapping[str, Any]], key: str) -> tuple[list[int], list[float]]:
    found = [(int(entry["step"]), float(entry[key])) for entry in history if key in entry]
    return [step for step, _ in found], [loss for _, loss in found]
