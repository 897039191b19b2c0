"""Text from documents on Prefect's pages, which take names, descriptions and the cells of tables for Markdown."""

from __future__ import annotations

import re


def escaped(text: str) -> str:
    """Text as text on one line, not as Markdown or HTML."""
    text = re.sub(r"\s+", " ", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # An underscore between letters is one in Markdown too, and so the name of a file can still be searched for.
    text = re.sub(r"[\\`*\[\]|~]|:(?=//)|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)
    return re.sub(r"^(\s*\d*)([-+.)#])", r"\1\\\2", text)  # what would begin a list or a heading
