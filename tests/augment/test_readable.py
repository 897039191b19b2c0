"""Which sentences, and which parts of sentences, can be read alone."""

from __future__ import annotations

import pytest

from augment.answers import answers
from augment.language.spelling import Spelling
from augment.language.statements import statement
from augment.readable import offered, readable, retold
from augment.settings import AskSettings
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


OFFERED = [
    ("Adam is slow on a GPU. This takes four days.", ["Adam is slow on a GPU. This takes four days."]),
    ("Adam is slow on a GPU. These results are in Table 2.", []),
    ("This takes four days. These are long.", []),
    ("We remove documents with repeated words.", ["Documents are removed with repeated words."]),
    ("We use passages that match a question.", ["Passages are used that match a question."]),
    ("We decided to include only the first two days.", ["Only the first two days were included."]),
    ("We thank the readers for their help.", []),
]


@pytest.mark.parametrize(("text", "expected"), OFFERED)
def test_what_a_model_is_offered_beside_what_can_be_read_alone(text: str, expected: list[str]) -> None:
    passage = make_passage(text)
    told = list(offered(passage, Spelling.of([text]), titled=True))
    assert [found.text for found in told if found.retold] == expected
    assert all(not found.before for found in retold(passage, Spelling.of([text])))
    for found in answers(passage, AskSettings(), statements=told):
        assert passage.text[found.start : found.end] == found.text
        if found.shown:
            assert found.shown[found.shown_at :].startswith(found.text) and found.text in found.told
            assert passage.text[slice(*found.sentence)].find(found.text) >= 0


def test_what_authors_did_is_offered_only_where_a_question_can_name_their_document() -> None:
    passage = make_passage("We remove documents with repeated words.")
    assert not list(offered(passage, Spelling.of([passage.text]), titled=False))


def test_a_passage_without_a_span_is_offered_by_its_longest_sentence() -> None:
    passage = make_passage("Adam converges slowly. Adam converges slowly and badly.")
    assert [(found.kind, found.text) for found in answers(passage, AskSettings())] == [
        ("sentence", "Adam converges slowly and badly")
    ]
