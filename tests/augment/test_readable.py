"""Which sentences, and which parts of sentences, can be read alone."""

from __future__ import annotations

import pytest

from augment.readable import readable
from augment.statements import statement
from tests.augment.documents import make_passage

CASES = [
    ("Adam adapts the step size.", ["Adam adapts the step size."]),
    ("This adapts the step size.", []),
    ("However, this means that Adam is slow.", []),
    ("Adam is slow on a GPU, but this is rarely seen.", ["Adam is slow on a GPU."]),
    ("This is slow on a GPU; Adam is fast on a GPU.", ["Adam is fast on a GPU."]),
    ("We have measured this very often, while Adam is slow on most GPUs.", ["Adam is slow on most GPUs."]),
    ("Adam is used for this network, which is large.", []),
    ("Adam is slow on a GPU, which this table shows.", ["Adam is slow on a GPU."]),
    ("If Adam is slow on a GPU, and this is seen, SGD is used.", []),
    ("Adam is not only slow on a GPU, but this is also seen.", []),
    ("Adam is slow on a GPU, but this is rarely seen", []),
    ("We compare Adam, SGD, and this is slow on a GPU.", []),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_what_can_be_read_alone(text: str, expected: list[str]) -> None:
    assert [found.text for found in readable(make_passage(text))] == expected


@pytest.mark.parametrize("text", [text for text, expected in CASES if expected])
def test_a_part_is_made_again_from_its_range(text: str) -> None:
    passage = make_passage(text)
    for found in readable(passage):
        assert statement(passage, *found.range) == found
        assert passage.text[found.places[0]].lower() == found.text[0].lower()
