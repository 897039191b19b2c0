"""Formulas, notes, tables and headings that stand between paragraphs."""

from __future__ import annotations

import re
from itertools import pairwise

from markdown_it.rules_block import StateBlock

from extractors.dialects.inline import is_words
from extractors.dialects.lines import (
    line_at,
    lines_of,
    move_start,
    put_formula,
    put_html,
    read_within,
)

_FORMULA = re.compile(
    r"\$\$|\\\[|\\begin\{(equation|align|gather|multline|eqnarray|displaymath|math|alignat|flalign)(\*?)\}"
)
_AFTER_FORMULA = re.compile(r"\s*(?:[.,;]|\([^()]*\)|\{[^{}]*\})?\s*")
_IN_BRACES = re.compile(r"\{[^{}]*\}")
_PROSE = re.compile(r"(?<!\w)(?:[A-Za-z]{2,}[,.;:]? ){2}[A-Za-z]{2,}")
_NOTE = re.compile(r"\[\^[^\]\s]+\]:[ \t]*")
_TABLE_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?|\+(?:[-=:]+\+)+")
_IN_ROW = re.compile(r"`+[^`]*`+|\\.|\|")
_UNSPACED = re.compile(r"(#{2,6})(?=[^\s#!])")


def formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    r"""A display formula: $$, \[ or \begin{equation} to its end, if it has one before the next paragraph of prose and
    nothing follows it on its line."""
    found = None if state.is_code_block(start) else _FORMULA.match(line_at(state, start))
    if not found:
        return False
    closing = {"$$": "$$", "\\[": "\\]"}.get(found[0], f"\\end{{{found[1]}{found[2]}}}")
    failed = state.env.setdefault("unclosed", {})
    if start < failed.get((closing, state.blkIndent), 0):
        return False
    tex: list[str] = []
    number = blank = start
    for number, line in lines_of(state, start, end):
        rest = line[found.end() :] if number == start else line
        at = rest.find(closing)
        if at < 0:
            if blank > start and _PROSE.search(_IN_BRACES.sub("", line)):
                failed[closing, state.blkIndent] = blank
                return False
            blank = blank if line else number
            tex.append(rest)
            continue
        if not _AFTER_FORMULA.fullmatch(rest[at + len(closing) :]):
            failed[closing, state.blkIndent] = number
            return False
        tex.append(rest[:at])
        if found[0] == "\\[" and is_words("\n".join(tex)):
            return False
        if not silent:
            state.line = number + 1
            put_formula(state, "\n".join(tex))
        return True
    failed[closing, state.blkIndent] = number + 1
    return False


def note(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """[^mark]: a note, with what is indented below it."""
    found = None if state.is_code_block(start) else _NOTE.match(line_at(state, start))
    if not found:
        return False
    if silent:
        return True
    last = start + 1
    for number in range(start + 1, end):
        if state.isEmpty(number):
            continue
        lazy = number == last and not state.isEmpty(number - 1) and not _NOTE.match(line_at(state, number))
        if state.sCount[number] - state.blkIndent < 2 and not lazy:
            break
        last = number + 1
    move_start(state, start, found.end())
    for number in range(start, last):
        state.sCount[number] = max(state.sCount[number], state.blkIndent + 2)
    put_html(state, '<aside class="footnote">')
    read_within(state, "footnote", start, last, 2)
    put_html(state, "</aside>")
    return True


def table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table, whatever the lengths of its rows, to the first line without a bar; or a grid of + and -.

    The rule of CommonMark's dialects drops cells beyond those of the head, and is none where head and rule differ.
    """
    if state.is_code_block(start) or start + 1 >= end or state.sCount[start + 1] < state.blkIndent:
        return False
    first, second = line_at(state, start), line_at(state, start + 1)
    grid = first.startswith("+-") and bool(_TABLE_RULE.fullmatch(first)) and second.startswith("|")
    if not grid and not ("|" in first and "|" in second and _TABLE_RULE.fullmatch(second)):
        return False
    if silent:
        return True
    state.line, name = start + 1, "th"
    put_html(state, "<table>")
    for number, line in lines_of(state, start, end):
        if "|" not in line and not (grid and line.startswith("+")):
            break
        state.line = number + 1
        if _TABLE_RULE.fullmatch(line):
            continue
        put_html(state, "<tr>")
        for cell in _cells(line.removeprefix("|").removesuffix("|")):
            put_html(state, f"<{name}>")
            inline = state.push("inline", "", 0)
            inline.content, inline.children = cell.strip().replace("\\|", "|"), []
            put_html(state, f"</{name}>")
        put_html(state, "</tr>")
        name = "td"
    put_html(state, "</table>")
    return True


def _cells(row: str) -> list[str]:
    """The parts of a row between the bars that are neither escaped nor in code."""
    bars = [mark.start() for mark in _IN_ROW.finditer(row) if mark[0] == "|"]
    return [row[a + 1 : b] for a, b in pairwise((-1, *bars, len(row)))]


def unspaced_heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """##Heading, without a space."""
    found = None if state.is_code_block(start) else _UNSPACED.match(line_at(state, start))
    if not found:
        return False
    if not silent:
        put_html(state, f"<h{len(found[1])}>")
        inline = state.push("inline", "", 0)
        inline.content, inline.children = line_at(state, start)[found.end() :].rstrip("# "), []
        put_html(state, f"</h{len(found[1])}>")
        state.line = start + 1
    return True
