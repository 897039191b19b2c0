"""The lines of a document as the rules of markdown-it see them, and what they put in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it.rules_block import StateBlock

BOUNDARY = "<!---->"
"""HTML that parts what stands before it from what follows."""


def line_at(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def lines_of(state: StateBlock, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The lines from `start` that belong to the block at hand, by their numbers."""
    for number in range(start, end):
        line = line_at(state, number)
        if line and state.sCount[number] < state.blkIndent:
            return
        yield number, line


def read_within(state: StateBlock, name: str, start: int, end: int, indent: int = 0) -> None:
    """Read the lines from `start` as blocks of their own, `indent` columns further in."""
    last, parent = state.lineMax, state.parentType
    state.lineMax, state.parentType = end, name
    state.blkIndent += indent
    state.level += 1
    state.md.block.tokenize(state, start, end)
    state.level -= 1
    state.blkIndent -= indent
    state.lineMax, state.parentType = last, parent
    state.line = end


def move_start(state: StateBlock, number: int, columns: int) -> None:
    """Let a line begin that many characters after its first."""
    first = state.bMarks[number] + state.tShift[number] + columns
    while first < state.eMarks[number] and state.src[first] in " \t":
        first += 1
    state.bMarks[number], state.tShift[number], state.sCount[number] = first, 0, state.blkIndent


def put_html(state: StateBlock, content: str) -> None:
    state.push("html_block", "", 0).content = content


def put_paragraph(state: StateBlock, text: str) -> None:
    """A paragraph, without the marks of a heading."""
    state.push("paragraph_open", "p", 1)
    inline = state.push("inline", "", 0)
    inline.content, inline.children = re.sub(r"^#{1,6}\s+", "", text), []
    state.push("paragraph_close", "p", -1)


def put_formula(state: StateBlock, tex: str) -> None:
    state.push("formula", "div", 0).content = tex.strip()


def find_once(state: StateBlock, closing: str, start: int, limit: int) -> int:
    """Where `closing` stands next; that it stands nowhere is found out once."""
    failed = state.env.setdefault("unclosed", {})
    if (closing, limit) in failed:
        return -1
    found = state.src.find(closing, start, limit)
    if found < 0:
        failed[closing, limit] = 1
    return found
