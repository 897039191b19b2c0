"""Questions that follow from their sentence by moving words, and questions that a weak model might write instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.language.derivation import derivation
from augment.language.spelling import Spelling

SPELLING = Spelling.of(["the weight decay of Adam"])

BLEU = "BLEU was introduced by Papineni and colleagues in 2002."
ADAM = "Adam combines momentum with the scaling of RMSProp."
GPT = "GPT-2 small has 12 layers; Adam uses two averages."


@pytest.mark.parametrize(
    ("question", "sentence", "span"),
    [
        ("Who was BLEU introduced by?", BLEU, "Papineni and colleagues"),
        ("When was BLEU introduced?", BLEU, "2002"),
        ("When was BLEU introduced by Papineni and colleagues?", BLEU, "2002"),
        ("What does Adam combine with the scaling of RMSProp?", ADAM, "momentum"),
        ("What does Adam combine momentum with?", ADAM, "the scaling of RMSProp"),
        ("What combines momentum with the scaling of RMSProp?", ADAM, "Adam"),
        ("How many layers does GPT-2 small have?", GPT, "12"),
        ("How many averages does Adam use?", GPT, "two"),
        ("What was introduced by Vaswani?", "The Transformer was introduced by Vaswani.", "Transformer"),
        ("What can GPTQ quantise?", "GPTQ can quantise a model to four bits.", "a model"),
    ],
)
def test_what_follows(question: str, sentence: str, span: str) -> None:
    assert derivation(question, sentence, span, SPELLING) == 1


@pytest.mark.parametrize(
    ("question", "sentence", "span"),
    [
        ("What does LoRA add a product?", "LoRA adds a product BA.", "BA"),
        ("What do large chunks of?", "Large chunks of 500 words keep the context.", "500 words"),
        ("What does Adam have been proved via?", "Adam has been proved via experiments.", "experiments"),
        ("What is pretraining?", "Pretraining is computationally intensive.", "computationally intensive"),
        ("Who introduced Papineni and colleagues?", BLEU, "BLEU"),
        ("Who was BLEU introduced?", BLEU, "Papineni and colleagues"),
        ("What is the name of the name of the name?", BLEU, "BLEU"),
        ("What was BLEU called?", BLEU, "2002"),
        ("What does Adam combines momentum with?", ADAM, "the scaling of RMSProp"),
        ("What is Adam combine momentum with?", ADAM, "the scaling of RMSProp"),
        ("What does adam combine momentum with?", ADAM, "the scaling of RMSProp"),
        ("What does RMSProp combine?", ADAM, "momentum"),
        ("What is slow?", "Offloading is slow, because the bus is.", "Offloading"),
        (
            "What was introduced by Ba?",
            "Layer normalisation was introduced by Ba, Kiros and Hinton.",
            "Layer normalisation",
        ),
        ("How many layers does small have?", GPT, "12"),
        ("How many averages does GPT-2 small have?", GPT, "two"),
        ("What is ADAM therefore?", "ADAM is therefore fast.", "fast"),
        ("What is called NormalFloat?", "The type is called NormalFloat.", "The type"),
        ("What do TF models like?", "TF models like BM25 are fast.", "BM25"),
        ("What does Adam map a query and a set of?", "Adam maps a query and a set of keys.", "keys"),
        ("What is Adam used in a variety of?", "Adam is used in a variety of tasks.", "tasks"),
        ("What is FAISS?", "FAISS is an extremely efficient, open library.", "an extremely efficient"),
        ("What is FAISS?", "FAISS is a tool with which to search.", "a tool"),
        ("What does it use?", "It uses two averages.", "two averages"),
        ("What does the model use?", "The model uses two averages.", "two averages"),
        ("", ADAM, "momentum"),
        ("What does Adam combine?", ADAM, "not there"),
    ],
)
def test_what_does_not(question: str, sentence: str, span: str) -> None:
    assert 0 <= derivation(question, sentence, span, SPELLING) < 1


@given(st.permutations(["What", "does", "Adam", "combine", "momentum", "with"]))
def test_words_in_another_order_do_not_follow(words: list[str]) -> None:
    question = " ".join(words) + "?"
    follows = derivation(question, ADAM, "the scaling of RMSProp", SPELLING) == 1
    assert follows is (question == "What does Adam combine momentum with?")


@pytest.mark.parametrize(
    "question",
    ["What is a second?", "What is a second remedy?", "What is a number by?", "Who is a number by which it divides?"],
)
def test_what_is_cut_off_or_leans_does_not_follow(question: str) -> None:
    sentence = "Accumulation is a second remedy; Temperature is a number by which it divides."
    for span in ("Accumulation", "Temperature"):
        assert derivation(question, sentence, span, SPELLING) < 1
