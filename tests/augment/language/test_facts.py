from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.language.aliases import aliases
from augment.language.facts import changed, distance, question_kind

ASKED = "How many GB of memory does GPT-2 not need at 16 bits per weight?"


def test_what_keeps_its_facts_passes() -> None:
    assert changed(ASKED, "At 16 bits per weight, how many GB of memory does GPT-2 not need?") == ""
    assert changed("Why is BERT slow?", "For what reason is BERT slow?") == ""


@pytest.mark.parametrize(
    ("rewritten", "what"),
    [
        ("How many GB of memory does GPT-2 not need at 8 bits per weight?", "a number changed"),
        ("How many GB of memory does GPT-2 not need at 16 bytes per weight?", "a number changed"),
        ("How many GB of memory does GPT-3 not need at 16 bits per weight?", "a name changed"),
        ("How many MB of memory does GPT-2 not need at 16 bits per weight?", "a name changed"),
        ("How many GB of Nvidia memory does GPT-2 not need at 16 bits per weight?", "a name changed"),
        ("How many GB of memory does GPT-2 need at 16 bits per weight?", "negation changed"),
        ("Why does GPT-2 not need GB of memory at 16 bits per weight?", "another kind of question"),
    ],
)
def test_what_changes_a_fact_does_not(rewritten: str, what: str) -> None:
    assert changed(ASKED, rewritten) == what


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many heads are there?", "number"),
        ("What is the number of heads?", "number"),
        ("For what reason is it slow?", "reason"),
        ("In which year was it made?", "time"),
        ("By whom was it made?", "person"),
        ("In what way does it work?", "manner"),
        ("Which corpus is it?", "thing"),
        ("Is it fast?", ""),
    ],
)
def test_kinds_of_questions(question: str, kind: str) -> None:
    assert question_kind(question) == kind


@given(st.text(max_size=12), st.text(max_size=12))
def test_distance_is_a_distance(one: str, other: str) -> None:
    far = distance(one, other)
    assert 0 <= far <= 1
    assert far == distance(other, one)
    assert (far == 0) == (one == other)


def plain_distance(first: str, second: str) -> int:
    row = list(range(len(second) + 1))
    for line, letter in enumerate(first, 1):
        before, row[0] = row[0], line
        for column, other in enumerate(second, 1):
            before, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, before + (letter != other))
    return row[-1]


@given(st.text("abc d", max_size=90), st.text("abc d", max_size=90))
def test_distance_is_that_of_the_plain_table(one: str, other: str) -> None:
    assert round(distance(one, other) * max(len(one), len(other))) == plain_distance(one, other)


def test_distance_counts_edits() -> None:
    assert distance("kitten", "sitting") == pytest.approx(3 / 7)


def test_aliases_are_read_from_brackets() -> None:
    texts = [
        "We use byte pair encoding (BPE) here. Convolutional neural networks (CNNs) are older.",
        "The long short-term memory (LSTM) came first, then others (see Table 2).",
    ]
    assert aliases(texts) == {
        "BPE": "byte pair encoding",
        "CNN": "convolutional neural network",
        "LSTM": "long short-term memory",
    }


def test_a_long_form_begins_neither_with_an_article_nor_in_the_paragraph_before() -> None:
    texts = [
        "A rule.\n\nActivation-aware weight quantisation (AWQ) is new.",
        "By the Food Export Union (TFEU) it is so.",
    ]
    assert aliases(texts) == {"AWQ": "activation-aware weight quantisation"}


def test_an_acronym_of_two_things_is_no_alias() -> None:
    assert aliases(["Mean average precision (MAP) is used.", "Maximum a posteriori (MAP) is used."]) == {}
