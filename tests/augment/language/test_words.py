from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.language.stems import content, covered, stem
from augment.language.words import FINITE, VERBS, is_name, is_plural, singular, third_person


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("models", "model"),
        ("classes", "class"),
        ("policies", "policy"),
        ("indices", "index"),
        ("matrices", "matrix"),
        ("boxes", "box"),
        ("sizes", "size"),
        ("caches", "cache"),
        ("batches", "batch"),
        ("tokens", "token"),
        ("GPUs", "gpu"),
    ],
)
def test_plurals(plural: str, one: str) -> None:
    assert singular(plural) == one
    assert is_plural(plural)
    assert not is_plural(one)


@pytest.mark.parametrize("word", ["loss", "bias", "analysis", "corpus", "lens", "BERT", "DNS", "statics", "gas"])
def test_what_only_looks_plural(word: str) -> None:
    assert not is_plural(word)


@pytest.mark.parametrize(
    ("verb", "form"),
    [("reduce", "reduces"), ("pass", "passes"), ("apply", "applies"), ("have", "has"), ("play", "plays")],
)
def test_third_person(verb: str, form: str) -> None:
    assert third_person(verb) == form


def test_the_verbs_are_listed_once_and_in_base_form() -> None:
    assert len(FINITE) == len(VERBS)
    assert not FINITE.keys() & VERBS.keys()
    assert set(VERBS.values()) <= {"", "*", "!", "*!"}


@pytest.mark.parametrize(
    ("word", "named"), [("GPT-2", True), ("AdaGrad", True), ("C4", True), ("Adam", False), ("a", False)]
)
def test_is_name(word: str, named: bool) -> None:
    assert is_name(word) is named


def test_stems_meet_across_forms() -> None:
    assert stem("reduces") == stem("reduce") == stem("reducing") == stem("reduced")
    assert content("What do the tokenisers use?") == [stem("tokeniser"), stem("use")]


@given(st.text(), st.text())
def test_coverage_is_a_share(text: str, other: str) -> None:
    assert 0 <= covered(text, other) <= 1
    assert covered(text, text) == 1
