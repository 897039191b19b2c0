from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.language.declining import WAYS, declines, met, way
from augment.operators.adversarial import (
    Corpus,
    adversarial,
    false_premise,
    other_passage,
    rephrased,
    under_specified,
    unknown_name,
)
from augment.records import QAPair
from augment.settings import AugmentSettings
from tests.augment.pairs import make_pair, some_pairs

LEVELS = make_pair("How many levels does NormalFloat have?", "NormalFloat has 16 levels that follow quantiles.", "16")
DATED = make_pair("When was SimHash introduced?", "SimHash was introduced by Moses Charikar in 2002.", "2002")
MADE = make_pair("Who proposed HNSW?", "HNSW was proposed by Malkov and Yashunin.", "Malkov and Yashunin")
OTHER_MADE = make_pair("Who published GPipe?", "GPipe was published by Huang and colleagues.", "Huang and colleagues")
ALL = [LEVELS, DATED, MADE, OTHER_MADE, *some_pairs()]
CORPUS = Corpus(ALL)


def made(way: Callable[[QAPair, Corpus, Random], QAPair | None], pair: QAPair, corpus: Corpus = CORPUS) -> list[QAPair]:
    rows = (way(pair, corpus, Random(seed)) for seed in range(60))
    return [row for row in rows if row is not None]


def test_the_same_fact_asked_with_a_detour_keeps_its_answer() -> None:
    rows = made(rephrased, LEVELS)
    assert {row.question for row in rows} == {
        "Does anybody know how many levels NormalFloat has?",
        "Can anyone say how many levels NormalFloat has?",
        "Is there anybody who can say how many levels NormalFloat has?",
        "Regarding NormalFloat, how many levels does it have?",
        "As for NormalFloat, how many levels does it have?",
        "Take NormalFloat: how many levels does it have?",
    }
    for row in rows:
        assert (row.answer, row.answer_span, row.char_start) == (LEVELS.answer, "16", LEVELS.char_start)
        assert met(row, row.answer)


def test_a_thing_of_the_same_kind_that_is_not_meant() -> None:
    pair = make_pair("What does GPT-2 use?", "GPT-2 uses byte-level BPE, unlike LLaMA.", "byte-level BPE")
    aside = [row.question for row in made(rephrased, pair) if re.search("aside|counting|regard", row.question)]
    assert aside
    assert not any("LLaMA" in question for question in aside), "it is spoken of in the passage"


def test_a_name_that_nothing_has_is_not_known() -> None:
    rows = made(unknown_name, LEVELS)
    for row in rows:
        invented = row.question.removeprefix("How many levels does ").removesuffix(" have?")
        assert invented.isalpha() and invented not in LEVELS.context
        assert invented in row.answer
        assert "16" not in row.answer
    assert len({row.question for row in rows}) > 50
    article = make_pair("What can an LLM judge evaluate?", "An LLM judge can evaluate outputs.", "outputs")
    assert all(
        re.fullmatch(r"What can a [A-Z][a-z]+ judge evaluate\?", row.question) for row in made(unknown_name, article)
    )


@pytest.mark.parametrize(
    "question",
    [
        "What is byte pair encoding (BPE)?",
        "Unlike RNNs, what is dropout based on?",
        "How does GPT-2 differ from BERT?",
        "How is Few-Shot learning done?",
        "In “All of BERT”, what is dropout based on?",
    ],
)
def test_a_question_that_could_be_answered_all_the_same_is_left(question: str) -> None:
    assert made(unknown_name, make_pair(question, "It is 12.", "12")) == []


