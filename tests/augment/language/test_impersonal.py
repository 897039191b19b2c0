"""What authors say that they did, told without them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.language.impersonal import impersonal
from augment.language.spelling import Spelling
from augment.language.statements import statement
from augment.readable import retold
from augment.rules import proposals
from tests.augment.documents import make_passage

SPELLING = Spelling.of(["the text speaks of models, passages, the encoder, a learning rate, trajectories and noise"])
TITLE = "Reading Masked Text in Two Directions"

TOLD = [
    ("We train the encoder on a large corpus.", "The encoder is trained on a large corpus."),
    ("We trained the models for 40 epochs.", "The models were trained for 40 epochs."),
    ("We have evaluated our encoder on 12 benchmarks.", "The encoder has been evaluated on 12 benchmarks."),
    ("We can apply the encoder to text.", "The encoder can be applied to text."),
    ("We do not freeze the encoder.", "The encoder is not frozen."),
    ("We chose a learning rate of 0.1.", "A learning rate of 0.1 was chosen."),
    ("We randomly mask the passages.", "The passages are randomly masked."),
    ("We then also mask the passages.", "The passages are masked."),
    ("In this work, we mask the passages.", "The passages are masked."),
    ("To save memory, we freeze the encoder.", "To save memory, the encoder is frozen."),
    ("We use 12 layers and report the error.", "12 layers are used."),
    ("We use a dropout rate of 0.1 and a batch size of 32.", "A dropout rate of 0.1 and a batch size of 32 are used."),
    ("We use the models trained by BERT for search.", "The models trained by BERT are used for search."),
    ("Our encoder reads text.", "The encoder reads text."),
    ("The proposed encoder reads text.", "The encoder reads text."),
]
KEPT = [
    "The encoder reads text.",
    "We believe that the encoder reads text.",
    "We find the encoder slow.",
    "We thank the readers for their help.",
    "We mask the passages that contain a name.",
    "We mask nouns, verbs, and names.",
    "We mask it.",
    "We train the encoder with us in the loop.",
]


def told(text: str) -> str:
    found = impersonal(statement(make_passage(text), 0, len(text)), SPELLING)
    return found.text if found else ""


@pytest.mark.parametrize(("text", "expected"), TOLD)
def test_what_was_done(text: str, expected: str) -> None:
    assert told(text) == expected


@pytest.mark.parametrize("text", KEPT)
def test_what_cannot_be_turned(text: str) -> None:
    assert told(text) == ""


def test_a_question_about_it_names_the_document_and_its_answer_has_no_authors() -> None:
    passage = make_passage("We trained our encoder with a learning rate of 0.001.")
    found = {p.question: (p.answer.text, p.told) for p in proposals(passage, SPELLING, TITLE)}
    said = "The encoder was trained with a learning rate of 0.001."
    assert found == {
        f"In “{TITLE}”, what was the encoder trained with?": ("a learning rate of 0.001", said),
        f"In “{TITLE}”, what learning rate was the encoder trained with?": ("0.001", said),
    }
    assert proposals(passage, SPELLING, "") == []


WORDS = [
    "We ",
    "we ",
    "train ",
    "used ",
    "our ",
    "the encoder ",
    "to ",
    "and ",
    "mask ",
    "of ",
    "on ",
    "12 ",
    "text",
    ", ",
]


@given(st.lists(st.sampled_from([*WORDS, "In this work, ", "the proposed ", "have ", "it ", "[4] "]), max_size=14))
def test_words_that_are_taken_over_keep_their_places(words: list[str]) -> None:
    passage = make_passage("".join(words).strip() + ".")
    for found in retold(passage, SPELLING):
        assert len(found.text) == len(found.places)
        assert all(0 <= place < len(passage.text) for place in found.places)
        assert "we " not in f" {found.text.lower()} ".split()
    for proposal in proposals(passage, SPELLING, TITLE):
        answer = proposal.answer
        assert passage.text[answer.start : answer.end] == answer.text
