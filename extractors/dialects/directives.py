"""Fences and what is written in their place: code, directives of MyST, Quarto and Docusaurus, admonitions and tabs of
MkDocs, and the tags of site generators."""

from __future__ import annotations

import re
from html import escape

from markdown_it.rules_block import StateBlock

from extractors.dialects.lines import (
    BOUNDARY,
    line_at,
    lines_of,
    put_formula,
    put_html,
    put_paragraph,
    read_within,
)

_FENCE = re.compile(r"(`{3,}|~{3,}|:{3,})(.*)", re.DOTALL)
_DIRECTIVE = re.compile(r"\{([A-Za-z][\w:.+-]*)\}\s*(.*)|([A-Za-z][\w-]*)(?:\[(.*)\])?(?:\{.*\})?|\{.*\}")
_PROSE = re.compile(
    r"admonition|note|warning|tip|important|hint|caution|danger|see-?also|attention|error|info|topic|sidebar|margin|"
    r"aside|dropdown|card\S*|grid\S*|tab-\S*|div|container|epigraph|pull-quote|highlights|figure|table|glossary|"
    r"(?:prf:)?(?:proof|theorem|lemma|definition|corollary|proposition|remark|example|algorithm|assumption|axiom|"
    r"conjecture|criterion|observation|property)|exercise\S*|solution\S*|question|quote|abstract|todo|deprecated|"
    r"version(?:added|changed)|rubric|centered|versionremoved",
)
_CODE = re.compile(
    r"code(?:-block|-cell)?|sourcecode|parsed-literal|literalinclude|mermaid|graphviz|prompt|eval-rst|raw"
)
_POINTING = re.compile(
    r"toctree|tableofcontents|contents|bibliography|include|image|download|video|iframe|embed|index|only|currentmodule|"
    r"automodule|autoclass|autofunction|py:\S+|figure-md|list-of-\S+",
)
_UNTITLED = re.compile(
    r"figure|table-of\S*|code\S*|grid\S*|tab-set\S*|card-\S*|div|container|version\S*|deprecated|only"
)
_OPTION = re.compile(r":[\w-]+:(\s.*)?")
_INDENTED = re.compile(r"(?:!!!|\?\?\?\+?)([\w -]*)(?:\"(.*)\")?|===[!+]*[ ]*\"(.*)\"")
_SKIPPED = re.compile(
    r"/{3,}(?:[ ]*(?:html|tab|define|\w+-caption|[\w-]+(?P<titled>))(?:[ ]*\|[ ]*(?P<title>.*))?)?|"
    r":[a-z_]+:`[^`]*`|\*\[[^\]]+\]:.*|\{:[^{}]*\}|\[(?:TOC|toc)\]|(?:[-*+]|1\.) (?:TOC|toc)|"
    r"\{\{<[^{}]*>\}\}|\{\{%[^{}]*%\}\}|\{%[^{}]*%\}|\{[#:/@][^{}]*\}|\+{3}(?:\s*\{.*\})?"
)
_LISTING = re.compile(r"\{\{[<%]\s*(highlight|code|mermaid)\b.*?[>%]\}\}|\{%-?\s*(highlight|code)\b.*?%\}")


