"""When, why, how and by how much."""

from __future__ import annotations

import pytest

from tests.augment.rules.asked import asked

ASKED = [
    # condition, measured, reason, enabling, maker
    (
        "If the learning rate of Adam is too large, the loss diverges within a few steps.",
        [("What happens if the learning rate of Adam is too large?", "the loss diverges within a few steps")],
    ),
    ("BERT is slow when the batch is small.", [("When is BERT slow?", "when the batch is small")]),
    (
        "Gradient checkpointing reduces the memory of activations by 60 %.",
        [
            ("By how much does gradient checkpointing reduce the memory of activations?", "60 %"),
            ("What does gradient checkpointing reduce?", "the memory of activations"),
        ],
    ),
    (
        "ResNet-50 achieves 76.1 % accuracy on ImageNet.",
        [("What accuracy does ResNet-50 achieve on ImageNet?", "76.1 %")],
    ),
    (
        "BERT was trained with a learning rate of 0.1.",
        [
            ("What was BERT trained with?", "a learning rate of 0.1"),
            ("What learning rate was BERT trained with?", "0.1"),
        ],
    ),
    ("BERT cannot read several languages.", []),
    ("BERT is unable to replace each word.", [("What is BERT unable to replace?", "each word")]),
    ("BERT cannot replace each word.", [("What can BERT not replace?", "each word")]),
    (
        "BERT has the ability to read each word in parallel.",
        [("What does BERT have the ability to do?", "read each word in parallel")],
    ),
    (
        "To save memory, BERT is trained in bf16.",
        [
            ("Why is BERT trained in bf16?", "To save memory"),
            ("To save memory, what is BERT trained in?", "bf16"),
        ],
    ),
    ("DPR, a dense retriever, reads a passage.", [("What does DPR read?", "a passage")]),
    (
        "Seo et al. propose to encode phrases as vectors.",
        [("Who proposed to encode phrases as vectors?", "Seo et al.")],
    ),
    (
        "The encoder of BERT is not trained on images.",
        [("What is the encoder of BERT not trained on?", "images")],
    ),
    (
        "BERT can be trained for a task by adding a layer.",
        [
            ("How can BERT be trained for a task?", "by adding a layer"),
            ("What can BERT be trained for?", "a task"),
        ],
    ),
    (
        "Thanks to the causal mask, one pass gives many examples.",
        [],
    ),
    ("CIFAR-100 has 100 classes.", [("How many classes does CIFAR-100 have?", "100")]),
    (
        "DistilBERT was built on a model that was introduced by Devlin and colleagues in 2019.",
        [("What was DistilBERT built on?", "a model that was introduced by Devlin and colleagues in 2019")],
    ),
    # partner, purpose, manner
    (
        "ROUGE-L is based on the longest common subsequence.",
        [("What is ROUGE-L based on?", "the longest common subsequence")],
    ),
    (
        "Suffix arrays are used to find long substrings.",
        [("What are suffix arrays used for?", "to find long substrings")],
    ),
    (
        "Base models are trained to predict the next token.",
        [("What are base models trained to do?", "predict the next token")],
    ),
    ("File changes are detected by hashing every file.", [("How are file changes detected?", "by hashing every file")]),
    # measure, duration, there
    (
        "GPT-2 has a context length of 1024 tokens.",
        [
            ("What context length does GPT-2 have?", "1024 tokens"),
        ],
    ),
    (
        "Training a LoRA adapter on one card takes about 3 hours.",
        [("How long does training a LoRA adapter on one card take?", "about 3 hours")],
    ),
    (
        "There are 12 layers in BERT-base.",
        [("How many layers are there in BERT-base?", "12")],
    ),
]


@pytest.mark.parametrize(("sentence", "expected"), ASKED, ids=[sentence[:40] for sentence, _ in ASKED])
def test_what_is_asked(sentence: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(asked(sentence)) == sorted(expected)