def test_another_passage_of_the_document_that_does_not_answer() -> None:
    asked = make_pair(
        "How do the levels of NormalFloat grow?", "NormalFloat's levels grow by quantiles.", "by quantiles"
    )
    near = make_pair("Q1?", "Levels of other floats are many.", "many", id="1", section="Two", page=7)
    far = make_pair("Q2?", "Gradients are clipped.", "clipped", id="2")
    answers = make_pair("Q3?", "Quantiles are of use.", "of use", id="3")
    likely = make_pair("Q5?", "NormalFloat has more than one level.", "more", id="5")
    elsewhere = make_pair("Q4?", "Levels are many elsewhere.", "many", id="4", doc_id="e")
    rows = made(other_passage, asked, Corpus([asked, near, far, answers, elsewhere, likely]))
    assert rows
    for row in rows:
        assert (row.question, row.context) == (asked.question, near.context)
        assert (row.section, row.page, row.char_start, row.char_end) == ("Two", 7, near.char_start, near.char_start)
        assert row.open_book, "without its passage the question has an answer"
    assert made(other_passage, asked, Corpus([asked, answers, elsewhere, likely])) == []


def test_a_false_premise_is_corrected_with_the_sentence_of_the_source() -> None:
    numbers = {row.question for row in made(false_premise, LEVELS)}
    assert numbers == {f"Why does NormalFloat have {number} levels?" for number in (32, 48, 64, 160)}
    years = {row.question for row in made(false_premise, DATED)}
    assert "Why was SimHash introduced in 2002?" not in years
    assert all(re.fullmatch(r"Why was SimHash introduced in (?:19|20)\d\d\?", question) for question in years)
    assert {row.question for row in made(false_premise, MADE)} == {
        "When was HNSW proposed by Huang and colleagues?",
        "When was HNSW proposed by Hinton and colleagues?",
    }
    for pair in (LEVELS, DATED, MADE):
        for row in made(false_premise, pair):
            assert row.answer.endswith(pair.answer) and row.answer != pair.answer
            assert (row.answer_span, row.char_start, row.char_end) == (pair.answer_span, pair.char_start, pair.char_end)
            assert met(row, row.answer)
            assert not met(row, pair.answer), "the sentence alone corrects nothing"


def test_what_the_passage_says_of_a_number_is_no_false_premise() -> None:
    pair = LEVELS.model_copy(update={"context": f"{LEVELS.context} Other types have 32, 48 or 64 levels."})
    assert {row.question for row in made(false_premise, pair)} == {"Why does NormalFloat have 160 levels?"}


def test_a_question_that_does_not_say_what_it_is_about() -> None:
    (question,) = {row.question for row in made(under_specified, LEVELS)}
    assert question == "How many levels does it have?"
    assert {row.question for row in made(under_specified, MADE)} == {"Who proposed it?"}
    many = make_pair("What can text pipelines produce?", "Text pipelines can produce loops.", "loops")
    assert {row.question for row in made(under_specified, many)} == {"What can they produce?"}
    assert any("“they”" in row.answer for row in made(under_specified, many))


@given(st.sampled_from(ALL), st.integers(0, 10_000))
def test_a_row_can_be_checked_and_is_labelled_as_it_can_be_answered(pair: QAPair, seed: int) -> None:
    document = " " * 100 + pair.context
    for row in adversarial([pair], ALL, AugmentSettings(), seed):
        assert row.kind == "adversarial"
        assert row.parent_id == pair.id
        assert way(row) in WAYS
        assert met(row, row.answer)
        if row.answer_span:
            assert document[row.char_start : row.char_end] == row.answer_span == pair.answer_span
            assert row.context == pair.context
        else:
            assert row.char_start == row.char_end
            assert declines(row.answer)
            assert not met(row, pair.answer)
            assert pair.answer_span not in row.answer


def test_the_same_rows_in_any_order() -> None:
    rows = {row.parent_id: row for row in adversarial(ALL, ALL, AugmentSettings(), 7)}
    assert rows == {row.parent_id: row for row in adversarial(ALL[::-1], ALL[::-1], AugmentSettings(), 7)}
    assert rows != {row.parent_id: row for row in adversarial(ALL, ALL, AugmentSettings(), 8)}
    assert {way(row) for seed in range(9) for row in adversarial(ALL, ALL, AugmentSettings(), seed)} == set(WAYS)
