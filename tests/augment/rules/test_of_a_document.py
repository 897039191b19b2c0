"""What only its document explains is asked with the name of the document."""

from __future__ import annotations

import pytest

from augment.rules import proposals
from tests.augment.documents import make_passage
from tests.augment.rules.asked import SPELLING, asked

TITLE = "Reading Masked Text in Two Directions"


OF_A_DOCUMENT = [
    ("Accuracy improves as the batch size grows.", ("what happens to accuracy as the batch size grows?", "improves")),
    ("The training objective is to predict each word.", ("what is the training objective?", "to predict each word")),
    (
        "Four attention heads are used in each layer.",
        ("how many attention heads are used in each layer?", "Four"),
    ),
    (
        "Adding a dense layer improves the recall of rare words.",
        ("what does adding a dense layer improve?", "the recall of rare words"),
    ),
    (
        "The encoder’s initial state is taken from a smaller model.",
        ("what is the encoder’s initial state taken from?", "a smaller model"),
    ),
]


@pytest.mark.parametrize(("sentence", "expected"), OF_A_DOCUMENT, ids=[sentence[:40] for sentence, _ in OF_A_DOCUMENT])
def test_what_is_asked_of_a_document_that_is_named(sentence: str, expected: tuple[str, str]) -> None:
    found = [(p.question, p.answer.text) for p in proposals(make_passage(sentence), SPELLING, TITLE)]
    assert (f"In “{TITLE}”, {expected[0]}", expected[1]) in found
    assert asked(sentence) == []


def test_a_question_of_what_only_its_document_explains_names_the_document() -> None:
    passage = make_passage(
        "The encoder is composed of six layers that read in parallel. BERT uses a subword vocabulary."
    )
    found = {p.question: p.answer.text for p in proposals(passage, SPELLING, TITLE)}
    assert found == {
        f"In “{TITLE}”, what is the encoder composed of?": "six layers that read in parallel",
        f"In “{TITLE}”, of how many layers is the encoder composed?": "six",
        "What does BERT use?": "a subword vocabulary",
    }


@pytest.mark.parametrize(
    "title", ["", "Linear regression", "How Do Transformers Read Text?", "paper_final_v2_of_me now ok"]
)
def test_a_title_that_tells_nothing_is_not_named(title: str) -> None:
    passage = make_passage("The encoder is composed of six layers that read in parallel.")
    assert proposals(passage, SPELLING, title) == []
