from __future__ import annotations

from collections import Counter

import pytest

from extractors.hyphens import joint, vocabulary

WORDS = Counter(
    {"network": 3, "state-of-the-art": 2, "fine-tuned": 2, "feedforward": 1, "the": 9, "cifar": 1, "minibatch": 2}
)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a deep net-", "work learns", "a deep network learns"),
        ("these are fine-", "tuned models", "these are fine-tuned models"),
        ("the state-of-the-", "art result", "the state-of-the-art result"),
        ("the state-of-", "the-art result", "the state-of-the-art result"),
        ("a feature-", "target pair", "a feature-target pair"),
        ("the under-", "standing of it", "the understanding of it"),
        ("two mini-", "batches of it", "two minibatches of it"),
        ("models of self-", "play", "models of self-play"),
        ("a non-", "convex loss", "a non-convex loss"),
        ("an NP-", "hard problem", "an NP-hard problem"),
        ("a k-", "branched tree", "a k-branched tree"),
        ("an octree-", "based method", "an octree-based method"),
        ("the poly-", "tope of it", "the polytope of it"),
        ("ex-", "periments show", "experiments show"),
        ("the uni-", "variate case", "the univariate case"),
        ("we use BERT-", "Base here", "we use BERT-Base here"),
        ("on CI-", "FAR-10 and", "on CIFAR-10 and"),
        ("a GPT-", "3 model", "a GPT-3 model"),
        ("of ResNet-", "50 and", "of ResNet-50 and"),
        ("in 2-", "dimensional space", "in 2-dimensional space"),
        ("both pre-", "and post-training", "both pre- and post-training"),
        ("the up-", "and-coming one", "the up-and-coming one"),
        ("as such -", "and not more", "as such - and not more"),
        ("no hyphen", "at all", "no hyphen at all"),
        ("from 9%–", "19% of", "from 9%–19% of"),
        ("by Krzy-", "zewski and", "by Krzyzewski and"),
        ("see https://example.org/", "paper", "see https://example.org/paper"),
    ],
)
def test_hyphens_at_line_ends(before: str, after: str, expected: str) -> None:
    assert "".join(joint(before, after, WORDS)) + after == expected


def test_the_document_decides_how_it_writes_words_with_a_prefix() -> None:
    apart = vocabulary(["non-smooth and non-stationary and non-uniform ones"])
    together = vocabulary(["nonsmooth and nonstationary and nonuniform ones"])
    assert "".join(joint("a non-", "linear map", apart)) == "a non-"
    assert "".join(joint("a non-", "linear map", together)) == "a non"


def test_vocabulary_leaves_out_words_broken_at_a_line_end() -> None:
    words = vocabulary(["the quick net-", "work of well-known nets", "the end"])
    assert words["the"] == 2
    assert words["well-known"] == 1
    assert "net" not in words
    assert "work" not in words
