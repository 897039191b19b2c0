from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from augment.answers import KINDS, answers
from augment.passages import passages
from augment.settings import AskSettings
from tests.augment.documents import make_document, make_passage

TEXT = (
    "Dense Passage Retrieval (DPR) was published by Karpukhin and colleagues in 2020. The encoders of BERT need "
    "3.1 GB of memory because every vector has 768 dimensions. It was trained on 8 GPUs. Dropout is used to prevent "
    "overfitting on small collections."
)


def found(text: str = TEXT, most: int = 20) -> list[tuple[str, str]]:
    return [(a.kind, a.text) for a in answers(make_passage(text), AskSettings(answers_per_passage=most))]


def test_candidates_of_every_kind() -> None:
    spans = found()
    for expected in [
        ("acronym", "Dense Passage Retrieval"),
        ("acronym", "DPR"),
        ("name", "Karpukhin and colleagues"),
        ("date", "2020"),
        ("number", "3.1 GB"),
        ("term", "Dropout"),
        ("clause", "to prevent overfitting on small collections"),
    ]:
        assert expected in spans
    assert {kind for kind, _ in spans} <= set(KINDS)


def test_no_span_of_a_sentence_that_leans_on_another() -> None:
    assert not [text for _, text in found() if "8 GPUs" in text]


def test_few_spans_are_varied() -> None:
    chosen = found(most=4)
    assert len(chosen) == 4
    assert len({kind for kind, _ in chosen}) == 4


TOKENS = [
    "BERT",
    "uses",
    "12",
    "layers",
    "of",
    "attention",
    "(LSH)",
    "in",
    "2017",
    "because",
    "the",
    "loss",
    ",",
    ".",
    "3",
    "%",
]
words = st.sampled_from([*TOKENS, "Adam", "and", "to", "reduce", "it", "x"])


texts = st.lists(words, max_size=40).map(" ".join)


@given(texts, st.lists(st.lists(words, max_size=3).map(" ".join), max_size=4), st.integers(1, 9))
def test_spans_stand_at_their_offsets(text: str, extracted: list[str], most: int) -> None:
    passage = make_passage(text)
    chosen = answers(passage, AskSettings(answers_per_passage=most), dict.fromkeys(passage.sentences, extracted))
    assert len(chosen) <= most
    for answer in chosen:
        assert passage.text[answer.start : answer.end] == answer.text == answer.text.strip() != ""
        assert any(left <= answer.sentence[0] < answer.sentence[1] <= right for left, right in passage.sentences)
        assert answer.sentence[0] <= answer.start < answer.end <= answer.sentence[1]
    assert all(left.end <= right.start for left, right in pairwise(chosen))


def test_a_cap_per_passage_and_none_per_document() -> None:
    settings = AskSettings(answers_per_passage=3)
    document = make_document(*((f"Part {number}", [TEXT]) for number in range(20)))
    chosen = [answers(passage, settings) for passage in passages(document, settings)]
    assert [len(found) for found in chosen] == [3] * 20
