"""Sentences that the rules must leave alone."""

from __future__ import annotations

import pytest

from tests.augment.rules.asked import asked

LEFT_ALONE = [
    "SGD is the simplest optimiser in use.",
    "The data type is called NormalFloat (NF4) in the QLoRA paper.",
    "ROUGE looks at recall more than at precision.",
    "It is a technique that estimates the similarity of two sets.",
    "This method is a technique that estimates the similarity of two sets.",
    "The model is a network that reads two sets of words.",
    "The previous layer is a network that reads two sets of words.",
    "Such filters are rules that decide whether a page is kept.",
    "Our model was introduced by Devlin and colleagues in 2019.",
    "A momentum coefficient of 0.9 is a common choice for large batches.",
    "BM25 is the right baseline for every dense retriever.",
    "Adam is the best choice for most of the networks.",
    "Prompt engineering is all about the way in which a model is asked.",
    "The input embeddings are passed through many blocks to form a state.",
    "Results are numbers that describe the outcome of a run.",
    "Parameters are complex objects that hold values and gradients.",
    "The idea goes back to stochastic approximation, which was introduced by Robbins and Monro in 1951.",
    "Intel Gaudi exposes separate clocks for matrix products.",
    "RMSProp replaces the sum by an average.",
    "A safe method writes two copies of each file.",
    "BERT combines the best of both worlds.",
    "Figure 3 shows the two paths from the input to the output.",
    "A mode was added to TensorFlow in later versions.",
    "The transposed convolution is named after the transposition.",
    "Use a technique that estimates the similarity of two sets.",
    "Draw a sample from a Gaussian process (GP) with two means.",
    "ZeRO - Enable Memory Centric Tiling (MCT).",
    "Quorble is a library that reads two sets of words.",
    "Adam does not depend on the scale of the gradients only because it divides.",
    "GloVe has two parameters for each word.",
    "Is MinHash a technique that estimates similarity?",
    "ALBERT is similar to that of BERT.",
    "If it is too large, the loss diverges within a few steps.",
    "If the rate is too large, it diverges within a few steps.",
    "A special token is added twice, once by a template and once by the tokeniser.",
    "The loss reaches the ones found by hand.",
]  # fmt: skip


@pytest.mark.parametrize("sentence", LEFT_ALONE)
def test_what_is_left_alone(sentence: str) -> None:
    assert asked(sentence) == []


def test_an_answer_that_is_a_citation_mark_is_not_taken() -> None:
    assert asked("LoRA adapters are described by [12].") == []
