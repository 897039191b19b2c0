"""Pages whose lines were written in another order than that in which they are read."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from extractors.pages.order import in_reading_order
from extractors.reading import read_document
from extractors.settings import ReadSettings
from tests.papers.truth import papers, truth
from tests.papers.typeset import PDF
from tests.reading_score import score_text

Lines = list[tuple[int, dict[str, Any]]]


def by_rows(lines: Lines) -> Lines:
    """Over both columns, as a printer's driver or OCR may write them."""
    return sorted(lines, key=lambda entry: (round(entry[1]["bbox"][3] / 3), entry[1]["bbox"][0]))


def by_blocks_at_random(lines: Lines) -> Lines:
    order = random.Random(3)
    place = {block: order.random() for block, _ in lines}
    return sorted(lines, key=lambda entry: place[entry[0]])


def rewritten(name: str, order: Callable[[Lines], Lines], folder: Path) -> Path:
    """A paper of ours with the lines of each page written in `order`."""
    with pymupdf.open(PDF / f"{name}.pdf") as paper, pymupdf.open() as file:
        for page in paper:
            shape = file.new_page(width=page.rect.width, height=page.rect.height).new_shape()
            blocks = enumerate(page.get_text("dict")["blocks"])
            lines = [(n, line) for n, block in blocks for line in block.get("lines", ()) if line["dir"][0] > 0.9]
            for _, line in order(lines):
                for span in line["spans"]:
                    face = "tibo" if "Medi" in span["font"] else "tiit" if "Ital" in span["font"] else "tiro"
                    shape.insert_text(span["origin"], span["text"], fontsize=span["size"], fontname=face)
            shape.commit()
        file.save(folder / f"{name}.pdf")
    return folder / f"{name}.pdf"


@pytest.mark.parametrize("order", [by_rows, by_blocks_at_random])
@pytest.mark.parametrize("name", ["acm", "ieee"])
def test_a_page_in_disorder_is_read_by_columns(name: str, order: Callable[[Lines], Lines], tmp_path: Path) -> None:
    path = rewritten(name, order, tmp_path)
    with pymupdf.open(path) as file:
        raw = "\n".join(page.get_text() for page in file)
    before = score_text(truth(name), raw, raw)
    document = read_document(path, ReadSettings(ocr="never"), path.name)
    after = score_text(truth(name), document.text, raw)
    assert min(before["whole"] or 1, before["order"] or 1) < 0.9
    assert (after["whole"] or 0) > 0.97 and (after["order"] or 0) > 0.97


@pytest.mark.parametrize("name", papers())
def test_the_order_of_a_paper_is_left_alone(name: str) -> None:
    with pymupdf.open(PDF / f"{name}.pdf") as file:
        for page in file:
            content = page.get_text("dict", flags=pymupdf.TEXT_PRESERVE_WHITESPACE)
            assert in_reading_order(content) is content


def test_one_column_in_disorder_and_what_is_rotated(tmp_path: Path) -> None:
    lines = [f"Line {n} of a page of one column, wide enough to count as a long one." for n in range(20)]
    with pymupdf.open() as file:
        page = file.new_page()
        page.insert_text((30, 500), "stamp", rotate=90)
        for n in [*range(15, 20), *range(10, 15), *range(5, 10), *range(5)]:
            page.insert_text((72, 100 + 14 * n), lines[n])
        content = page.get_text("dict")
        found = [line for block in in_reading_order(content)["blocks"] for line in block["lines"]]
    assert ["".join(span["text"] for span in line["spans"]) for line in found] == [*lines, "stamp"]


def test_an_empty_page() -> None:
    content = {"width": 100.0, "height": 100.0, "blocks": []}
    assert in_reading_order(content) is content
