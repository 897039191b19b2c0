from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.layout.geometry import Sheet
from extractors.layout.labels import label
from extractors.layout.paragraphs import pieces
from extractors.pages.lines import Line, text_lines
from extractors.records import BlockKind, Document
from tests.extractors import invariants, typeset
from tests.extractors.conftest import BODY, read

PLAIN = BODY.replace("\u00ad", "").split("\n\n")


def lettered(text: str) -> Counter[str]:
    return Counter(c for c in text if c.isalnum())


def kinds(document: Document, *kinds: BlockKind) -> list[str]:
    return [block.text for block in document.blocks if block.kind in kinds]


def sheets_of(path: Path) -> list[Sheet]:
    """The lines of each page of a PDF."""
    flags = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
    with pymupdf.open(path) as file:
        contents = [page.get_text("dict", flags=flags) for page in file]
    return [Sheet(n, c["width"], c["height"], tuple(text_lines(c, n))) for n, c in enumerate(contents, 1)]


@st.composite
def sheets(draw: st.DrawFn) -> list[Sheet]:
    texts = st.sampled_from(
        [
            "The passages come from a search engine, which ranks them by how well they fit.",
            "Two vectors that point the same",
            "1 Introduction",
            "2.1 Search",
            "References",
            "[1] A. Example. On samples. 2020.",
            "Figure 1: Samples.",
            "Table 2. More samples.",
            "Algorithm 1 Sampling",
            "• an item",
            "x = y + z (1)",
            "41.2 68.8",
            "Abstract",
            "Keywords: samples",
            "0",
            "where",
        ]
    )
    line = st.builds(
        lambda text, x, y, size, bold, mono, mark: Line(
            text=text,
            box=(x, y, x + 0.45 * size * len(text), y + size),
            base=y + 0.8 * size,
            size=size,
            page=1,
            bold=bold,
            mono=mono,
            mark=mark,
            font="Bold" if bold else "Roman",
        ),
        texts,
        st.sampled_from([60.0, 72.0, 310.0]),
        st.integers(40, 800).map(float),
        st.sampled_from([7.0, 10.0, 14.0]),
        st.booleans(),
        st.booleans(),
        st.sampled_from(["", "", "1"]),
    )
    lines = draw(st.lists(line, max_size=40))
    return [Sheet(1, 595.0, 842.0, tuple(lines))]


@settings(deadline=None)
@given(sheets())
def test_every_line_is_of_one_block_and_nothing_is_lost(sheets: Sequence[Sheet]) -> None:
    (labelled,) = label([sheets])
    written = lettered("".join(line.text for sheet in sheets for line in sheet.lines))
    assert lettered("".join(entry.line.text for entry in labelled)) == written
    read = lettered("".join(part.text for piece in pieces([labelled]) for part in piece.parts))
    marks = written - read
    assert not read - written - lettered("formula" * 40)
    assert sum(marks.values()) <= sum(entry.kind == "list" for entry in labelled) * 3


@pytest.mark.parametrize("name", ["acm", "aps", "conference", "draft", "elsevier", "ieee", "jmlr", "lncs", "workshop"])
def test_no_line_of_a_paper_is_lost(root: Path, name: str) -> None:
    path = root / "tests" / "papers" / "pdf" / f"{name}.pdf"
    found = sheets_of(path)
    written = Counter(line.text for sheet in found for line in sheet.lines)
    labelled = Counter(entry.line.text for part in label([found]) for entry in part)
    missing = written - labelled
    assert all(any(line.startswith(part) for part in labelled) for line in missing)
    invariants.hold(read(path))


@pytest.mark.parametrize("size", [9, 8])
def test_an_abstract_without_a_heading_is_text(tmp_path: Path, size: float) -> None:
    press = typeset.Press()
    press.centred(80, "Samples without Headings", 18, typeset.BOLD)
    press.centred(110, "Ada Example, Institute of Examples, Sampletown", 10)
    y = press.paragraph(120, 140, 350, PLAIN[0], size)
    press.line(60, y + 30, "1 Introduction", 12, typeset.BOLD)
    press.paragraph(60, y + 50, 470, PLAIN[1])
    document = read(press.save(tmp_path / "abstract.pdf"))
    assert kinds(document, "paragraph") == PLAIN[:2]
    assert "Institute" not in document.text


