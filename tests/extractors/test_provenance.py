from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pymupdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.records import Document
from tests.extractors import invariants, typeset
from tests.extractors.conftest import read

WORD = re.compile(r"[^\W\d_]+")


def solid(text: str) -> str:
    """The letters and digits of `text`, without accents, ligatures, scripts and hyphens."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).lower() if c.isalnum())


def lost_words(document: Document, path: Path) -> list[tuple[int, str]]:
    """Words of the clean text that do not stand on the page where the record says that they do."""
    lost: list[tuple[int, str]] = []
    with pymupdf.open(path) as file:
        for place in document.places:
            assert place.box is not None
            x0, y0, x1, y1 = place.box
            words = file[place.page - 1].get_text("words", clip=(x0 - 2, y0 - 2, x1 + 2, y1 + 2))
            drawn = solid("".join(word[4] for word in words))
            text = document.text[place.start : place.end]
            lost += [(place.page, word) for word in WORD.findall(text) if solid(word) not in drawn]
    return lost


SAMPLES = ("attention-and-transformers", "decoding-strategies", "lora-and-qlora", "overfitting-and-regularisation")


@pytest.mark.parametrize("name", SAMPLES)
def test_every_word_of_the_samples_stands_where_its_place_says(root: Path, name: str) -> None:
    path = root / "raw_docs" / f"{name}.pdf"
    document = read(path, ocr="never")
    invariants.hold(document)
    assert len(document.places) > 20
    assert lost_words(document, path) == []


def test_every_word_of_a_paper_stands_where_its_place_says(paper: Path) -> None:
    assert lost_words(read(paper), paper) == []


def test_outside_the_text_there_is_no_place(paper: Path) -> None:
    document = read(paper)
    for offset in (-1, len(document.text)):
        with pytest.raises(IndexError):
            document.place_at(offset)


SYLLABLES = st.sampled_from(
    WORD.findall("mo del lay er trai ning to ken pas sage vec tor se arch que ry gra di ent fi nal")
)
WORDS = st.lists(SYLLABLES, min_size=2, max_size=4).map("\u00ad".join) | st.sampled_from(
    WORD.findall("the of and to in")
)
SENTENCES = st.lists(WORDS, min_size=9, max_size=24).map(lambda words: " ".join(words).capitalize() + ".")
PARAGRAPHS = st.lists(SENTENCES, min_size=3, max_size=6).map(" ".join)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(PARAGRAPHS, min_size=4, max_size=9))
def test_every_word_of_any_text_in_two_columns_stands_where_its_place_says(
    tmp_path: Path, paragraphs: list[str]
) -> None:
    press = typeset.Press()
    press.columns(80, 200, "\n\n".join(paragraphs))
    path = press.save(tmp_path / "any.pdf")
    document = read(path, ocr="never")
    invariants.hold(document)
    assert lost_words(document, path) == []
