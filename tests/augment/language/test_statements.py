from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.language.statements import balanced, statement
from tests.augment.documents import make_passage


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("BERT is a model [12].", "BERT is a model."),
        ("BERT is a model [3, 4-7] of text.", "BERT is a model of text."),
        ("BERT is a model (Devlin et al., 2019).", "BERT is a model."),
        ("It scales (Kaplan et al., 2020; Hoffmann and Borgeaud, 2022) well.", "It scales well."),
        ("QLoRA was published by Dettmers et al. (2023).", "QLoRA was published by Dettmers et al."),
        ("LoRA was introduced by Hu et al. [3].", "LoRA was introduced by Hu et al."),
        ("The loss falls (see Figure 3) at once.", "The loss falls at once."),
        ("The loss falls (Section 2.1).", "The loss falls."),
        ("Dropout is a regulariser.³", "Dropout is a regulariser."),
        ("The area is 4 m² and the size 2⁸.", "The area is 4 m² and the size 2⁸."),
        ("A crawl of the web (April 2019) was used.", "A crawl of the web (April 2019) was used."),
        ("As in [12], the loss falls.", "As in [12], the loss falls."),
        ("The  loss\nfalls.", "The loss falls."),
        ("However, the loss falls.", "The loss falls."),
        ("For example, the loss falls.", "The loss falls."),
        ("Moreover, we show that the loss falls.", "The loss falls."),
        ("It is well known that the loss falls.", "The loss falls."),
        ("Note that BERT is slow.", "BERT is slow."),
        ("We show that the loss falls and that it rises.", "We show that the loss falls and that it rises."),
        ("We see a fall that the loss has.", "We see a fall that the loss has."),
        ("The loss falls, as shown in Figure 3 (a).", "The loss falls."),
        ("As can be seen in Table 2, the loss falls.", "The loss falls."),
        ("Figure 3 shows that the loss falls.", "The loss falls."),
        ("From Table 2, we can see that the loss falls.", "The loss falls."),
        ("The loss falls (see Smith 2017, for a review).", "The loss falls."),
        ("The loss falls (by 3 points; Smith et al. 2015).", "The loss falls."),
        ("Training details - The loss falls.", "The loss falls."),
        ("Abstract—The loss falls.", "The loss falls."),
        ("The networks — deep ones — fall.", "The networks — deep ones — fall."),
    ],
)
def test_marks_and_white_space_are_dropped(raw: str, clean: str) -> None:
    assert statement(make_passage(raw), 0, len(raw)).text == clean


@given(
    st.lists(st.sampled_from(["word", " ", "\n", "[12]", "(Li, 2020)", ".", "et al.", "However, ", "x²"])).map("".join)
)
def test_every_character_is_traced_to_its_place(raw: str) -> None:
    passage = make_passage("x").model_copy(update={"text": raw})
    found = statement(passage, 0, len(raw))
    for character, place in zip(found.text, found.places, strict=True):
        assert raw[place] == character or raw[place].isspace() or raw[place].upper() == character
    assert list(found.places) == sorted(found.places)


@pytest.mark.parametrize(
    ("text", "paired"), [("a (b) [c]", True), ("a (b", False), ("b)", False), ("(a]", False), ('say "so', False)]
)
def test_balanced(text: str, paired: bool) -> None:
    assert balanced(text) is paired
