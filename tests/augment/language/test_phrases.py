from __future__ import annotations

import pytest

from augment.language.phrases import subject
from augment.language.spelling import Spelling

SPELLING = Spelling.of(["in the text, Wikipedia and Common Crawl stand beside momentum and Adam"])


@pytest.mark.parametrize(
    ("opening", "within"),
    [
        ("The learning rate", "the learning rate"),
        ("Momentum", "momentum"),
        ("Perplexity", "perplexity"),
        ("Adam", "Adam"),
        ("Wikipedia", "Wikipedia"),
        ("Common Crawl", "Common Crawl"),
        ("GPT-2", "GPT-2"),
        ("AdaGrad", "AdaGrad"),
        ("Dense Passage Retrieval", "Dense Passage Retrieval"),
        ("Jakob Uszkoreit", "Jakob Uszkoreit"),
        ("Out-Of-Band networking", "Out-Of-Band networking"),
        ("Post-training quantisation", "post-training quantisation"),
        ("Transformers", "Transformers"),
        ("Quorble", None),
        ("Modern Transformers", None),
    ],
)
def test_the_first_letter_within_a_sentence(opening: str, within: str | None) -> None:
    assert SPELLING.within(opening) == within


@pytest.mark.parametrize(
    "phrase",
    [
        "the vocabulary gap of BM25",
        "weight decay",
        "a byte-level tokeniser",
        "the Jaccard similarity",
        "dense passage retrieval (DPR)",
        "the weakness of sparse retrieval",
        "positional encodings",
        "the original Transformer",
        "gradients",
        "randomly initialised weights",
        "single precision (FP32)",
    ],
)
def test_what_stands_alone(phrase: str) -> None:
    found = subject(phrase, SPELLING, opens=False)
    assert found is not None
    assert found.settled
    assert found.text == phrase


@pytest.mark.parametrize(
    "phrase",
    [
        "it",
        "this method",
        "the model",
        "the training set",
        "the previous layer",
        "the first term",
        "its size",
        "a safe method",
        "results",
        "the results",
        "the advantage",
        "thin vertical lines",
        "the model of the authors",
        "BM25 reads and",
        "a network reads",
        "models trained on text",
        "the word x",
        "12 layers",
        "the model's size",
        "a models",
        "each of",
        "",
    ],
)
def test_what_does_not(phrase: str) -> None:
    found = subject(phrase, SPELLING, opens=False)
    assert found is None or not found.settled


@pytest.mark.parametrize(
    ("phrase", "plural"),
    [
        ("weight matrices", True),
        ("the analysis", False),
        ("GPUs", True),
        ("GPUs of NVIDIA", True),
        ("the loss", False),
        ("DPR", False),
        ("the sizes of a network", True),
        ("statistics", True),
    ],
)
def test_number(phrase: str, plural: bool) -> None:
    found = subject(phrase, SPELLING, opens=False)
    assert found is not None
    assert found.plural is plural
    assert found.do == ("do" if plural else "does")
    assert found.agrees("are") is plural
    assert found.agrees("can")
