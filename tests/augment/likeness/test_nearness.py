"""Nearness of questions, against every pair compared with every other, and the kinship of documents that it makes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from augment.likeness.nearness import CHARACTERS, asked, kin, near_questions, near_to
from augment.records import QAPair
from tests.augment.pairs import make_pair

WORDS = ["what", "is", "the", "rank", "of", "lora", "scale", "loss"]
questions = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=9).map(lambda words: " ".join(words) + "?"), max_size=12
)


def pair(question: str, document: str = "d", context: str = "", **changes: str) -> QAPair:
    context = context or f"{question} {document}"
    return make_pair(question, context, context[:3], id=f"{document} {question}", doc_id=document, **changes)


def runs(text: str) -> set[str]:
    return {text[at : at + CHARACTERS] for at in range(max(1, len(text) - CHARACTERS + 1))}


def likeness(one: QAPair, other: QAPair) -> float:
    first, second = runs(asked(one)), runs(asked(other))
    return len(first & second) / len(first | second)


@given(questions, st.sampled_from([0.5, 0.8, 1.0]))
def test_near_questions_are_all_that_are_so_much_alike(found: list[str], least: float) -> None:
    pairs = [pair(question) for question in found]
    near = {(later, earlier): alike for later, earlier, alike in near_questions(pairs, least)}
    for later in range(len(pairs)):
        for earlier in range(later):
            true = likeness(pairs[later], pairs[earlier])
            assert ((later, earlier) in near) == (true >= least)
            assert abs(near.get((later, earlier), true) - true) < 1e-9


@given(questions, questions)
def test_rows_near_to_others_are_found(found: list[str], held: list[str]) -> None:
    rows, others = [pair(question) for question in found], [pair(question) for question in held]
    expected = {at for at, row in enumerate(rows) if any(likeness(row, other) >= 0.8 for other in others)}
    assert near_to(rows, others, 0.8) == expected


def test_a_long_title_makes_no_two_questions_alike() -> None:
    title = "An Exceedingly Long Title of a Paper That Tells All There Is to Tell"
    one, other = (pair(f"In “{title}”, {rest}?", title=title) for rest in ("who wrote it", "what is the loss"))
    assert near_to([one], [other], 0.8) == set()
    assert near_to([one], [one], 0.8) == {0}
    elsewhere = pair(one.question.replace(title, "B"), "other", title="B")
    assert near_to([one], [elsewhere], 0.8) == set(), "the same words about another document ask something else"


def test_documents_are_kin_by_a_question_or_a_passage_that_they_nearly_share() -> None:
    passage = (
        "A learning rate schedule is a rule that changes the size of the step while a model is being trained on text."
    )
    pairs = [
        pair("What does a learning rate schedule change step by step?", "a"),
        pair("What does a learning rate schedule change step by step, then?", "b"),
        pair("Which rule changes the step?", "c", passage),
        pair("When does the size of the step change?", "d", f"{passage} So."),
        pair("What is a token?", "e"),
    ]
    found = {tuple(sorted(documents)) for documents in kin(pairs, {}, 0.8) if len(set(documents)) > 1}
    assert found == {("a", "b"), ("c", "d")}
    assert not list(kin([], {}, 0.8))
