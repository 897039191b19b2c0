"""Self-retrieval: which questions find their own passage among many."""

from __future__ import annotations

import math

import pytest

from augment.likeness.retrieval import NAME, searched, self_retrieved, shares_of_best, titled
from tests.augment.pairs import make_pair

CHESS = "Chess is a game for two players. The winner of the final game in 1972 was Bobby Fischer."
TENNIS = "Tennis is a game for two players. The winner of the final was Rod Laver, who won the final again."
BLEU = "BLEU is a metric for machine translation. BLEU counts n-grams."
PASSAGES = [CHESS, TENNIS, BLEU]


def test_a_question_that_stands_alone_finds_its_passage() -> None:
    questions = ["Who won the chess game of 1972?", "What does BLEU count?"]
    shares = shares_of_best([searched(questions, [CHESS, BLEU], PASSAGES)])
    assert shares == pytest.approx([1.0, 1.0])


def test_one_that_does_not_finds_another() -> None:
    assert shares_of_best([searched(["Who won the final?"], [CHESS], PASSAGES)])[0] < 0.8
    assert shares_of_best([searched(["What does BLEU count?"], [CHESS], PASSAGES)]) == [0.0]


def test_words_that_no_passage_holds_tell_nothing() -> None:
    assert shares_of_best([searched(["What is Zyzzyva?"], [CHESS], PASSAGES)]) == [1.0]


def test_the_score_is_bm25() -> None:
    """Of one word, in two passages of three: the share is that of its damped counts, the rarity cancels out."""
    lengths = [2, 5, 2]
    passages = ["alpha beta", "alpha gamma delta epsilon zeta", "eta theta"]
    mean = sum(lengths) / 3
    first, second = (2.2 / (1 + 1.2 * (0.25 + 0.75 * length / mean)) for length in lengths[:2])
    assert math.isclose(shares_of_best([searched(["alpha"], [passages[1]], passages)])[0], second / first, rel_tol=1e-5)


def test_pairs_and_entries() -> None:
    good = make_pair("What does BLEU count?", "BLEU counts n-grams.", "n-grams", BLEU)
    bad = make_pair("Who won the final game?", TENNIS, "Rod Laver", CHESS + " Rod Laver")
    passages = [titled("Notes", text) for text in (*PASSAGES, TENNIS * 2)]
    own = [titled("Notes", pair.context) for pair in (good, bad)]
    kept, entries = self_retrieved([good, bad], [searched([good.question, bad.question], own, passages)], 0.95)
    assert [pair.id for pair in kept] == [good.id]
    assert kept[0].checks[NAME] == 1.0
    assert [(entry.id, entry.step) for entry in entries] == [(bad.id, "gate self-retrieval")]
    assert self_retrieved([], [], 0.5) == ([], [])


def test_passages_of_all_documents_are_searched_each_text_once() -> None:
    """However they are dealt out to documents, and though one stands in two."""
    questions, own = ["Who won the final?", "What does BLEU count?", "What is Zyzzyva?"], [TENNIS, BLEU, CHESS]
    together = shares_of_best([searched(questions, own, PASSAGES)])
    apart = [
        searched(questions[:1], own[:1], [TENNIS, CHESS]),
        searched(questions[1:], own[1:], [BLEU, CHESS]),
        searched([], [], []),
    ]
    assert shares_of_best(apart) == pytest.approx(together)
