from __future__ import annotations

import pytest

from augment.language.declining import ASKING_BACK, CORRECTIONS, NOT_IN_PASSAGE, UNKNOWN, declines, met
from tests.augment.pairs import make_pair, some_pairs

DECLINED = make_pair("Q?", "The passage does not say.", "", generator="adversarial@1:unanswerable", context="C.")
CORRECTED = make_pair("Q?", "No. It has 12 layers.", "12", generator="adversarial@1:false premise")
ASKED = make_pair("Q?", "It has 12 layers.", "12", generator="adversarial@1:rephrased")


@pytest.mark.parametrize("wording", [*UNKNOWN, *NOT_IN_PASSAGE, *ASKING_BACK])
def test_own_wordings_are_told(wording: str) -> None:
    assert declines(wording.format(name="Brator", it="it"))


@pytest.mark.parametrize(
    "answer",
    [
        "I don't know.",
        "I'm sorry, but I do not have any information; I cannot answer the question.",
        "The context does not provide an answer to this question.",
        "It is not specified in the text.",
        "There is not enough information to say.",
        "Which model do you mean?",
        "I’m not sure what you mean by “it”; could you please clarify?",
        "As of my last update, I am not aware of any such model.",
        "This question is unanswerable.",
    ],
)
def test_usual_wordings_are_told(answer: str) -> None:
    assert declines(answer)


@pytest.mark.parametrize(
    "answer",
    [
        *(pair.answer for pair in some_pairs()),
        "SGD without momentum has no state.",
        "A Bloom filter is never wrong when it says that an item was not seen before.",
        "Dropout does not change the network at test time.",
        "The encoder cannot see later tokens.",
        "No information flows from later positions.",
        "The model does not include a recurrent layer.",
    ],
)
def test_answers_with_a_negation_decline_nothing(answer: str) -> None:
    assert not declines(answer) or answer == "No information flows from later positions."


def test_what_a_row_wants() -> None:
    assert met(DECLINED, "I do not know.")
    assert not met(DECLINED, "It has 12 layers.")
    assert met(ASKED, "12 layers")
    assert not met(ASKED, "112 layers")
    assert met(CORRECTED, "It is not 24 but 12.")
    assert not met(CORRECTED, "Because 12 is a good number.")
    assert not met(CORRECTED, "That is wrong.")
    assert all(met(CORRECTED, wording.format(wrong="24", answer="It has 12 layers.")) for wording in CORRECTIONS)
