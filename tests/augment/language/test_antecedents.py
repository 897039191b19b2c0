"""What 'it' and 'they' at the head of a sentence stand for."""

from __future__ import annotations

import pytest

from augment.language.spelling import Spelling
from augment.rules import proposals
from tests.augment.documents import make_passage

SPELLING = Spelling.of(["the text speaks of deep networks, filters, of the encoder and of researchers"])
TITLE = "Reading Masked Text in Two Directions"


def asked(text: str, title: str = "") -> dict[str, str]:
    return {p.question: p.told for p in proposals(make_passage(text), SPELLING, title) if p.told}


@pytest.mark.parametrize(
    ("before", "told", "question"),
    [
        ("DPR reads many passages.", "It uses a subword vocabulary.", "What does DPR use?"),
        ("Deep networks need a hash.", "They are stored in a table of bits.", "What are deep networks stored in?"),
        ("DPR reads many passages.", "It was trained on WebText.", "What was DPR trained on?"),
    ],
)
def test_the_subject_of_the_sentence_before(before: str, told: str, question: str) -> None:
    assert asked(f"{before} {told}")[question] == f"{before} {told}"


@pytest.mark.parametrize(
    "text",
    [
        "DPR reads many passages. It is known that DPR uses two encoders.",
        "DPR reads many passages. It seems to use two encoders.",
        "DPR reads many passages. They use two encoders.",
        "Deep networks need a hash. It uses two encoders.",
        "Researchers need a hash. They use two encoders.",
        "This reads many passages. It uses two encoders.",
        "It uses two encoders.",
    ],
)
def test_where_it_is_not_sure(text: str) -> None:
    assert asked(text) == {}


def test_what_only_the_document_explains_is_asked_under_its_title() -> None:
    text = "The passage encoder reads a passage. It is trained on WebText."
    assert asked(text) == {}
    assert asked(text, TITLE) == {f"In “{TITLE}”, what is the passage encoder trained on?": text}
