"""What something is, what its name stands for, and where it comes from."""

from __future__ import annotations

import pytest

from tests.augment.rules.asked import asked

ASKED = [
    # definition, kind
    (
        "MinHash is a technique that estimates the Jaccard similarity of two sets.",
        [
            ("What is MinHash?", "a technique that estimates the Jaccard similarity of two sets"),
            ("Which technique estimates the Jaccard similarity of two sets?", "MinHash"),
        ],
    ),
    (
        "A quality filter is a rule or a model that decides whether a page is kept.",
        [("What is a quality filter?", "a rule or a model that decides whether a page is kept")],
    ),
    (
        "Near-duplicates are texts that differ in a few words.",
        [("What are near-duplicates?", "texts that differ in a few words")],
    ),
    (
        "Perplexity is the exponential of the cross-entropy, and it depends on the corpus.",
        [("What is perplexity?", "the exponential of the cross-entropy")],
    ),
    (
        "Precision is the share of reported items that are correct, and recall is the share of items reported at all.",
        [
            ("What is precision?", "the share of reported items that are correct"),
            ("What is recall?", "the share of items reported at all"),
        ],
    ),
    ("Jakob Uszkoreit is the co-founder of Inceptive.", [("Who is Jakob Uszkoreit?", "the co-founder of Inceptive")]),
    # acronym
    (
        "Dense Passage Retrieval (DPR) uses two encoders for speed.",
        [
            ("What does DPR stand for?", "Dense Passage Retrieval"),
            ("What does Dense Passage Retrieval (DPR) use?", "two encoders for speed"),
            ("How many encoders does Dense Passage Retrieval (DPR) use?", "two"),
        ],
    ),
    (
        "The Colossal Clean Crawled Corpus (C4) was cleaned by hand.",
        [("What does C4 stand for?", "Colossal Clean Crawled Corpus")],
    ),
    (
        "Activation-aware weight quantisation (AWQ) was cleaned by hand.",
        [("What does AWQ stand for?", "Activation-aware weight quantisation")],
    ),
    ("Most of all, SSDs (solid state drives) are fast.", []),
    ("Solid state drives (SSDs) are fast.", [("What does the acronym SSDs stand for?", "Solid state drives")]),
    (
        "The acronym BLEU stands for bilingual evaluation understudy.",
        [("What does the acronym BLEU stand for?", "bilingual evaluation understudy")],
    ),
    # origin, maker
    (
        "BLEU was introduced by Papineni and colleagues in 2002.",
        [("Who introduced BLEU?", "Papineni and colleagues"), ("When was BLEU introduced?", "2002")],
    ),
    (
        "Bloom filters, which were described by Burton Bloom in 1970, can report a false positive.",
        [("Who described Bloom filters?", "Burton Bloom"), ("When were Bloom filters described?", "1970")],
    ),
    ("GPTQ, which was published by Frantar et al., is slow.", [("Who published GPTQ?", "Frantar et al.")]),
    (
        "FastText is a library for word vectors that was developed at Facebook AI Research.",
        [
            ("What is FastText?", "a library for word vectors that was developed at Facebook AI Research"),
            ("Which library for word vectors was developed at Facebook AI Research?", "FastText"),
            ("Where was FastText developed?", "Facebook AI Research"),
        ],
    ),
    (
        "Kudo and Richardson published SentencePiece in 2018.",
        [("Who published SentencePiece?", "Kudo and Richardson")],
    ),
    # aspect, name, reason, quantity, types
    (
        "The main advantage of Adam is that it adapts its step size.",
        [("What is the main advantage of Adam?", "that it adapts its step size")],
    ),
    (
        "The number of sequences kept is called the beam width.",
        [("What is the number of sequences kept called?", "the beam width")],
    ),
    (
        "Nucleus sampling, also called top-p sampling, adapts to the model.",
        [("What is nucleus sampling also called?", "top-p sampling")],
    ),
    (
        "Duplicates waste computation, because the model has already seen them.",
        [
            ("What do duplicates waste?", "computation"),
            ("Why do duplicates waste computation?", "because the model has already seen them"),
        ],
    ),
    (
        "Weight matrices cannot be shared because they differ in size.",
        [("Why can weight matrices not be shared?", "because they differ in size")],
    ),
    (
        "A byte-level tokeniser has exactly 256 basic symbols.",
        [("How many basic symbols does a byte-level tokeniser have?", "exactly 256")],
    ),
    (
        "There are three types of parallelism: data, tensor and pipeline parallelism.",
        [("What are the three types of parallelism?", "data, tensor and pipeline parallelism")],
    ),
]


@pytest.mark.parametrize(("sentence", "expected"), ASKED, ids=[sentence[:40] for sentence, _ in ASKED])
def test_what_is_asked(sentence: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(asked(sentence)) == sorted(expected)
