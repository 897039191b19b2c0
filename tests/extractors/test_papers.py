"""Ten papers of our own, typeset by LaTeX in the habits of ten venues, read as their LaTeX says they are written."""

from __future__ import annotations

import re
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest

from extractors.reading import read_document
from extractors.records import Document
from extractors.settings import ReadSettings
from tests.extractors import invariants
from tests.papers.truth import SOMETHING, papers, truth
from tests.papers.typeset import HERE, PDF, typeset
from tests.reading_score import BLOCKS, LEFT, TEXT, Scores, mean, score_blocks, score_text

FLOORS = {
    "whole": 0.995, "exact": 0.995, "order": 0.995, "across": 0.98, "hyphens": 0.93, "captions": 0.97,
    "title": 1.0, "headings": 0.97, "caption": 0.97, "list": 0.96, "table": 0.97, "equation": 0.9, "reference": 0.97,
    "footnote": 0.97,
}  # fmt: skip
CEILINGS = {"heads": 0.0, "references": 0.0, "footnotes": 0.0, "cells": 0.01, "stray": 0.01}


def printed(name: str) -> str:
    """What the PDF of the paper holds, in the order in which it was written."""
    with pymupdf.open(PDF / f"{name}.pdf") as file:
        return "\n".join(page.get_text() for page in file)


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    return {name: read_document(PDF / f"{name}.pdf", ReadSettings(ocr="never"), f"{name}.pdf") for name in papers()}


@pytest.fixture(scope="module")
def scores(documents: dict[str, Document]) -> Scores:
    return mean(
        {**score_text(truth(name), document.text, printed(name)), **score_blocks(truth(name), document)}
        for name, document in documents.items()
    )


@pytest.fixture(scope="module")
def raw() -> Scores:
    return mean(score_text(truth(name), printed(name), printed(name)) for name in papers())


@pytest.mark.parametrize("measure", [*TEXT, *BLOCKS])
def test_papers_are_read_well(measure: str, scores: Scores) -> None:
    value = scores[measure]
    assert value is not None
    if measure in LEFT:
        assert value <= CEILINGS[measure]
    else:
        assert value >= FLOORS[measure]


def test_invariants(documents: dict[str, Document]) -> None:
    for document in documents.values():
        invariants.hold(document)


def test_raw_text_scores_badly_where_reading_is_more_than_copying(raw: Scores) -> None:
    assert (raw["across"], raw["footnotes"]) == (0, 1)
    assert min(raw[measure] or 0 for measure in ("heads", "references", "cells")) > 0.75
    assert (raw["exact"] or 1) < 0.85 and (raw["hyphens"] or 1) < 0.75


def test_the_score_sees_what_is_lost_broken_or_out_of_order(documents: dict[str, Document]) -> None:
    document, said, paper = documents["lncs"], truth("lncs"), printed("lncs")
    good = score_text(said, document.text, paper)
    half = score_text(said, document.text[: len(document.text) // 2], paper)
    assert (half["whole"] or 1) < 0.7 < (good["whole"] or 0)
    backwards = "\n\n".join(reversed(document.text.split("\n\n")))
    assert (score_text(said, backwards, paper)["order"] or 1) < 0.85
    assert score_text(said, document.text.replace("-", ""), paper)["hyphens"] == 0
    spaced = document.text.replace("th", "t h")
    assert (score_text(said, spaced, paper)["exact"] or 1) < 0.2
    assert score_text(said, spaced, paper)["whole"] == good["whole"]
    noise = [*said.heads, *said.furniture, *said.references, *said.footnotes, *said.labels]
    left = score_text(said, "\n\n".join([document.text, said.title, *noise]), paper)
    assert left["heads"] == left["references"] == left["footnotes"] == 1 and (left["cells"] or 0) > 0


def test_the_score_sees_what_was_taken_for_something_else(documents: dict[str, Document]) -> None:
    document = documents["lncs"]
    flat = tuple(replace(block, kind="paragraph", level=None) for block in document.blocks)
    wrong = score_blocks(truth("lncs"), document.model_copy(update={"blocks": flat, "title": "Another"}))
    assert {wrong[m] for m in BLOCKS if m != "stray"} == {0}
    assert (wrong["stray"] or 0) > (score_blocks(truth("lncs"), document)["stray"] or 0) + 0.1


@pytest.mark.parametrize("name", ["conference", "jmlr", "replication", "workshop"])
def test_what_is_read_in_parts_reads_as_if_it_were_read_at_once(
    documents: dict[str, Document], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("extractors.pdf.PART", 3)
    in_parts = read_document(PDF / f"{name}.pdf", ReadSettings(), f"{name}.pdf")
    assert len(in_parts.pages) > 3
    assert in_parts.text == documents[name].text
    assert headings(in_parts) == headings(documents[name])


def headings(document: Document) -> list[tuple[int | None, str]]:
    return [(block.level, block.text) for block in document.blocks if block.kind == "heading"]


def plain(text: str) -> str:
    """The letters of `text` without their accents, which some fonts set as glyphs of their own."""
    return re.sub("[^a-z]", "", unicodedata.normalize("NFKD", text.lower()))


@pytest.mark.parametrize("name", papers())
def test_the_paper_on_paper_says_what_its_source_says(name: str) -> None:
    """Sources and PDFs belong together: each paper holds the beginning of every sentence, caption and reference."""
    paper, said = plain(printed(name)), truth(name)
    parts = (*said.sentences, *said.captions, *said.references, *said.footnotes, *(text for _, text in said.headings))
    missing = [part for part in parts if plain(part.split(SOMETHING)[0])[:16] not in paper]
    assert len(missing) <= 0.03 * len(parts), missing
    assert (PDF / f"{name}.pdf").stat().st_size <= 150_000


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs pdflatex: see tests/papers/typeset.py")
def test_typesetting_a_paper_again_gives_the_same_text(tmp_path: Path) -> None:
    with pymupdf.open(typeset(HERE / "lncs.tex", tmp_path)) as file:
        assert "\n".join(page.get_text() for page in file) == printed("lncs")
