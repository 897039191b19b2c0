from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.cleaning import clean, lowered, raised


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
        ("\uf0b7 item \uf8eb", "• item ⎛"),
        ("un\ue123known", "un\ufffdknown"),
        ("de\ufffdne an e\ufffdcient o\ufffdce", "define an efficient office"),
        ("Fran¸cois, Publicac¸oes", "François, Publicaçoes"),
        ("Poincar´ e, Erd˝os, ˆβ and x¯", "Poincaré, Erdős, β̂ and x¯"),
        ("http://example.org/˜name", "http://example.org/˜name"),
        ("don´t", "don’t"),
        ("𝐱 ∈ ℝ", "x ∈ R"),
    ],
)
def test_clean(raw: str, expected: str) -> None:
    assert clean(raw) == expected


ODD = "´ˆ˜¯˘˙¨˚˝ˇ¸˛ıȷAac x\ufffd\u0301\ue000\uf0a0\x0c\x88\u00ad\u00a0ﬁ²ᵀ/\u2010\u02bc"


@settings(deadline=None)
@given(st.text(max_size=80) | st.text(alphabet=ODD, max_size=20))
def test_clean_is_idempotent_and_leaves_no_unseen_characters(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert not any(unicodedata.category(c) in ("Cc", "Co") for c in once)
    assert "  " not in once


@pytest.mark.parametrize(
    ("text", "mathematical", "expected"),
    [("2", False, "²"), ("−1", False, "⁻¹"), ("T", True, "ᵀ"), ("th", False, "th"), ("TM", False, "TM"),
     ("Q", True, "Q"), ("model", True, "model"), ("n ", True, "ⁿ "), ("(i)", True, "⁽ⁱ⁾")],
)  # fmt: skip
def test_raised(text: str, mathematical: bool, expected: str) -> None:
    assert raised(text, mathematical=mathematical) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", "₂"),
        ("t+1", "ₜ₊₁"),
        ("i", "ᵢ"),
        ("i,j", "ᵢ,ⱼ"),
        ("b", "b"),
        ("max", "max"),
        ("BASE", "BASE"),
        ("|x)", "|x)"),
    ],
)
def test_lowered(text: str, expected: str) -> None:
    assert lowered(text) == expected


@given(st.text(alphabet="0123456789abcdefghijklmnoprstuvwxyzABDEGTU+-=() ", max_size=8), st.booleans())
def test_scripts_keep_their_letters(text: str, mathematical: bool) -> None:
    """What a tokenizer that folds compatible characters reads is what was written on the line."""
    assert unicodedata.normalize("NFKC", raised(text, mathematical=mathematical)).replace("−", "-") == text
    assert unicodedata.normalize("NFKC", lowered(text)).replace("−", "-") == text
