from __future__ import annotations

import pymupdf
import pytest

from extractors.pages.glyphs import UNKNOWN
from extractors.pages.textlayer import text_layer, written
from tests.extractors import typeset

GLYPH = "1000 0 0 0 700 700 d1 0 0 700 700 re f"


def texts(page: pymupdf.Page) -> list[str]:
    return [written(line).strip() for block in text_layer(page)["blocks"] for line in block["lines"]]


def coded(names: list[str], font: str = "") -> pymupdf.Document:
    """One page with a line of the glyphs `names` of a font without Unicode values: Type 3, or a Type 1 font by name."""
    differences = f"/Encoding<</Type/Encoding/Differences[1 {' '.join(f'/{name}' for name in names)}]>>"
    widths = f"/FirstChar 1/LastChar {len(names)}/Widths[{' '.join(['700'] * len(names))}]"
    if font:
        kind = f"/Subtype/Type1/BaseFont/{font}"
    else:
        glyphs = " ".join(f"/{name} 6 0 R" for name in dict.fromkeys(names))
        kind = f"/Subtype/Type3/FontBBox[0 0 700 700]/FontMatrix[.001 0 0 .001 0 0]/CharProcs<<{glyphs}>>/Resources<<>>"
    text = f"BT /F 10 Tf 1 0 0 1 72 700 Tm <{bytes(range(1, len(names) + 1)).hex()}> Tj ET"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>",
        f"<</Type/Font{kind}{widths}{differences}>>",
        f"<</Length {len(text)}>>stream\n{text}\nendstream",
        f"<</Length {len(GLYPH)}>>stream\n{GLYPH}\nendstream",
    ]
    body = "".join(f"{number} 0 obj{content}endobj\n" for number, content in enumerate(objects, 1))
    return pymupdf.open(stream=f"%PDF-1.4\n{body}trailer<</Root 1 0 R>>\n%%EOF".encode(), filetype="pdf")


@pytest.mark.parametrize(
    ("names", "font", "expected"),
    [
        (["d", "e", "a12", "n", "e"], "", "define"),
        (["d", "e", "a28", "n", "e"], "", "define"),
        (["s", "t", "u", "a27"], "", "stuff"),
        (["one", "a21", "two"], "", "1–2"),
        (["a136"], "", "•"),
        (["x", "Eta17", "y"], "", f"x{UNKNOWN}y"),
        (["parenrightbig", "bracketleftbig"], "CMEX10", ")["),
    ],
)
def test_glyphs_without_a_unicode_value(names: list[str], font: str, expected: str) -> None:
    with coded(names, font) as file:
        read = texts(file[0])
    assert read == [expected]


def test_lines_drawn_twice_to_look_bold_are_there_once() -> None:
    press = typeset.Press()
    for shift in (0, 0.3):
        press.line(72 + shift, 100, "Introduction")
    press.line(72, 120, "the same word")
    press.line(72, 140, "the same word")
    assert texts(press.page) == ["Introduction", "the same word", "the same word"]


def test_words_of_condensed_fonts_are_parted() -> None:
    press = typeset.Press()
    x = 72.0
    words = "retrieval augmented generation is described below"
    for word in words.split():
        x = press.line(x, 100, word) + 1.35
    press.line(72, 120, "Donaudampfschifffahrtsgesellschaft stays whole")
    assert texts(press.page) == [
        words,
        "Donaudampfschifffahrtsgesellschaft stays whole",
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("n e t sfthyphen", "net-"),
        ("k sfthyphen m e a n s", "k-means"),
        ("s o f t sfthyphen l y space k hyphen m e a n s", "softly k-means"),
    ],
)
def test_soft_hyphens_are_hyphens_where_the_font_has_no_other(names: str, expected: str) -> None:
    with coded(names.split()) as file:
        assert texts(file[0]) == [expected]


def test_what_is_set_alike_is_one_span() -> None:
    press = typeset.Press()
    press.paragraph(72, 100, 300, "Words that are set one by one, with room between them and no space. " * 2)
    lines = [line for block in text_layer(press.page)["blocks"] for line in block["lines"]]
    assert [len(line["spans"]) for line in lines] == [1] * len(lines)
    for line in lines:
        assert line["spans"][0]["bbox"] == pytest.approx(line["bbox"])
