from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from augment.passages import passages
from augment.settings import AskSettings
from extractors.sentences import sentence_spans
from tests.augment.documents import make_document, with_captions

SETTINGS = AskSettings(passage_words=40)
sentences = st.integers(1, 60).map(lambda count: "Word" + " word" * (count - 1) + ".")
paragraphs = st.lists(sentences, min_size=1, max_size=6).map(" ".join)
sections = st.lists(st.tuples(st.sampled_from("ABC"), st.lists(paragraphs, min_size=1, max_size=4)), max_size=4)


@given(sections)
def test_every_sentence_is_in_exactly_one_passage(sections: list[tuple[str, list[str]]]) -> None:
    document = make_document(*sections)
    expected = [
        (block.start + start, block.start + end)
        for block in document.blocks
        if block.start is not None
        for start, end in sentence_spans(block.text)
    ]
    found = passages(document, SETTINGS)
    assert [(p.start + left, p.start + right) for p in found for left, right in p.sentences] == expected
    for passage in found:
        assert document.text[passage.start : passage.end] == passage.text
        assert len(passage.text.split()) <= 40 or len(passage.sentences) == 1
    assert len({passage.passage_id for passage in found}) == len(found)


def test_a_passage_stays_in_its_section() -> None:
    document = make_document(("One", ["A short one."]), ("Two", ["Another short one.", "A third one."]))
    assert [(p.section, p.text) for p in passages(document, SETTINGS)] == [
        (("One",), "A short one."),
        (("Two",), "Another short one.\n\nA third one."),
    ]


def test_a_short_rest_shares_with_the_passage_before_it() -> None:
    sentence = "This sentence has exactly ten words in it, I think."
    document = make_document(("One", [" ".join([sentence] * 4 + ["A short rest."])]))
    assert [len(p.text.split()) for p in passages(document, SETTINGS)] == [20, 23]


def test_no_passage_begins_with_what_takes_up_the_sentence_before() -> None:
    sentence = "A sentence of some ten words that says a thing."
    document = make_document(("One", [" ".join([sentence] * 4 + ["This is taken up here.", *[sentence] * 2])]))
    first, second = passages(document, SETTINGS)
    assert (len(first.sentences), len(second.sentences)) == (3, 4)
    assert second.text.startswith(f"{sentence} This is taken up here.")


def test_passage_ids_follow_the_content() -> None:
    one, same, other = (make_document(("A", [text])) for text in ("One here.", "One here.", "Two here."))
    ids = [passages(document, SETTINGS)[0].passage_id for document in (one, same, other)]
    assert ids[0] == ids[1] != ids[2]


def test_a_caption_is_a_passage_without_its_label() -> None:
    texts = ["One before.", "Figure 3: A loss. It falls.", "Table 1.", "One after. Another after."]
    document = with_captions(make_document(("One", texts)), "Figure", "Table")
    found = passages(document, SETTINGS)
    assert [(p.text, p.caption) for p in found] == [
        ("One before.", False),
        ("A loss. It falls.", True),
        ("One after. Another after.", False),
    ]
    for passage in found:
        assert document.text[passage.start : passage.end] == passage.text


def test_two_captions_are_two_passages() -> None:
    document = with_captions(make_document(("One", ["Fig. 1 | A loss.", "Fig. 2 | A rank."])), "Fig")
    assert [p.text for p in passages(document, SETTINGS)] == ["A loss.", "A rank."]
