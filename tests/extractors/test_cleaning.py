from __future__ import annotations

import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.cleaning import clean, joint, vocabulary


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("e\ufb03cient \ufb02ow", "efficient flow"),
        ("soft\u00adly", "softly"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("O\u02d8guz and Do\u02d8gan", "Oğuz and Doğan"),
        ("na¨ıve Poincar´e", "naïve Poincaré"),
        ("x\u0301 cafe\u0301", "x\u0301 café"),
        ("area in m² and H₂O, 10⁻³", "area in m² and H₂O, 10⁻³"),
        ("author\u02bcs", "author’s"),
        ("non\u2011breaking\u2010hyphen", "non-breaking-hyphen"),
        ("a \n b\u00a0c\td", "a b c d"),
        ("\x00nul\x07\uf0a0", "nul"),
        ("𝐱 ∈ ℝ", "x ∈ R"),
    ],
)
def test_clean(raw: str, expected: str) -> None:
    assert clean(raw) == expected


@given(st.text(max_size=80))
def test_clean_is_idempotent_and_leaves_no_unseen_characters(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert not any(unicodedata.category(c) in ("Cc", "Co") for c in once)
    assert "  " not in once


WORDS = Counter({"network": 3, "state-of-the-art": 2, "fine-tuned": 2, "feedforward": 1, "the": 9})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a deep net-", "work learns", "a deep network learns"),
        ("these are fine-", "tuned models", "these are fine-tuned models"),
        ("the state-of-the-", "art result", "the state-of-the-art result"),
        ("the state-of-", "the-art result", "the state-of-the-art result"),
        ("a feature-", "target pair", "a feature-target pair"),
        ("the under-", "standing of it", "the understanding of it"),
        ("models of self-", "play", "models of self-play"),
        ("we use BERT-", "Base here", "we use BERT-Base here"),
        ("a GPT-", "3 model", "a GPT-3 model"),
        ("no hyphen", "at all", "no hyphen at all"),
        ("from 9%–", "19% of", "from 9%–19% of"),
        ("by Krzy-", "zewski and", "by Krzyzewski and"),
    ],
)
def test_hyphens_at_line_ends(before: str, after: str, expected: str) -> None:
    assert "".join(joint(before, after, WORDS)) + after == expected


def test_vocabulary_leaves_out_words_broken_at_a_line_end() -> None:
    words = vocabulary(["the quick net-", "work of well-known nets", "the end"])
    assert words["the"] == 2
    assert words["well-known"] == 1
    assert "net" not in words
    assert "work" not in words