def fence(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Code between fences, or a directive such as {note}, whose content is Markdown. What nobody closes ends at the
    next blank line."""
    found = None if state.is_code_block(start) else _FENCE.fullmatch(line_at(state, start))
    if not found or (found[1][0] == "`" and "`" in found[2]):
        return False
    if silent:
        return True
    named = _DIRECTIVE.fullmatch(found[2].strip())
    name = ((named[1] or named[3] or "") if named else "").lower()
    title = (named[2] or named[4] or "") if named else ""
    colons = found[1][0] == ":"
    directive = colons or bool(named and named[1] and (_PROSE.fullmatch(name) or _POINTING.fullmatch(name)))
    if colons and not _CODE.fullmatch(name) and name not in ("math", "toctree"):
        # Containers within each other may have colons in any number: only their own lines go.
        state.line = _after_options(state, start + 1, end)
        put_html(state, BOUNDARY)
        _title(state, name, title)
        return True
    closing, after = _closing_fence(state, found[1], start + 1, end)
    state.line = after
    first = _after_options(state, start + 1, closing) if named and named[1] else start + 1
    if name == "math" or found[2].strip() == "math":
        put_formula(state, state.getLines(first, closing, state.sCount[start], True))
    elif directive and _POINTING.fullmatch(name):
        content = state.getLines(first, closing, state.sCount[start], True)
        put_html(state, f'<div class="furniture">{escape(content)}</div>')
    elif directive:
        put_html(state, BOUNDARY)
        _title(state, name, title)
        read_within(state, "directive", first, closing)
        state.line = after
    else:
        token = state.push("fence", "code", 0)
        token.info = found[2]
        token.content = state.getLines(start + 1, closing, state.sCount[start], True)
    return True


def _closing_fence(state: StateBlock, opening: str, start: int, end: int) -> tuple[int, int]:
    """The line after the last one between fences, and the line where reading goes on: behind the closing fence, where
    the list or quotation ends without one, or else at the next blank line."""
    unclosed: dict[tuple[str, int], int] = state.env.setdefault("unclosed", {})
    if len(opening) < unclosed.get((opening[0], end), len(opening) + 1):
        closed = re.compile(rf"{opening[0]}{{{len(opening)},}}")
        last = start - 1
        for last, line in lines_of(state, start, end):
            if line.startswith(opening) and state.sCount[last] - state.blkIndent < 4 and closed.fullmatch(line):
                return last, last + 1
        if state.level or state.blkIndent:
            return last + 1, last + 1
        unclosed[opening[0], end] = len(opening)
    blank = next((number for number in range(start, end) if state.isEmpty(number)), end)
    return blank, blank


def _after_options(state: StateBlock, start: int, end: int) -> int:
    """The first line after the options of a directive, :key: value a line or YAML between rules."""
    if start < end and line_at(state, start) == "---":
        return next((n + 1 for n in range(start + 1, end) if line_at(state, n) == "---"), start)
    while start < end and _OPTION.fullmatch(line_at(state, start)):
        start += 1
    return start


def _title(state: StateBlock, name: str, title: str) -> None:
    if title and not _UNTITLED.fullmatch(name) and not _POINTING.fullmatch(name):
        put_paragraph(state, title)


def indented(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """!!! and ??? of MkDocs, and its tabs, ===: a title, and an indented body."""
    found = None if state.is_code_block(start) else _INDENTED.fullmatch(line_at(state, start))
    if not found or not any(map(str.strip, found.groups(""))):
        return False
    if silent:
        return True
    body = [n for n in range(start + 1, min(end, start + 4)) if not state.isEmpty(n)]
    indent = state.sCount[body[0]] - state.blkIndent if body else 0
    indent = 4 if indent >= 4 else indent if indent >= 2 else 4
    last = start + 1
    for number in range(start + 1, end):
        if state.isEmpty(number):
            continue
        if state.sCount[number] - state.blkIndent < indent:
            break
        last = number + 1
    put_html(state, BOUNDARY)
    if found[2]:
        put_paragraph(state, found[2])
    read_within(state, "admonition", start + 1, last, indent)
    state.line = last
    return True


def skipped(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line that is nothing but an instruction to the site's generator."""
    found = None if state.is_code_block(start) else _SKIPPED.fullmatch(line_at(state, start))
    if not found or _LISTING.match(line_at(state, start)):
        return False
    if not silent:
        state.line = start + 1
        put_html(state, BOUNDARY)
        if found["titled"] is not None and found["title"]:
            put_paragraph(state, found["title"])
    return True


def listing(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Code between the tags of a template, as {% highlight %} of Jekyll or {{< highlight >}} of Hugo."""
    found = None if state.is_code_block(start) else _LISTING.fullmatch(line_at(state, start))
    if not found:
        return False
    name = found[1] or found[2]
    failed = state.env.setdefault("unclosed", {})
    if start < failed.get((name, state.blkIndent), 0):
        return False
    closing = re.compile(rf"\{{[{{%][<%]?-?\s*(?:end{name}|/\s*{name})\b.*")
    last = start
    for number, line in lines_of(state, start + 1, end):
        last = number
        if closing.match(line):
            break
    else:
        failed[name, state.blkIndent] = last + 1
        return False
    if not silent:
        state.line = last + 1
        state.push("fence", "code", 0).content = state.getLines(start + 1, last, state.blkIndent, True)
    return True