def test_the_lettering_of_a_figure_is_furniture_and_the_cells_of_a_table_stand_apart(tmp_path: Path) -> None:
    press = typeset.Press()
    y = press.paragraph(60, 80, 470, PLAIN[0])
    for n, (x, text) in enumerate([(80, "0"), (80, "40"), (300, "POPULATION"), (310, "t [Gyr]"), (200, "20 30 40")]):
        press.line(x, y + 20 + 14 * n, text, 8, typeset.BOLD if text.isupper() else typeset.ROMAN)
    press.line(60, y + 110, "Figure 1: Labels of a figure are not text.", 10)
    y = press.paragraph(60, y + 140, 470, PLAIN[1])
    press.line(60, y + 20, "Table 1: A table without rules.", 10, typeset.BOLD)
    for row, cells in enumerate((("Setting", "Value"), ("Peak learning rate", "0.0006"), ("Clipping", "norm 1.0"))):
        for column, cell in enumerate(cells):
            press.line(60 + 110 * column, y + 36 + 12 * row, cell)
    press.paragraph(60, y + 100, 470, PLAIN[2])
    document = read(press.save(tmp_path / "floats.pdf"))
    assert kinds(document, "paragraph") == PLAIN
    assert kinds(document, "caption") == [
        "Figure 1: Labels of a figure are not text.",
        "Table 1: A table without rules.",
    ]
    assert kinds(document, "table") == ["Setting | Value\nPeak learning rate | 0.0006\nClipping | norm 1.0"]
    assert not kinds(document, "heading")


def test_captions_need_no_mark_and_a_table_may_follow_the_references(tmp_path: Path) -> None:
    press = typeset.Press()
    press.centred(60, "Samples of Captions", 18, typeset.BOLD)
    press.line(60, 100, "1 Introduction", 12, typeset.BOLD)
    y = press.paragraph(60, 120, 470, PLAIN[0])
    y = press.paragraph(60, y + 30, 470, f"FIG. 1 {PLAIN[1]}", 8)
    y = press.paragraph(60, y + 30, 470, PLAIN[2])
    press.line(60, y + 30, "References", 12, typeset.BOLD)
    press.line(60, y + 50, "A. Example. On samples. Journal of Examples, 3(1):1-20, 2020.")
    press.turn()
    press.line(60, 80, "Table 1", 10, typeset.BOLD)
    for n, line in enumerate(
        ("The passages of each kind, counted twice", "and set in italics, with lines of any", "length.")
    ):
        press.line(60, 92 + 12 * n, line, 10, typeset.ITALIC)
    for n, cells in enumerate((("Kind", "Number"), ("First", "12"), ("Second", "14"))):
        for column, cell in enumerate(cells):
            press.line(60 + 110 * column, 136 + 12 * n, cell)
    document = read(press.save(tmp_path / "captions.pdf"))
    assert kinds(document, "caption") == [
        f"FIG. 1 {PLAIN[1]}",
        "Table 1 The passages of each kind, counted twice and set in italics, with lines of any length.",
    ]
    assert kinds(document, "table") == ["Kind | Number\nFirst | 12\nSecond | 14"]


def test_the_title_is_said_once(tmp_path: Path) -> None:
    press = typeset.Press()
    press.centred(200, "Samples of Manuscripts", 12, typeset.BOLD)
    press.centred(230, "Ada Example", 12)
    press.turn()
    press.centred(80, "Samples of Manuscripts", 12, typeset.BOLD)
    press.centred(110, "Introduction", 12, typeset.BOLD)
    press.paragraph(60, 140, 470, PLAIN[0], 12)
    document = read(press.save(tmp_path / "manuscript.pdf"))
    assert document.title == "Samples of Manuscripts"
    assert kinds(document, "heading") == ["Samples of Manuscripts", "Introduction"]


