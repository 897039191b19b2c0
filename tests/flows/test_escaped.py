from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from flows.escaped import escaped

as_prefect_does = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@given(st.text(alphabet="ab1. -+<>&*_`~[]()!#|\\{}:/\n", max_size=40))
def test_text_of_a_document_is_neither_markdown_nor_html(text: str) -> None:
    html = as_prefect_does.render(f"> {escaped(text)} x")
    words = html.removeprefix("<blockquote>\n<p>").removesuffix("</p>\n</blockquote>\n")
    assert "<" not in words
    shown = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert shown.split() == f"{text} x".split()


@pytest.mark.parametrize(
    "text", ["1. one", "1) one", "---", ".a", "- one", "+ one", "# one", "> one", "a\n\nb", "| a |\n|---|\n| b |"]
)
def test_nothing_begins_a_list_a_heading_or_a_table(text: str) -> None:
    assert as_prefect_does.render(escaped(text)).count("<") == 2


def test_the_name_of_a_file_can_be_searched_for() -> None:
    assert escaped("page_count_lie-2.pdf") == "page_count_lie-2.pdf"
