from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from flows.page_image import MARGIN, MAX_HEIGHT, MAX_PIXELS, page_image

LINE = (72.0, 88.0, 400.0, 104.0)


def pdf(path: Path, text: str, width: float = 595, height: float = 842) -> Path:
    with pymupdf.open() as document:
        document.new_page(width=width, height=height).insert_text((72, 100), text, fontsize=11)
        document.save(path)
    return path


def test_the_words_are_outlined_where_they_stand(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", "The rank of an adapter is a small number.")
    image = page_image(path, 1, [LINE], [LINE], "a small number", (0, 1))
    with pymupdf.open(path) as document:
        expected = document[0].search_for("a small number")[0]
    assert image.exact
    (outline,) = image.answer
    left, top = min(x for x, _ in outline), min(y for _, y in outline)
    assert left == pytest.approx(expected.x0 - (LINE[0] - MARGIN), abs=0.2)
    assert top == pytest.approx(expected.y0 - (LINE[1] - MARGIN), abs=0.2)


def test_of_two_occurrences_the_meant_one_is_outlined(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", "A loss and a loss.")
    first = page_image(path, 1, [LINE], [LINE], "loss", (0, 2)).answer[0][0][0]
    second = page_image(path, 1, [LINE], [LINE], "loss", (1, 2)).answer[0][0][0]
    assert first < second


def test_a_page_without_text_has_its_lines_marked(tmp_path: Path) -> None:
    image = page_image(pdf(tmp_path / "a.pdf", ""), 1, [LINE], [LINE], "a small number", (0, 1))
    assert not image.exact
    assert len(image.answer) == 1


def test_the_picture_is_the_passage_and_its_margin(tmp_path: Path) -> None:
    image = page_image(pdf(tmp_path / "a.pdf", "x"), 1, [LINE], [LINE], "x", (0, 1))
    assert (image.width, image.height) == (LINE[2] - LINE[0] + 2 * MARGIN, LINE[3] - LINE[1] + 2 * MARGIN)
    pixels = pymupdf.Pixmap(image.png)
    assert pixels.width == pytest.approx(2 * image.width, abs=2)
    assert pixels.n == 1


def test_a_long_passage_is_cut_around_its_answer(tmp_path: Path) -> None:
    lines = [(72.0, y, 400.0, y + 12.0) for y in range(80, 780, 14)]
    image = page_image(pdf(tmp_path / "a.pdf", "x"), 1, lines, [lines[40]], "nothing", (0, 0))
    assert image.height <= MAX_HEIGHT + 2 * MARGIN
    tops = [y for _, y in image.answer[0]]
    assert 0 < min(tops) < max(tops) < image.height


def test_a_page_that_claims_to_be_huge_gives_a_small_picture(tmp_path: Path) -> None:
    image = page_image(pdf(tmp_path / "a.pdf", "x", width=14400, height=14400), 1, [], [], "x", (0, 0))
    pixels = pymupdf.Pixmap(image.png)
    assert max(pixels.width, pixels.height) <= MAX_PIXELS + 1


def test_boxes_off_the_page_give_the_whole_page(tmp_path: Path) -> None:
    image = page_image(pdf(tmp_path / "a.pdf", "x"), 1, [(900, 900, 950, 950)], [], "x", (0, 0))
    assert (image.width, image.height) == (595, 842)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_on_a_page_that_the_file_turns_the_words_are_outlined_as_shown(tmp_path: Path, rotation: int) -> None:
    path = tmp_path / "turned.pdf"
    with pymupdf.open() as document:
        sheet = document.new_page(width=595, height=842)
        sheet.set_rotation(rotation)
        at = pymupdf.Point(72, 100) * sheet.derotation_matrix
        sheet.insert_text(at, "The rank of an adapter is a small number.", fontsize=11, rotate=rotation)
        document.save(path)
    image = page_image(path, 1, [LINE], [LINE], "a small number", (0, 1))
    assert image.exact
    (outline,) = image.answer
    xs, ys = zip(*outline, strict=True)
    assert max(xs) - min(xs) > 40 > max(ys) - min(ys)
    assert 0 < min(xs) < max(xs) < image.width and 0 < min(ys) < max(ys) < image.height
