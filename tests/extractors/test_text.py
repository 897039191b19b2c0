from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.records import Document
from tests.extractors import invariants
from tests.extractors.conftest import read


def text(folder: Path, written: str) -> Document:
    path = folder / "note.txt"
    path.write_text(written)
    document = read(path)
    invariants.hold(document)
    return document


SHEET = """\
RFC {0}                     A Title                     June 2026

{1}

Example                   Informational                   [Page {0}]
"""

FIRST = """\
                      A PLAIN DOCUMENT

Contents ................... 1

1. Introduction

   This is the first para-
   graph, hard-wrapped, with a state-of-the-
   art method.

   * an item that goes
     on here
   * another

1.1. Code

       def f(x):
           return x + 1

   Name      Value
   alpha     1.0

Method
------
   This paragraph is cut by the end of"""

SECOND = """\
   the page that it stands on.

   Figure 1: What is drawn
   there.

REFERENCES

   [1] A. One.
       2020.

   [2] B. Two.

APPENDIX A

   More text."""


def test_structure(tmp_path: Path) -> None:
    pages = (FIRST, SECOND, "   A third page.")
    document = text(tmp_path, "\f".join(SHEET.format(n, body) for n, body in enumerate(pages, 1)))
    assert document.title == "A PLAIN DOCUMENT"
    assert [(block.kind, block.text) for block in document.blocks if block.kind != "furniture"] == [
        ("heading", "A PLAIN DOCUMENT"),
        ("heading", "1. Introduction"),
        ("paragraph", "This is the first paragraph, hard-wrapped, with a state-of-the-art method."),
        ("list", "an item that goes on here\nanother"),
        ("heading", "1.1. Code"),
        ("code", "def f(x):\n    return x + 1"),
        ("table", "Name | Value\nalpha | 1.0"),
        ("heading", "Method"),
        ("paragraph", "This paragraph is cut by the end of the page that it stands on."),
        ("caption", "Figure 1: What is drawn there."),
        ("heading", "REFERENCES"),
        ("reference", "[1] A. One. 2020."),
        ("reference", "[2] B. Two."),
        ("heading", "APPENDIX A"),
        ("paragraph", "More text."),
        ("paragraph", "A third page."),
    ]
    assert sum(block.kind == "furniture" for block in document.blocks) == 7
    cut = document.text.index("the page that it stands on")
    assert document.page_at(cut - 2) == 1
    assert document.page_at(cut) == 2
    assert [block.page for block in document.blocks if block.text == "A third page."] == [3]


def test_lines_that_are_paragraphs(tmp_path: Path) -> None:
    line = "A paragraph on one line of its own, as an editor writes it that wraps them on the screen alone. " * 2
    assert text(tmp_path, f"{line}\n{line}\n").text == f"{line.strip()}\n\n{line.strip()}"


def test_marks_at_line_ends_and_between_parts(tmp_path: Path) -> None:
    document = text(
        tmp_path, "Text with a soft\u00ad\nhyphen in it.\n\n  *   *   *\n\nReferences\n\nA. One.\n\nAppendix\n\nMore.\n"
    )
    assert [(block.kind, block.text) for block in document.blocks] == [
        ("paragraph", "Text with a softhyphen in it."),
        ("furniture", "*   *   *"),
        ("heading", "References"),
        ("reference", "A. One."),
        ("heading", "Appendix"),
        ("paragraph", "More."),
    ]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["w1 w2", "W3", "-", "* w4", "1. w5", "    w6", "=====", "", "", "\f", "w7-", "a   b"]))
)
def test_no_word_is_lost(tmp_path: Path, lines: list[str]) -> None:
    document = text(tmp_path, "Some text.\n\n" + "\n".join(lines))
    kept = " ".join(block.text for block in document.blocks)
    for word in ("w1", "w2", "W3", "w4", "w5", "w6", "w7"):
        assert kept.count(word) == "\n".join(lines).count(word)
