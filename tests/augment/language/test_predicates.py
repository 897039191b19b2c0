"""What sentences say of their subjects, and the questions that it frames."""

from __future__ import annotations

import pytest

from augment.language.clauses import clauses
from augment.language.predicates import predicates
from augment.language.spelling import Spelling
from augment.language.statements import statement
from tests.augment.documents import make_passage

SPELLING = Spelling.of(
    ["the text speaks of Adam and of BERT, of dropout, language, gradients, and of deep and convolutional networks"]
)

SAID = [
    ("BERT predicts masked tokens.", "What does BERT predict", "masked tokens"),
    ("Language models predict masked tokens.", "What do language models predict", "masked tokens"),
    ("Adam replaced the momentum.", "What did Adam replace", "the momentum"),
    ("Adam can replace momentum.", "What can Adam replace", "momentum"),
    ("Adam has replaced momentum.", "What has Adam replaced", "momentum"),
    ("Gradients are multiplied by a mask.", "What are gradients multiplied", "by a mask"),
    ("Adam has often been used for training.", "What has Adam been used", "for training"),
    ("Adam can be used for training.", "What can Adam be used", "for training"),
    ("Adam is an optimiser of networks.", "What is Adam", "an optimiser of networks"),
    ("Adam also needs to store a buffer.", "What does Adam need to store", "a buffer"),
    ("Adam is able to escape a saddle.", "", ""),
    ("Dropout often masks the weights.", "What does dropout mask", "the weights"),
    ("Adam are replaced by a mask.", "", ""),
    ("Adam replace momentum.", "", ""),
    ("This replaces the momentum.", "", ""),
    ("Convolutional networks are deep.", "What are convolutional networks", "deep"),
]


def said(text: str, *, titled: bool = False) -> list[tuple[str, str]]:
    passage = make_passage(text)
    sentence = statement(passage, *passage.sentences[0])
    return [
        (found.asked(), found.rest)
        for clause in clauses(sentence, SPELLING, titled=titled)
        for found in predicates(clause)
    ]


@pytest.mark.parametrize(("text", "asked", "rest"), SAID)
def test_what_is_said(text: str, asked: str, rest: str) -> None:
    assert said(text) == ([(asked, rest)] if asked else [])


def test_a_relative_clause_that_only_adds_something_has_its_name_for_subject() -> None:
    found = said("The results were found by BERT, which reads text in both directions.")
    assert ("What does BERT read", "text in both directions") in found


@pytest.mark.parametrize(
    "text",
    [
        "The encoder reads the text.",
        "The stellar model used in Spain predicts a mass.",
        "Sentences were cut into tokens.",
        "Each layer contains two parts.",
    ],
)
def test_a_question_that_names_its_document_may_ask_of_what_only_that_explains(text: str) -> None:
    assert said(text) == []
    assert len(said(text, titled=True)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "The following model predicts a mass.",
        "The paper predicts a mass.",
        "The results predict a mass.",
        "The dataset contains two parts.",
        "The third column contains two parts.",
        "It contains two parts.",
    ],
)
def test_but_not_of_what_points_back_or_of_the_document_itself(text: str) -> None:
    assert said(text, titled=True) == []


def test_what_stands_before_the_subject() -> None:
    passage = make_passage("At night, BERT reads the text.")
    found = list(clauses(statement(passage, *passage.sentences[0]), SPELLING))
    assert [(clause.front, clause.text) for clause in found] == [
        ("", "At night, BERT reads the text"),
        ("at night", "BERT reads the text"),
    ]
