"""Markdown that no program would write: it costs neither words nor time."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.errors import UnreadableDocument
from tests.extractors import invariants
from tests.extractors.conftest import read
from tests.extractors.notes import markdown


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("\ufeffWith a mark.".encode(), "With a mark."),
        ("naïve café".encode("latin-1"), "naïve café"),
        ("in UTF-16".encode("utf-16"), "in UTF-16"),
        ("Without a mark.".encode("utf-16-be"), "Without a mark."),
        ("“Windows” – 1252".encode("cp1252"), "“Windows” – 1252"),
        ("“UTF-8” with a bad ".encode() + b"\xff", "“UTF-8” with a bad ÿ"),
        (b"a vertical\x0btab", "a vertical tab"),
        (b"a NUL\x00 byte", "a NUL byte"),
        (b"one\r\n\r\ntwo\rthree", "one\n\ntwo three"),
        (b"Prose.\n\n```python\ncode()\n\nProse after a fence that is never closed.", None),
    ],
)
def test_odd_bytes(tmp_path: Path, data: bytes, text: str | None) -> None:
    document = markdown(tmp_path, data)
    assert document.text == (text or "Prose.\n\nProse after a fence that is never closed.")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "binary.md"
    path.write_bytes(bytes(range(256)) * 8)
    with pytest.raises(UnreadableDocument) as caught:
        read(path)
    assert caught.value.reason == "not text"
    path.write_text("---\ntitle: only this\n---\n\n<!-- nothing -->\n")
    with pytest.raises(UnreadableDocument) as caught:
        read(path)
    assert caught.value.reason == "nothing to read"


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 20_000,
        "![" * 10_000,
        "<a b='" * 10_000,
        "<x a={" * 10_000,
        "{{ " * 20_000,
        "\\(" * 20_000,
        "`` ` " * 10_000,
        "a|b\n-|-\n" + "|" * 50_000,
        "> " * 500 + "deep",
        "\n".join("  " * depth + "- item" for depth in range(500)),
        "<div>" * 5_000,
        "<b>" * 5_000 + "deep",
        "\n\n".join("~~~~{note}" for _ in range(5_000)),
        "$$\n\n" * 10_000,
        "a\n: b\n" * 5_000,
        ":a_b:" * 20_000,
        "{% highlight x %}\n" * 10_000,
        "<details>\n<summary>s\n\nx\n\n" * 10_000,
    ],
    ids=lambda hostile: hostile[:9],
)
def test_time_is_in_proportion_to_the_text(tmp_path: Path, hostile: str) -> None:
    path = tmp_path / "hostile.md"
    path.write_text(f"Words before.\n\n{hostile}\n\nWords after.\n")
    began = time.process_time()
    document = read(path)
    assert time.process_time() - began < 10
    assert "Words before." in document.text
    assert "Words after." in document.text


MARKUP = (
    "*", "**", "_", "~~", "`", "[", "]", "!", "|", "\\", "$", "\n", "\n\n", "\n# ", "\n- ", "\n1. ", "\n> ", "\n    ",
    "\n$$\n", "\n```\n", "\n:::\n", "\n---\n", "\n===\n", "\n|---|---|\n", "\n<div>\n", "</div>", "<b>", "<!--",
    "\n!!! x\n    ", "\n[^1]: ", "\n<details>\n", "\t", "<br>", "\n: ", "~", "^", "=", "==", "%", "&", "&amp;",
    "\n+++\n", "'", '"',
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(MARKUP) | st.integers(0, 99).map(lambda n: f" w{n} "), max_size=40))
def test_no_word_outside_of_markup_is_lost(tmp_path: Path, parts: list[str]) -> None:
    path = tmp_path / "any.md"
    path.write_text("Some text.\n\n" + "".join(parts))
    document = read(path)
    invariants.hold(document)
    kept = " ".join(block.text for block in document.blocks)
    names_of_languages = r"(?m)^.*(?:~~~|```).*$"
    for word in re.findall(r"w\d+", re.sub(names_of_languages, "", "".join(parts))):
        assert word in kept


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.sampled_from("ab *_`#->|[](){}<$\\\n\t:!1.~=/\"'"), max_size=200))
def test_nothing_breaks_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.mdx"
    path.write_text("Some text.\n\n" + text)
    invariants.hold(read(path))
