from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.shown import shown


@pytest.mark.parametrize(
    ("words", "as_shown"),
    [
        ("Größe 大小.md", "Größe 大小.md"),
        ("\x1b]0;hers\x07", "\\x1b]0;hers\\x07"),
        ("two\nlines\u2028three", "two\\nlines\\u2028three"),
        ("\u202efdp.exe", "\\u202efdp.exe"),
        (b"odd\xff.md", "odd\\xff.md"),
        ("half \ud800 pair", "half \\ud800 pair"),
    ],
)
def test_what_steers_or_cannot_be_written_becomes_its_number(words: str | bytes, as_shown: str) -> None:
    assert shown(words) == as_shown


@given(st.text() | st.binary())
def test_whatever_comes_is_one_line_that_can_be_written_and_stays_as_it_is(words: str | bytes) -> None:
    once = shown(words)
    assert "\x1b" not in once and len(once.splitlines()) <= 1
    assert shown(once.encode()) == once
