from __future__ import annotations

import re
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from augment.facts import distance
from augment.operators.noise import NEIGHBOURS, common_words, noise, slipped
from augment.settings import AugmentSettings
from augment.words import QUESTION_WORDS
from tests.augment.pairs import some_pairs

PLAIN = (
    "model",
    "layer",
    "attention",
    "training",
    "weights",
    "does",
    "used",
    "during",
    "because",
    "between",
    "through",
    "after",
    "with",
)
TERMS = (
    "BERT",
    "GPT-2",
    "AdamW",
    "512",
    "0.1",
    "fine-tuning",
    "15%",
    "LoRA",
    "x86",
    "Q4",
    "Wikipedia",
    "self-attention",
    "C++",
    "1,024",
)
OPENINGS = ["What", "Which", "How", "Why", "When", "Where", "Who"]

questions = st.builds(
    lambda opening, words: f"{opening} {' '.join(words)}?",
    st.sampled_from(OPENINGS),
    st.lists(st.sampled_from(PLAIN + TERMS), min_size=1, max_size=14),
)


@given(questions, st.lists(st.sampled_from(PLAIN + TERMS), max_size=4), st.integers())
def test_noise_leaves_numbers_terms_and_the_words_of_the_answer(question: str, answer: list[str], seed: int) -> None:
    noisy, slips = slipped(question, " ".join(answer), "", Random(seed))
    assert slips <= 2
    assert (noisy == question) == (slips == 0)
    for word in question.rstrip("?").split():
        kept = word in TERMS or word in answer or word.lower() in QUESTION_WORDS
        if kept:
            times = rf"(?<!\S){re.escape(word)}(?=[?\s])"
            assert len(re.findall(times, noisy)) == len(re.findall(times, question)), (question, noisy, word)
    assert re.findall(r"\d", noisy) == re.findall(r"\d", question)
    assert distance(question, noisy) <= 4 / len(question), "a slip is one character, or two that change places"


@given(questions, st.integers())
def test_a_slip_gives_no_other_word(question: str, seed: int) -> None:
    context = "the attention layers of a model change places while training"
    noisy, _ = slipped(question, "", context, Random(seed))
    new = set(noisy.lower().rstrip(" ?").split()) - set(question.lower().rstrip(" ?").split())
    changed = {word for word in new if word not in PLAIN}
    assert not changed & common_words()
    assert not changed & set(context.split())


def test_the_copy_keeps_all_but_its_question() -> None:
    pairs = some_pairs()
    noisy = noise(pairs, AugmentSettings(), 7)
    assert len(noisy) >= len(pairs) - 1
    roots = {pair.id: pair for pair in pairs}
    for copy in noisy:
        root = roots[copy.parent_id]
        own = {"id", "parent_id", "kind", "question", "generator", "checks"}
        assert copy.model_dump(exclude=own) == root.model_dump(exclude=own)
        assert copy.question != root.question
        assert (copy.kind, copy.generator) == ("noise", "noise@1")
        assert 0 < copy.checks["slips_per_character"] < 0.15
    assert len({copy.id for copy in noisy} | set(roots)) == len(noisy) + len(pairs)


def test_noise_is_the_same_again_and_in_any_order() -> None:
    pairs = some_pairs()
    noisy = {copy.parent_id: copy for copy in noise(pairs, AugmentSettings(), 7)}
    again = {copy.parent_id: copy for copy in noise(pairs[::-1], AugmentSettings(), 7)}
    assert noisy == again
    other = {copy.parent_id: copy for copy in noise(pairs, AugmentSettings(), 8)}
    assert other != noisy


def test_keys_touch_one_another() -> None:
    assert set(NEIGHBOURS["g"]) == set("ftyhbv")
    assert set(NEIGHBOURS["q"]) == set("wa")
    assert all(key in NEIGHBOURS[other] for key, others in NEIGHBOURS.items() for other in others)
