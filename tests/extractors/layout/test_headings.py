from __future__ import annotations

from pathlib import Path

import pytest

from tests.extractors import typeset
from tests.extractors.conftest import BODY, needs_tesseract, read

SANS = "helv"
PLAIN = BODY.replace("\u00ad", "").split("\n\n")


def outline(path: Path, **settings: object) -> list[tuple[int | None, str]]:
    return [(block.level, block.text) for block in read(path, **settings).blocks if block.kind == "heading"]


def paper(*headings: tuple[str, float, str]) -> typeset.Press:
    """A paper with a title, an abstract, and headings of the given sizes and fonts."""
    press = typeset.Press()
    press.centred(60, "Samples of Headings", 20, typeset.BOLD)
    press.line(60, 80, "Abstract", 10, typeset.BOLD)
    y = press.paragraph(60, 96, 470, PLAIN[2]) + 24
    for n, (text, size, font) in enumerate(headings):
        if y > 600:
            press.turn()
            y = 80.0
        press.line(60, y, text, size, font)
        y = press.paragraph(60, y + 20, 470, PLAIN[n % 3]) + 24
    return press


@pytest.mark.parametrize(
    ("headings", "levels"),
    [
        (("1 Introduction", "2 Methods", "2.1 Search", "2.1.1 Index", "A Settings", "A.1 Search"), (1, 1, 2, 3, 1, 2)),
        (("I. INTRODUCTION", "II. METHODS", "A. Search", "1. Index", "B. Index", "III. RESULTS"), (1, 1, 2, 3, 2, 1)),
    ],
)
def test_numbers_rank_by_their_kind(tmp_path: Path, headings: tuple[str, ...], levels: tuple[int, ...]) -> None:
    press = paper(
        *((text, 10, typeset.ITALIC if text[1] == "." and text[0] in "AB1" else typeset.BOLD) for text in headings)
    )
    assert outline(press.save(tmp_path / "numbers.pdf"))[2:] == list(zip(levels, headings, strict=True))


def test_headings_without_numbers_rank_by_their_type(tmp_path: Path) -> None:
    press = paper(
        ("Introduction", 14, typeset.BOLD),
        ("How we searched", 14, typeset.BOLD),
        ("What was found", 11, typeset.BOLD),
        ("Conclusion", 14, typeset.BOLD),
    )
    assert [level for level, _ in outline(press.save(tmp_path / "plain.pdf"))][-3:] == [1, 2, 1]


def test_a_heading_may_take_two_lines_and_two_may_follow_each_other(tmp_path: Path) -> None:
    press = paper(("1 Introduction", 12, typeset.BOLD))
    press.turn()
    press.line(60, 80, "2 On headings that are far too long for the one line", 12, typeset.BOLD)
    press.line(60, 95, "and go on in the next", 12, typeset.BOLD)
    press.line(60, 112, "2.1 Search", 10, typeset.BOLD)
    press.paragraph(60, 130, 470, PLAIN[0])
    assert outline(press.save(tmp_path / "long.pdf"))[-2:] == [
        (1, "2 On headings that are far too long for the one line and go on in the next"),
        (2, "2.1 Search"),
    ]


def test_a_number_ranks_headings_that_their_paragraph_runs_on_from(tmp_path: Path) -> None:
    press = paper(("1 Introduction", 12, typeset.BOLD))
    press.turn()
    for n, head in enumerate(("1.1 Search.", "Index.")):
        end = press.line(60, 80 + 80 * n, head, 10, typeset.BOLD)
        press.line(end + 8, 80 + 80 * n, "The passages of the second kind are shorter than those of the first, and", 10)
        press.paragraph(60, 92 + 80 * n, 470, "there are more of them.")
    assert outline(press.save(tmp_path / "run_in.pdf"))[-2:] == [(2, "1.1 Search."), (4, "Index.")]


def test_headings_in_the_middle_rank_above_those_at_the_edge(tmp_path: Path) -> None:
    press = paper()
    press.turn()
    y = 80.0
    for text, font, middle in (
        ("Method", typeset.BOLD, True),
        ("Search of passages", typeset.BOLD, False),
        ("Index of passages", "tibi", False),
        ("What was found", typeset.BOLD, True),
        ("Evaluation", typeset.BOLD, False),
    ):
        if middle:
            press.centred(y, text, 10, font)
        else:
            press.line(60, y, text, 10, font)
        y = press.paragraph(60, y + 20, 470, PLAIN[0]) + 20
    assert [level for level, _ in outline(press.save(tmp_path / "middle.pdf"))][-5:] == [1, 2, 3, 1, 2]


def test_headings_told_apart_by_their_font_alone_may_take_two_lines(tmp_path: Path) -> None:
    press = paper(("1 Introduction", 10, SANS))
    press.turn()
    y = press.paragraph(60, 80, 470, PLAIN[1])
    press.centred(y + 24, "2. On headings set in another font", 10, SANS)
    press.centred(y + 36, "and what follows them", 10, SANS)
    press.paragraph(60, y + 56, 470, PLAIN[0])
    assert outline(press.save(tmp_path / "font.pdf"))[-1] == (
        1,
        "2. On headings set in another font and what follows them",
    )


def test_bold_paragraphs_theorems_dates_and_captions_are_no_headings(tmp_path: Path) -> None:
    press = typeset.Press()
    y = press.paragraph(60, 80, 470, PLAIN[0])
    y = press.paragraph(60, y + 20, 470, PLAIN[1], font=typeset.BOLD)
    press.line(60, y + 20, "Lemma 2 (Short)", 10, typeset.BOLD)
    y = press.paragraph(60, y + 34, 470, PLAIN[2])
    press.line(60, y + 30, "Table 3: A caption in bold", 10, typeset.BOLD)
    press.line(60, y + 60, "4 March 2024", 12, typeset.BOLD)
    press.paragraph(60, y + 80, 470, PLAIN[0])
    assert outline(press.save(tmp_path / "bold.pdf")) == []


@needs_tesseract
@pytest.mark.slow
def test_headings_of_scanned_pages_rank_by_number_and_size(tmp_path: Path) -> None:
    press = paper(
        ("1 Introduction", 14, typeset.BOLD), ("2 Methods", 14, typeset.BOLD), ("2.1 Search", 12, typeset.BOLD)
    )
    found = outline(press.scanned(tmp_path / "scan.pdf", dpi=200))
    assert found[-3:] == [(1, "1 Introduction"), (1, "2 Methods"), (2, "2.1 Search")]
