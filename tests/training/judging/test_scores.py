"""Exact match and F1 as SQuAD has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.judging.scores import f1, normalise, rouge_l, score


def test_normalisation_drops_case_punctuation_and_articles():
    assert normalise("The  answer: an Apple, a day!") == ["answer", "apple", "day"]


@pytest.mark.parametrize(
    ("prediction", "truth", "expected"),
    [
        ("the cat sat", "a cat sat", 1.0),
        ("cat", "cat sat down", 0.5),
        ("dog", "cat", 0.0),
        ("", "cat", 0.0),
        ("the", "", 1.0),
        ("cat cat", "cat", 2 / 3),
    ],
)
def test_token_f1(prediction, truth, expected):
    assert f1(prediction, truth) == pytest.approx(expected)


@given(st.text(max_size=40), st.text(max_size=40))
def test_f1_is_symmetric_and_one_for_the_same_words(one, other):
    assert f1(one, other) == f1(other, one)
    assert 0 <= f1(one, other) <= 1
    assert f1(one, one) == 1


def test_a_span_counts_only_as_whole_words_side_by_side():
    assert score("It is red iron, I think.", "Red iron.", "red iron").contained == 1
    assert score("It is red and iron.", "Red iron.", "red iron").contained == 0
    assert score("It is ironed red.", "Iron.", "iron").contained == 0
    assert score("Anything", "The", "the").contained == 0
    assert score("red iron", "The red iron.", "red iron").exact_match == 1


def test_rouge_l_counts_words_in_their_order():
    assert rouge_l("It is red iron.", "It is red iron.") == 1
    assert rouge_l("police kill the gunman", "police killed the gunman") == 3 / 4  # the example of Lin 2004
    assert rouge_l("the gunman kill police", "police killed the gunman") == 2 / 4
    assert rouge_l("", "police") == rouge_l("thief", "police") == 0
    assert f1("iron red is", "red iron is") == 1 > rouge_l("iron red is", "red iron is")


def test_a_score_has_the_figures_of_its_parts():
    found = score("It is red zinc.", "It is red iron.", "red iron")
    assert (found.f1, found.rouge_l) == (f1("It is red zinc.", "It is red iron."), 3 / 4)
    assert found.exact_match == found.contained == 0
