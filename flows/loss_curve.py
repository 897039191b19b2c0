"""The training and held-out loss over the optimizer steps, as an SVG that takes its ink from the page around it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 40

SERIES = {
    "loss": ("training", "var(--training, #2f6f73)", ""),
    "eval_loss": ("held-out", "var(--held-out, #b3672b)", "6 4"),
}
"""Key in the history: its name, its colour and its dashes; the dashes tell the lines apart without colour."""


LARGEST = 1e6
"""A loss beyond this, or one that is no number, would flatten all the others."""


def loss_curve(history: Sequence[Mapping[str, Any]]) -> str:
    """An SVG element of the losses in `history`, or '' where no step has one.

    Rows hold `step` and either `loss` or `eval_loss`; values that are no number or beyond `LARGEST` are left out.
    The string holds nothing but numbers and the words of this module, so it may stand in a page unescaped.
    """
    lines = {key: points for key in SERIES if (points := _points(history, key))}
    if not lines:
        return ""
    steps = [step for points in lines.values() for step, _ in points]
    losses = [loss for points in lines.values() for _, loss in points]
    x_ticks, y_ticks = _ticks(0, max(steps), 6), _ticks(min(losses), max(losses), 5)
    right, low, high = (
        max(x_ticks[-1], max(steps)),
        min(y_ticks[0], min(losses)),
        max(y_ticks[-1], max(losses)),
    )

    def x(step: float) -> float:
        return round(LEFT + step / right * (WIDTH - LEFT - RIGHT), 1)

    def y(loss: float) -> float:
        return round(TOP + (high - loss) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    parts = []
    for tick in y_ticks:
        parts.append(f'<path d="M{LEFT} {y(tick)}H{WIDTH - RIGHT}" stroke="currentColor" stroke-opacity=".15"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    for tick in x_ticks:
        parts.append(f'<text x="{x(tick)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{tick:g}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">optimizer steps</text>')
    for index, (key, points) in enumerate(lines.items()):
        name, colour, dashes = SERIES[key]
        path = " ".join(f"{x(step)},{y(loss)}" for step, loss in points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'
        )
        if key == "eval_loss" or len(points) == 1:
            parts += [f'<circle cx="{x(step)}" cy="{y(loss)}" r="3.5" fill="{colour}"/>' for step, loss in points]
        at = LEFT + index * 170
        parts.append(
            f'<path d="M{at} {HEIGHT - 8}h26" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'
            f'<text x="{at + 34}" y="{HEIGHT - 4}">{name}</text>'
        )
    told = "; ".join(f"{SERIES[key][0]} {points[0][1]:.3g} to {points[-1][1]:.3g}" for key, points in lines.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="Loss over the steps: {told}" font-size="13" fill="currentColor">{"".join(parts)}</svg>'
    )


def _points(history: Sequence[Mapping[str, Any]], key: str) -> list[tuple[float, float]]:
    rows = [(float(row["step"]), float(row[key])) for row in history if key in row and "step" in row]
    return [(step, loss) for step, loss in rows if step >= 0 and abs(loss) <= LARGEST]


def _ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, about `count` of them."""
    # A span too small for a float to be divided is none.
    span = max(high - low or abs(high) or 1.0, 1e-8)
    exact = span / count
    power = 10.0 ** math.floor(math.log10(exact))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= exact)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(index * step, 10) for index in range(first, max(last, first + 1) + 1)]
