"""Markdown: through markdown-it to HTML, and from there to blocks."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from extractors.decoding import decode
from extractors.documents import Piece, assemble
from extractors.markup import blocks, references_apart
from extractors.reading import extractor
from extractors.records import Document, Page
from extractors.settings import ReadSettings
from extractors.tree import tree_of

# What a blank line follows is a rule. Without an end it is lines of keys up to a blank one.
_FRONT_MATTER = re.compile(r"\s*(---|\+\+\+)[ \t]*\n(?:(?![ \t]*\n)(.*?)\n)??(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_UNCLOSED = re.compile(r"\s*(---)[ \t]*\n((?:[\w.-]+:.*(?:\n|\Z)){2,})(?=\n|\Z)")
_IN_JSON = re.compile(r"\s*(?:---[ \t]*\n)?(\{\s*\n.*?\n\})[ \t]*\n(?:---[ \t]*\n)?", re.DOTALL)
_KEY = re.compile(r"^([\w.-]+)[ \t]*[:=][ \t]*(.*)$", re.MULTILINE)
_LONGEST = 30_000
"""Characters in which front matter must end; no more of it is parsed."""


@extractor(".md", ".markdown", ".mdx")
def markdown(path: Path, settings: ReadSettings, source: str) -> Document:
    """Read Markdown of any dialect as one page. Raises UnreadableDocument where the file is no text."""
    from extractors.dialects import parser

    text, metadata = _front_matter(decode(path.read_bytes(), source).replace("\f", "\n"))
    # The rules want the whole text: a word between angle brackets is a tag only if something closes it.
    html = parser(modules=path.suffix.lower() == ".mdx").render(text, {"source": text})
    pieces = list(references_apart(blocks(tree_of(html))))
    title, pieces = titled(pieces, metadata.get("title", ""))
    return assemble(path, source, title=title, pages=[Page(number=1)], pieces=pieces, metadata=metadata)


def titled(pieces: Sequence[Piece], title: str = "") -> tuple[str, list[Piece]]:
    """The title of a document, `title` or else its first heading of the highest rank; the only heading of that rank
    that says the same is the title and heads no section."""
    top = [i for i, piece in enumerate(pieces) if piece.kind == "heading" and piece.level == 1]
    first = pieces[top[0]].parts[0].text if top else ""
    if len(top) == 1 and first == (title or first):
        pieces = [replace(piece, level=0) if i == top[0] else piece for i, piece in enumerate(pieces)]
    return title or first, list(pieces)


def _front_matter(text: str) -> tuple[str, dict[str, str]]:
    """The text without its front matter, and what that says; what cannot be parsed is read line by line."""
    import yaml

    head = text[:_LONGEST]
    if found := _IN_JSON.match(head):
        try:
            return text[found.end() :], _strings(json.loads(found[1]))
        except (ValueError, RecursionError):
            return text, {}
    found = _FRONT_MATTER.match(head) or _UNCLOSED.match(head)
    if not found:
        return text, {}
    written = found[2] or ""
    try:
        # Values as they are written: what YAML makes of them is another date, a version 1.1 of 1.10, or a KeyError.
        facts = tomllib.loads(written) if found[1] == "+++" else yaml.load(written, Loader=yaml.BaseLoader)
        if isinstance(facts, dict):
            return text[found.end() :], _strings(facts)
    except (yaml.YAMLError, ValueError, RecursionError):
        pass
    if written and not _KEY.match(written):
        return text, {}
    return text[found.end() :], {key: value.strip("'\" ") for key, value in _KEY.findall(written)}


def _strings(facts: dict[Any, Any]) -> dict[str, str]:
    """What front matter says in words; of lists and tables within it their words, no deeper."""
    said = {}
    for key, value in facts.items():
        entries = (
            value
            if isinstance(value, list)
            else [f"{k}: {v}" for k, v in value.items() if _is_word(v)]
            if isinstance(value, dict)
            else [value]
        )
        words = ", ".join(str(entry) for entry in entries if _is_word(entry))
        if words:
            said[_whole(str(key))] = _whole(words)
    return said


def _whole(text: str) -> str:
    """`text` without halves of characters, which JSON and YAML can write and no record can hold."""
    return text.encode(errors="replace").decode()


def _is_word(value: Any) -> bool:
    return value not in (None, "null", "~") and not isinstance(value, list | dict)
