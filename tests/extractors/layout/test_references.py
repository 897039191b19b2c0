from __future__ import annotations

from pathlib import Path

import pytest

from tests.extractors import typeset
from tests.extractors.conftest import BODY, read

PLAIN = BODY.replace("\u00ad", "").split("\n\n")
WORKS = [
    "A. Example and B. Sample. On finding passages with the words of a question, and on finding them without any of "
    "those words at all. Journal of Samples, 12(3):1-99, 2020.",
    "C. Instance. A short one. 2021.",
    "D. Specimen, E. Trial, and F. Test. Vectors for passages, questions and whole books. In Proceedings of the Fifth "
    "Conference on Samples, pages 3-12, 2022.",
]


def entries(path: Path) -> list[str]:
    return [block.text for block in read(path).blocks if block.kind == "reference"]


@pytest.mark.parametrize("style", ["numbered", "hanging", "unannounced"])
def test_each_work_is_a_block(tmp_path: Path, style: str) -> None:
    press = typeset.Press()
    press.paragraph(60, 80, 470, " ".join(PLAIN), 10)
    press.turn()
    y = press.paragraph(60, 80, 470, " ".join(PLAIN).replace("passages", "chapters"), 10)
    if style != "unannounced":
        press.line(60, y + 24, "References", 12, typeset.BOLD)
    y += 44
    expected = []
    for n, work in enumerate(WORKS, 1):
        mark = "" if style == "hanging" else f"[{n}] "
        for m, (line, _) in enumerate(typeset.broken(mark + work, 440, 9)):
            press.line(60 + 14 * (m > 0), y, line, 9)
            y += 11
        expected.append(mark + work)
    press.line(60, y + 24, "A Further settings", 12, typeset.BOLD)
    press.paragraph(60, y + 44, 470, PLAIN[0])
    path = press.save(tmp_path / "works.pdf")
    assert entries(path) == expected
    assert read(path).text.endswith(PLAIN[0])


def test_a_section_called_references_is_text(tmp_path: Path) -> None:
    press = typeset.Press()
    press.line(60, 80, "3. References", 12, typeset.BOLD)
    press.paragraph(60, 100, 470, PLAIN[1])
    assert read(press.save(tmp_path / "section.pdf")).text == PLAIN[1]