def test_a_formula_within_a_sentence_is_marked_in_it_and_kept(tmp_path: Path) -> None:
    press = typeset.Press()
    press.paragraph(60, 80, 470, PLAIN[0])
    press.line(60, 110, "The score of a passage is the sum of the weights of its words that is given by")
    press.line(220, 135, "s(q, p) = w(q) + w(p)", 10, typeset.ITALIC)
    press.line(515, 135, "(1)")
    press.paragraph(
        60, 160, 470, "where w is the weight of a word, which is learnt together with all of the others here."
    )
    document = read(press.save(tmp_path / "formula.pdf"))
    assert "that is given by [formula] where w is the weight" in document.text
    assert kinds(document, "equation") == ["s(q, p) = w(q) + w(p) (1)"]
    at = document.text.index("[formula]")
    place = next(place for place in document.places if place.start <= at < place.end)
    assert place.box is not None
    assert 120 < place.box[1] < 135
    invariants.hold(document)


def test_algorithms_are_code_and_theorems_are_text(tmp_path: Path) -> None:
    press = typeset.Press()
    y = press.paragraph(60, 80, 470, PLAIN[0])
    after = press.line(60, y + 15, "Algorithm 1", 10, typeset.BOLD)
    press.line(after + 3, y + 15, "Search for passages", 10)
    for n, step in enumerate(("1: for each passage do", "2: score it by the words of the question", "3: end for")):
        press.line(60 + 8 * (n == 1), y + 28 + 12 * n, step)
    y = press.paragraph(60, y + 100, 470, PLAIN[1])
    after = press.line(60, y + 10, "Theorem 1.", 10, typeset.BOLD)
    press.line(after + 5, y + 10, "The sum of two scores is a score of the two passages together.", 10, typeset.ITALIC)
    document = read(press.save(tmp_path / "algorithm.pdf"))
    assert kinds(document, "caption") == ["Algorithm 1 Search for passages"]
    assert len(kinds(document, "code")) == 1
    assert kinds(document, "paragraph")[-1].startswith("Theorem 1. The sum of two scores")
    assert not kinds(document, "heading")


def test_nested_and_described_items_are_of_one_list(tmp_path: Path) -> None:
    press = typeset.Press()
    y = press.paragraph(60, 80, 470, PLAIN[0] + " There are these kinds of them:") + 6
    for left, mark, text in (
        (72, "•", "passages that a person has read before they were put into the index of the search engine, each,"),
        (90, "–", "by one person,"),
        (90, "–", "or by two;"),
        (72, "•", "passages that nobody has read."),
    ):
        press.line(left, y, mark)
        y = press.paragraph(left + 12, y, 518 - left, text) + 3
    after = press.line(60, y + 9, "Long passages", 10, typeset.BOLD)
    press.line(after + 3, y + 9, "are cut at the end of a sentence, unless there is none within their first")
    press.line(72, y + 21, "two hundred words.")
    document = read(press.save(tmp_path / "lists.pdf"))
    items = [item for text in kinds(document, "list") for item in text.split("\n")]
    assert items[1:4] == ["by one person,", "or by two;", "passages that nobody has read."]
    assert items[-1] == (
        "Long passages are cut at the end of a sentence, unless there is none within their first two hundred words."
    )


@pytest.mark.parametrize("seed", range(3))
def test_lines_written_in_any_order_are_read_by_columns(tmp_path: Path, seed: int) -> None:
    text = "\n\n".join([*PLAIN, *(paragraph.replace("passages", "chapters") for paragraph in PLAIN)])
    rows: list[tuple[float, float, str]] = []
    left, y = 60.0, 120.0
    for paragraph in text.split("\n\n"):
        for n, (line, _) in enumerate(typeset.broken(paragraph, 225, 10, 12)):
            if y > 420:
                left, y = 325.0, 120.0
            rows.append((left + (12 if n == 0 else 0), y, line))
            y += 12
    random.Random(seed).shuffle(rows)
    press = typeset.Press()
    for x, base, line in rows:
        press.line(x, base, line)
    assert read(press.save(tmp_path / "scrambled.pdf")).text == text
