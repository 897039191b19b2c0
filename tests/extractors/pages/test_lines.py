from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.pages.lines import Line, split_lead, text_lines
from extractors.pages.textlayer import text_layer
from tests.extractors import typeset


def lines(press: typeset.Press) -> list[Line]:
    return text_lines(text_layer(press.page), 1)


def row(*pieces: tuple[str, float, float]) -> Line:
    """A row of pieces, each with its size and its rise over the baseline."""
    press, x = typeset.Press(), 72.0
    for text, size, rise in pieces:
        x = press.line(x, 100 - rise, text, size)
    (line,) = lines(press)
    return line


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([("an area of 5 m", 10, 0), ("2", 7, 4), (" or so", 10, 0)], "an area of 5 m² or so"),
        ([("two of CO", 10, 0), ("2", 7, -2), (" each", 10, 0)], "two of CO₂ each"),
        ([("the state x", 10, 0), ("t+1", 7, -2), (" follows", 10, 0)], "the state xₜ₊₁ follows"),
        ([("the width d", 10, 0), ("model", 7, -2), (" is set", 10, 0)], "the width dmodel is set"),
        ([("on the 20", 10, 0), ("th", 7, 4), (" of May", 10, 0)], "on the 20th of May"),
        ([("the word", 10, 0), ("12", 7, 4), (" has a note", 10, 0)], "the word¹² has a note"),
    ],
)
def test_scripts(pieces: list[tuple[str, float, float]], expected: str) -> None:
    assert row(*pieces).text == expected


def test_the_mark_of_a_note_is_kept_apart() -> None:
    line = row(("3", 6, 3), (" See the appendix for more of this.", 9, 0))
    assert (line.mark, line.text) == ("3", "See the appendix for more of this.")


@pytest.mark.parametrize(
    ("word", "rest"), [("I", "NTRODUCTION"), ("A", "BSTRACT"), ("A", "CKNOWLEDGMENTS"), ("C", "ONCLUSION")]
)
def test_small_capitals_are_one_word(word: str, rest: str) -> None:
    press = typeset.Press()
    press.line(press.line(72, 100, word, 12) + 2.1, 100, rest, 9.6)
    assert [line.text for line in lines(press)] == [word + rest]


def test_a_word_before_small_capitals_stays_one() -> None:
    press = typeset.Press()
    press.line(press.line(72, 100, "A", 12) + 3, 100, "COMPARISON", 9.6)
    assert [line.text for line in lines(press)] == ["A COMPARISON"]


def test_spaced_letters_are_a_word() -> None:
    press = typeset.Press()
    for heading, y in (("ABSTRACT", 100), ("XYZW", 130)):
        for i, letter in enumerate(heading):
            press.line(72 + 11 * i, y, letter)
    assert [line.text for line in lines(press)] == ["ABSTRACT", "X Y Z W"]


def test_an_initial_belongs_to_its_word() -> None:
    press = typeset.Press()
    press.line(press.line(72, 110, "T", 28) + 2, 100, "HE first words of this chapter are set beside", 10)
    assert lines(press)[0].text == "THE first words of this chapter are set beside"


def test_cells_are_found_again_by_the_gaps() -> None:
    press = typeset.Press()
    for x, cell in ((72, "system"), (160, "top 1"), (240, "top 20")):
        press.line(x, 100, cell)
    (line,) = lines(press)
    assert (line.text, line.cells) == ("system top 1 top 20", 3)
    assert [line.text[a:b].strip() for a, b in pairwise((0, *line.gaps, len(line.text)))] == [
        "system",
        "top 1",
        "top 20",
    ]


def test_two_columns_written_row_by_row_are_no_rows() -> None:
    press = typeset.Press()
    press.line(60, 100, "This line stands on the left side of the page")
    press.line(263, 100, "and this line stands on the right side")
    page = text_layer(press.page)
    assert len(text_lines(page, 1)) == 1
    (block,) = page["blocks"]
    page["blocks"] = [{"lines": [line]} for line in block["lines"]]
    assert len(text_lines(page, 1)) == 2


def test_split_lead_parts_text_and_gaps() -> None:
    line = Line("Search. We rank x y", (0.0, 0.0, 190.0, 10.0), 8.0, 10.0, 1, gaps=(16, 18), lead=7)
    first, rest = split_lead(line)
    assert (first.text, first.gaps) == ("Search.", ())
    assert (rest.text, rest.gaps) == ("We rank x y", (8, 10))
    assert [rest.text[gap] for gap in rest.gaps] == ["x", "y"]


def test_hostile_sizes_and_places_are_left_out() -> None:
    def line(text: str, size: float, box: tuple[float, float, float, float]) -> dict[str, Any]:
        span = {"text": text, "size": size, "bbox": box, "font": "F", "flags": 0, "descender": -0.2}
        return {"spans": [span], "bbox": box, "dir": (1.0, 0.0)}

    endless = line("endless", 10.0, (0.0, 0.0, float("inf"), 10.0))
    tiny = line("tiny", 0.0, (72.0, 50.0, 90.0, 51.0))
    good = line("good", 10.0, (72.0, 90.0, 90.0, 100.0))
    page = {"width": 595.0, "blocks": [{"lines": [endless, tiny, good]}]}
    assert [found.text for found in text_lines(page, 1)] == ["tiny", "good"]


WORD = st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789éüß,.;", min_size=1, max_size=9)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(WORD, min_size=1, max_size=8), min_size=1, max_size=6), st.floats(6, 16))
def test_every_word_is_in_a_line_within_its_box(rows: list[list[str]], size: float) -> None:
    press = typeset.Press()
    for i, words in enumerate(rows):
        press.line(60, 80 + 2 * size * i, " ".join(words), size)
    found = [line for line in lines(press) if line.text]
    assert [word for line in found for word in line.text.split()] == [word for words in rows for word in words]
    for line in found:
        x0, y0, x1, y1 = line.box
        assert x0 < x1
        assert y0 < line.base < y1
        assert line.size == pytest.approx(size, abs=0.06)
        inside = press.page.get_text("words", clip=(x0 - 1, y0 - 1, x1 + 1, y1 + 1))
        assert [word[4] for word in inside] == line.text.split()
