"""What the card says of leakage, against every pair compared with every other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.training.made_up import make_pair
from training.leakage import CHARACTERS, LEVELS, leakage
from training.scores import normalise
from training.settings import SplitSettings
from training.split import split

questions = st.lists(
    st.lists(st.sampled_from(["what", "is", "the", "rank", "of", "lora", "scale", "loss"]), min_size=2, max_size=9),
    min_size=1,
    max_size=12,
).map(lambda found: [" ".join(words) + "?" for words in found])


def runs(question: str) -> set[str]:
    text = " ".join(normalise(question))
    return {text[at : at + CHARACTERS] for at in range(max(1, len(text) - CHARACTERS + 1))} if text else set()


def likeness(one: str, other: str) -> float:
    return len(runs(one) & runs(other)) / max(1, len(runs(one) | runs(other)))


@given(questions, questions)
def test_the_nearest_neighbour_in_training_is_found(trained: list[str], asked: list[str]) -> None:
    splits = {
        "train": [make_pair("ash", n, question=question) for n, question in enumerate(trained)],
        "test": [make_pair("bay", n, question=question) for n, question in enumerate(asked)],
    }
    (leak,) = leakage(splits, most=99)
    best = {question: max(likeness(question, other) for other in trained) for question in asked}
    assert leak.rows == len(asked)
    for level in LEVELS:
        assert leak.alike[str(level)] == sum(best[question] >= level for question in asked)
    for near in leak.nearest:
        assert abs(near.likeness - best[near.question]) < 1e-4
        assert abs(near.likeness - likeness(near.question, near.trained)) < 1e-4


def test_shared_answers_and_passages_are_counted() -> None:
    first = make_pair("ash", 1)
    splits = {
        "train": [first],
        "validation": [make_pair("bay", 2, answer_span=f"The {first.answer_span}")],
        "test_seen": [make_pair("ash", 3, context=first.context), make_pair("ash", 4)],
    }
    validation, seen = leakage(splits)
    assert (validation.same_answer, validation.same_passage) == (1, 0)
    assert (seen.split, seen.rows, seen.same_answer, seen.same_passage) == ("test_seen", 2, 0, 1)


def test_nothing_that_is_held_out_for_new_documents_shares_a_passage_with_training() -> None:
    pairs = [make_pair(family, n) for family in ("ash", "bay", "cob", "dew", "elm") for n in range(30)]
    for leak in leakage(split(pairs, SplitSettings(validation=0.2, test=0.2), 3407)):
        assert leak.split == "test_seen" or leak.same_passage == 0
