from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flows.loss_curve import HEIGHT, WIDTH, loss_curve

rows = st.lists(
    st.fixed_dictionaries({"step": st.integers(0, 10**6)}, optional={"loss": st.floats(), "eval_loss": st.floats()}),
    max_size=40,
)


@given(rows)
@example(history=[{"step": 0, "loss": 5e-324}])
def test_whatever_the_losses_the_lines_stay_in_the_picture(history: list[dict[str, float]]) -> None:
    curve = loss_curve(history)
    if not curve:
        return
    for line in ET.fromstring(curve).iter("{http://www.w3.org/2000/svg}polyline"):
        for point in line.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert -1 <= x <= WIDTH + 1
            assert -1 <= y <= HEIGHT + 1


def test_no_loss_no_curve() -> None:
    assert loss_curve([]) == ""
    assert loss_curve([{"step": 1, "loss": float("nan")}, {"step": 2, "learning_rate": 0.1}]) == ""


def test_it_is_told_in_words_too() -> None:
    curve = loss_curve([{"step": 1, "loss": 4.0}, {"step": 9, "loss": 2.0}, {"step": 9, "eval_loss": 2.5}])
    assert 'aria-label="Loss over the steps: training 4 to 2; held-out 2.5 to 2.5"' in curve


@pytest.mark.parametrize(("losses", "ticks"), [((1.2, 4.9), "1 2 3 4 5"), ((0.31, 0.34), "0.31 0.32 0.33 0.34")])
def test_the_ticks_are_round(losses: tuple[float, float], ticks: str) -> None:
    curve = loss_curve([{"step": 10 * index, "loss": loss} for index, loss in enumerate(losses)])
    assert " ".join(re.findall(r'text-anchor="end">([\d.]+)<', curve)) == ticks
