from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.language.words import QUESTION_WORDS
from augment.operators.noise import GRAMMAR, NEIGHBOURS, SOUNDS_LIKE, common_words, noise, slipped
from augment.settings import AugmentSettings
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
    "without",
    "three",
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
    assert 1 <= slips <= 2
    assert noisy != question
    for word in question.rstrip("?").split():
        if word in TERMS or word in answer or word.lower() in QUESTION_WORDS | {"without", "three"}:
            times = rf"(?<!\S){re.escape(word)}(?=[?\s])"
            assert len(re.findall(times, noisy)) == len(re.findall(times, question)), (question, noisy, word)
    assert re.findall(r"\d", noisy) == re.findall(r"\d", question)
    assert len(noisy.rstrip(" ?").split()) >= len(question.split()) - slips, "no more than an article is left out"
    assert noisy.endswith("?") and noisy.count("?") == 1


@given(questions, st.integers())
def test_a_slip_of_the_keyboard_gives_no_other_word(question: str, seed: int) -> None:
    context = "the attention layers of a model change places while training"
    noisy, _ = slipped(question, "", context, Random(seed))
    new = set(noisy.lower().rstrip(" ?").split()) - set(question.lower().rstrip(" ?").split())
    meant = {*GRAMMAR.values(), *SOUNDS_LIKE.values(), *PLAIN}
    typed = {word for word in new if word not in meant}
    assert not typed & common_words()
    assert not typed & set(context.split())


@pytest.mark.parametrize(
    "question",
    [
        "In “Attention is all you need”, what is the expected calibration error of question answering?",
        "Which three or four models were never trained without dropout?",
        "What is the BERT-based value network of C++, x86 and GPT-2 used for in 3 of 10 cases?",
    ],
)
def test_titles_numbers_negations_and_terms_of_small_words_stay(question: str) -> None:
    kept = ["“Attention is all you need”", "expected calibration error", "question answering", "three", "four", "never"]
    kept += ("without dropout", "dropout", "BERT-based value network", "C++", "x86", "GPT-2", "3", "10", "models")
    for seed in range(200):
        noisy, _ = slipped(question, "", "", Random(seed))
        assert all((words in noisy) == (words in question) for words in kept), noisy


def test_every_kind_of_slip_is_made() -> None:
    question = "What are the models, by their size, used for when they depend on the effect of attention?"
    slips = {slipped(question, "", "", Random(seed))[0] for seed in range(400)}
    said = " | ".join(slips)
    kinds = ["What is the", "effect off attention", "affect", "buy", "there size", "What are models"]
    kinds += (" ?", "size , used", "size used", "Their", "Depend", "depedn", "deppend", "depnd")
    assert [kind for kind in kinds if kind not in said] == []


def test_the_copy_keeps_all_but_its_question() -> None:
    pairs = some_pairs()
    noisy = noise(pairs, pairs, AugmentSettings(), 7)
    assert len(noisy) == len(pairs)
    roots = {pair.id: pair for pair in pairs}
    for copy in noisy:
        root = roots[copy.parent_id]
        own = {"id", "parent_id", "kind", "question", "generator", "checks"}
        assert copy.model_dump(exclude=own) == root.model_dump(exclude=own)
        assert copy.question != root.question
        assert (copy.kind, copy.generator) == ("noise", "noise@2")
        assert 0 < copy.checks["slips_per_character"] < 0.15
    assert len({copy.id for copy in noisy} | set(roots)) == len(noisy) + len(pairs)


def test_noise_is_the_same_again_and_in_any_order() -> None:
    pairs = some_pairs()
    noisy = {copy.parent_id: copy for copy in noise(pairs, pairs, AugmentSettings(), 7)}
    again = {copy.parent_id: copy for copy in noise(pairs[::-1], pairs, AugmentSettings(), 7)}
    assert noisy == again
    other = {copy.parent_id: copy for copy in noise(pairs, pairs, AugmentSettings(), 8)}
    assert other != noisy


def test_keys_touch_one_another() -> None:
    assert set(NEIGHBOURS["g"]) == set("ftyhbv")
    assert set(NEIGHBOURS["q"]) == set("wa")
    assert all(key in NEIGHBOURS[other] for key, others in NEIGHBOURS.items() for other in others)
