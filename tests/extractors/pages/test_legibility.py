from __future__ import annotations

import pytest

from extractors.pages.legibility import doubt, legibility
from tests.extractors.hard_pages import GERMAN, STAMP, code, digital, misread, numbers, references, shifted

PROSE = (
    "The quick review of the scanned page begins here. Every sentence of it was set in type, drawn as a picture and "
    "turned a little, so that nothing but its look is left of the text. A program that reads it must find the words. "
)


@pytest.mark.parametrize(
    ("text", "picture", "ink", "hidden", "expected"),
    [
        (PROSE * 2, 0.0, 0.0, 0.0, ""),
        (PROSE * 6, 1.0, 0.0, 0.0, ""),
        ("", 1.0, 0.0, 0.0, "no text"),
        ("", 0.0, 0.02, 0.0, "no text"),
        ("", 0.0, 0.0, 0.0, ""),
        ("the last words", 0.001, 0.0, 0.0, ""),
        (STAMP, 0.6, 0.0, 0.0, "a picture with little text"),
        (STAMP * 5, 0.9, 0.0, 0.0, "a picture with little text"),
        (PROSE * 2, 0.6, 0.0, 0.0, ""),
        (STAMP, 0.0, 0.08, 0.0, "little text, and much that is drawn"),
        (STAMP, 0.0, 0.02, 0.0, ""),
        ("\ufffd\ufffd\ufffd and some words to be read " * 3, 0.0, 0.0, 0.0, "characters without a Unicode value"),
        ("文字化け" * 20, 0.0, 0.0, 0.0, "text in no Latin script"),
        (shifted(PROSE * 3), 0.0, 0.0, 0.0, "text that is no language"),
        ("lorem ipsum dolor sit amet consectetur adipiscing elit sed eiusmod tempor " * 20, 0.9, 0.0, 0.0,
         "a picture with a poor text layer"),
        (PROSE * 6, 1.0, 0.0, 1.0, "a picture with an invisible text layer"),
        (GERMAN * 4, 0.0, 0.0, 0.0, ""),
        (numbers(), 0.0, 0.0, 0.0, ""),
        (references(), 0.0, 0.0, 0.0, ""),
        (code(), 0.0, 0.0, 0.0, ""),
    ],
)  # fmt: skip
def test_what_is_in_doubt(text: str, picture: float, ink: float, hidden: float, expected: str) -> None:
    assert doubt(legibility(text), picture, ink, hidden) == expected


def test_no_page_that_was_never_scanned_is_in_doubt() -> None:
    for name in ("attention-and-transformers", "lora-and-qlora", "decoding-strategies"):
        for page in digital(name):
            assert doubt(legibility(page.get_text()), 0.0) == ""


def test_the_more_is_misread_the_lower_the_score() -> None:
    scores = [legibility(misread(share)(PROSE * 6)).score for share in (0.0, 0.05, 0.15, 0.4)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.9
    assert scores[-1] < 0.75
    assert legibility("").score == 0.0


def test_the_shares_are_of_what_they_say() -> None:
    found = legibility("Ab\ufffd c3 — the é")
    assert (found.characters, found.words) == (10, 4)
    assert found.strange == pytest.approx(0.1)
    assert found.latin == 1.0
    assert found.alphanumeric == pytest.approx(0.8)
    assert found.function_words == pytest.approx(0.25)
