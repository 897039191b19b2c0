"""What something does, to what, and what it is compared with."""

from __future__ import annotations

import pytest

from tests.augment.rules.asked import asked

ASKED = [
    # particle, object
    (
        "DPR consists of two encoders: one for questions and one for passages.",
        [
            ("What does DPR consist of?", "two encoders: one for questions and one for passages"),
            ("How many encoders does DPR consist of?", "two"),
        ],
    ),
    (
        "Beam-search behaviour depends on the implementation of the sampler, so no two libraries agree.",
        [("What does beam-search behaviour depend on?", "the implementation of the sampler")],
    ),
    (
        "Weight decay shrinks all weights a little because large weights overfit.",
        [
            ("What does weight decay shrink?", "all weights a little"),
            ("Why does weight decay shrink all weights a little?", "because large weights overfit"),
        ],
    ),
    (
        "Activation scaling protects the weights that meet large activations by scaling them before rounding.",
        [
            ("What does activation scaling protect?", "the weights that meet large activations"),
            (
                "How does activation scaling protect the weights that meet large activations?",
                "by scaling them before rounding",
            ),
        ],
    ),
    ("LSH divides each signature into bands.", [("What does LSH divide each signature into?", "bands")]),
    (
        "BERT uses a subword vocabulary and marks a piece that continues a word.",
        [("What does BERT use?", "a subword vocabulary")],
    ),
    (
        "Chat models add special tokens when a turn ends.",
        [
            ("What do chat models add?", "special tokens"),
            ("When do chat models add special tokens?", "when a turn ends"),
        ],
    ),
    # the verb in another tense, behind an auxiliary, or in a relative clause
    ("Adam can replace momentum in most recipes.", [("What can Adam replace?", "momentum in most recipes")]),
    (
        "Dropout has improved the accuracy of many networks.",
        [("What has dropout improved?", "the accuracy of many networks")],
    ),
    ("Adam replaced the plain gradient in 2015.", [("What did Adam replace?", "the plain gradient in 2015")]),
    ("SGD needs to store a single buffer.", [("What does SGD need to store?", "a single buffer")]),
    (
        "It is known that text is cut by SentencePiece, which replaces each space with a visible symbol.",
        [("What does SentencePiece replace each space with?", "a visible symbol")],
    ),
    ("Dropout is useful for small datasets.", [("What is dropout useful for?", "small datasets")]),
    ("LoRA adapters are stored in a single file.", [("What are LoRA adapters stored in?", "a single file")]),
    # what stands before the subject
    (
        "At inference time, LoRA merges two small matrices with a large one.",
        [
            ("At inference time, what does LoRA merge?", "two small matrices with a large one"),
            ("At inference time, how many small matrices does LoRA merge?", "two"),
        ],
    ),
    (
        "Although Adam needs more memory, it is used widely, and LoRA reduces the number of states.",
        [],
    ),
    (
        "Because LoRA keeps the base weights frozen and can be merged, LoRA adds no latency.",
        [("Why does LoRA add no latency?", "LoRA keeps the base weights frozen and can be merged")],
    ),
    # enabling, complement, comparison, examples, claim
    (
        "LoRA allows a small GPU to train a large model.",
        [("What does LoRA allow a small GPU to do?", "train a large model")],
    ),
    (
        "BM25 plays an important role in retrieval for language models.",
        [("What does BM25 play an important role in?", "retrieval for language models")],
    ),
    ("AdaGrad is less robust than Adam.", [("What is AdaGrad less robust than?", "Adam")]),
    (
        "The report compares sparse retrieval models, such as BM25 and TF-IDF, on one task.",
        [("What are examples of sparse retrieval models?", "BM25 and TF-IDF")],
    ),
    (
        "ZeRO assumes that the devices share a fast link.",
        [("What does ZeRO assume?", "that the devices share a fast link")],
    ),
    (
        "The report says that encoder-decoder models, such as T5, map an input text to an output text and suit tasks.",
        [("What is an example of encoder-decoder models?", "T5")],
    ),
    (
        "Language identification is used to sort documents.",
        [("What is language identification used for?", "to sort documents")],
    ),
    # what
    (
        "Merging adds the scaled product of two LoRA matrices to the frozen weights.",
        [("What adds the scaled product of two LoRA matrices to the frozen weights?", "Merging")],
    ),
]


@pytest.mark.parametrize(("sentence", "expected"), ASKED, ids=[sentence[:40] for sentence, _ in ASKED])
def test_what_is_asked(sentence: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(asked(sentence)) == sorted(expected)
