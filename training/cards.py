"""The cards that stand beside a dataset and beside adapters, and the curve of a training."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

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
    """A PNG of training and validation loss by step; the same history gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    for key, label, style in (("loss", "training", "-"), ("eval_loss", "validation", "o-")):
        points = [(entry["step"], entry[key]) for entry in history if key in entry]
        if points:
            axes.plot(*zip(*points, strict=True), style, label=label, markersize=4)
    axes.set_xlabel("optimizer step")
    axes.set_ylabel("loss per completion token")
    axes.grid(alpha=0.3)
    axes.legend()
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_figure(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
