from __future__ import annotations

from pathlib import Path

import pytest

from tests.extractors import invariants, typeset
from tests.extractors.conftest import BODY, read

PLAIN = BODY.replace("\u00ad", "").split("\n\n")
CAPTION = "Figure 1: A figure at the head of the page."


@pytest.mark.parametrize("lines_before", [1, 3, 5])
def test_a_figure_in_a_paragraph_stands_between_two_of_its_sentences(tmp_path: Path, lines_before: int) -> None:
    """Of three sentences, the one that the figure was set into stays whole, and follows it."""
    paragraph = " ".join(PLAIN[1:])
    lines = [line for line, _ in typeset.broken(paragraph, 225, 10)]
    press = typeset.Press()
    press.paragraph(60, 80, 225, PLAIN[0])
    for n, line in enumerate(lines):
        if n == lines_before:
            press.turn()
            press.line(60, 100, CAPTION, 9)
        press.line(60, (720 if n < lines_before else 130) + 12 * (n if n < lines_before else n - lines_before), line)
    document = read(press.save(tmp_path / "figure.pdf"))
    invariants.hold(document)
    before, after = document.text.split(CAPTION)
    assert " ".join((before + after).split()) == " ".join(" ".join([PLAIN[0], paragraph]).split())
    assert before.rstrip().endswith((".", "?"))
    cut = len(" ".join(lines[:lines_before]))
    ahead = " ".join(before.split())[len(PLAIN[0]) :].strip()
    assert len(ahead) <= cut
    assert paragraph[len(ahead) :].lstrip().index(". ") + len(ahead) >= cut - 1
