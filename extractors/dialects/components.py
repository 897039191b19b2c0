"""HTML, JSX components and the JavaScript of MDX between paragraphs."""

from __future__ import annotations

import re

from markdown_it import rules_block
from markdown_it.rules_block import StateBlock

from extractors.dialects.inline import placeholder
from extractors.dialects.lines import (
    BOUNDARY,
    find_once,
    line_at,
    put_html,
)
from extractors.dialects.tags import RAW, Tag, braces, element_end, tag_at

_MODULE = re.compile(
    r"import\s*(?:['\"{*]|[\w$]+\s*,|[\w$]+\s+from\b)|export\s+(?:const|default|let|var|function|async|class|\{|\*)"
)
_COMMENTS = (("<!--", "-->"), ("{/*", "*/}"), ("%%", "%%"), ("<?", "?>"), ("<![CDATA[", "]]>"), ("<!", ">"))
_IMPORT = re.compile(r"import\s+[\w*{}\s,$]+\sfrom\s+['\"][^'\"]+['\"];?\s*")


def outdent(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Within HTML and components indentation says nothing: no code begins there."""
    shift = state.sCount[start] - state.blkIndent
    if not silent and shift >= 4 and state.env.get("depth", 0) > 0:
        for number in range(start, end):
            if not state.isEmpty(number):
                if state.sCount[number] - state.blkIndent < shift:
                    break
                state.sCount[number] -= shift
    return False


def html(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Tags of blocks and components at the start of a line, which interrupt a paragraph; what follows is Markdown."""
    if state.is_code_block(start) or not line_at(state, start).startswith(("<", "{/*", "%%")):
        return False
    at, shown, line = state.bMarks[start] + state.tShift[start], "", start
    while (piece := _markup(state, at, end)) is not None:
        at, content = piece
        shown += content
        while at < len(state.src) and state.src[at] in " \t":
            at += 1
        if silent:
            return True
    if silent or at == state.bMarks[start] + state.tShift[start]:
        return False
    while line < end - 1 and at > state.eMarks[line]:
        line += 1
    put_html(state, f"{BOUNDARY}{shown}")
    if at >= state.eMarks[line]:
        state.line = line + 1
        return True
    state.bMarks[line], state.tShift[line], state.sCount[line] = at, 0, state.blkIndent
    hashes = re.compile(r"#{1,6}\s+").match(state.src, at)
    if hashes:
        state.bMarks[line] = hashes.end()
    return paragraph(state, line, end, False)


def _markup(state: StateBlock, at: int, end: int) -> tuple[int, str] | None:
    """Where the tag, comment or unread element that begins at `at` ends, and the HTML to keep of it."""
    source, limit = state.src, state.eMarks[end - 1]
    for opening, closing in _COMMENTS:
        if source.startswith(opening, at):
            closed = find_once(state, closing, at + len(opening), limit)
            return (closed + len(closing), BOUNDARY) if closed >= 0 else None
    tag = tag_at(source, at) if source.startswith("<", at) else None
    if not tag or tag.end > limit or not tag.block or placeholder(tag, state.env):
        return None
    if tag.name in RAW:
        whole = element_end(source, tag)
        if 0 <= whole <= limit:
            return whole, source[at:whole] if tag.html() else BOUNDARY
        return tag.end, BOUNDARY
    _count(state, tag)
    return tag.end, tag.html() or BOUNDARY


def _count(state: StateBlock, tag: Tag) -> None:
    state.env["depth"] = max(0, state.env.get("depth", 0) + tag.depth)


def paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A paragraph; elements that it opens or closes are counted."""
    rules_block.paragraph(state, start, end, silent)
    content = state.tokens[-2].content
    for opening in re.finditer("<", content):
        tag = tag_at(content, opening.start())
        if tag and tag.block:
            _count(state, tag)
    return True


def module(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Lines of import and export in MDX, to the blank line after their braces are closed."""
    if state.level or not _MODULE.match(line_at(state, start)):
        return False
    closed, until, number = braces(state.src), -1, start
    while number < end and (state.bMarks[number] <= until or not state.isEmpty(number)):
        opening = range(state.bMarks[number], state.eMarks[number])
        until = max([until, *(closed[at] for at in opening if at in closed)])
        number += 1
    state.line = number
    return True


def imported(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """An import line of MDX in a file that does not say it is MDX."""
    if state.level or not _IMPORT.fullmatch(line_at(state, start)):
        return False
    state.line = start + 1
    return True


def expression(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """{an expression} of MDX alone on its lines."""
    line = line_at(state, start)
    at = state.bMarks[start] + state.tShift[start]
    if not line.startswith("{") or (closed := braces(state.src).get(at, -1)) < 0 or closed >= state.eMarks[end - 1]:
        return False
    last = start
    while state.eMarks[last] <= closed:
        last += 1
    if state.src[closed + 1 : state.eMarks[last]].strip():
        return False
    if not silent:
        state.line = last + 1
        put_html(state, BOUNDARY)
    return True
