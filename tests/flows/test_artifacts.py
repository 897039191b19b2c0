from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markdown import markdown

from flows.artifacts import _escaped


@given(st.text(alphabet="ab<>&*_`[]()!#|\\ {}", max_size=40))
def test_text_of_a_document_is_neither_markdown_nor_html(text: str) -> None:
    html = markdown(f"x{_escaped(text)}x")
    assert html.startswith("<p>") and html.endswith("</p>")
    assert "<" not in html.removeprefix("<p>").removesuffix("</p>")
