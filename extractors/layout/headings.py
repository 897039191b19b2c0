"""Which lines are headings, and how deep."""

from __future__ import annotations

import re

from extractors.layout.context import TERMINATED, Context
from extractors.layout.geometry import Column, Typography, reads_on
from extractors.layout.lists import is_bullet
from extractors.pages.lines import Line

_NUMBERED = re.compile(
    r"(?i:(?:section|appendix|chapter)\s+)?(\d{1,2}(?:\.\d{1,2}){0,3}|[A-Z](?:\.\d{1,2}){0,3}|[IVX]{1,5})([.:)]?)\s+"
    r"(?=[^\W\d_])"
)
_KNOWN = re.compile(
    r"(abstract|introduction|related works?|background|conclusions?|discussion|results|methods?|experiments?|"
    r"evaluation|acknowledge?ments?|references|bibliography|limitations|ethics statement|broader impact|"
    r"appendix( [A-Z])?|appendices|supplementary material|future work|summary|funding|data availability|"
    r"author contributions|conflicts? of interest|materials and methods|results and discussion)[.:]?",
    re.IGNORECASE,
)
_REFERENCES = re.compile(
    r"(?:(?:\d{1,2}|[A-Z]|[IVX]+)\.?\s+)?"
    r"(?:references(?: and notes)?|bibliography|literature cited|works cited)\s*[.:]?",
    re.IGNORECASE,
)
_APPENDIX = re.compile(r"appendix( [A-Z])?[.:]?", re.IGNORECASE)
_DATE = re.compile(r"(\d{1,2}\.? )?[A-Z][a-z]{2,8}\.?( \d{1,2})?,? \d{4}")
_STATEMENT = re.compile(
    r"(theorem|lemma|proposition|corollary|definition|remark|example|assumption|claim|conjecture|proof)\b"
    r"[\s.:]*([\d(]|$)",
    re.IGNORECASE,
)
_ENDS_WITHIN = re.compile(r"[.?!] ")
_OPERATOR = re.compile(r"[<=>_{}]")
_LEADERS = re.compile(r"(\s?\.){4,}")
_SPACED = re.compile(r"(?:[A-Z] ){3,}[A-Z]")
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_WORD = re.compile(r"[^\W\d_]{2,}")
RUN_IN = 4
"""The level of a heading that stands at the beginning of its paragraph's first line."""


def is_references(text: str) -> bool:
    """Whether `text` is the heading of the reference list."""
    return bool(_REFERENCES.fullmatch(text.replace("R EFERENCES", "REFERENCES")))


def number_of(text: str) -> str:
    """The number that a heading begins with, such as "2.1", "IV" or "A"; empty where it has none."""
    number = _NUMBERED.match(text)
    return number[1] if number else ""


def run_in_level(text: str) -> int:
    """The level of a heading that its paragraph runs on from: as deep as its number, if that has parts."""
    number = number_of(text)
    return number.count(".") + 1 if "." in number else RUN_IN


def certain(text: str) -> bool:
    """Whether the words alone say that a line that looks like a heading is one: its number or its name."""
    text = unspaced(text)
    return bool(_NUMBERED.match(text) or _KNOWN.fullmatch(text) or is_references(text))


def unspaced(text: str) -> str:
    """A heading without the spaces that some printers set between its letters."""
    return text.replace(" ", "") if _SPACED.fullmatch(text) else text


def heading_level(line: Line, type_: Typography, column: Column | None, *, numbered_only: bool = False) -> int | None:
    """The level of a heading from 1, or None: larger, bold, numbered or known by name, short, and no sentence."""
    text = unspaced(line.text)
    words = text.split()
    if not 1 <= len(words) <= 16 or len(text) > 120 or not _WORD.search(text) or line.mono:
        return None
    # Small capitals that fill their line have wide gaps, as the head of a table has.
    if line.cells > 2 and not (_NUMBERED.match(text) and _is_capitals(text) and len(words) > 2):
        return None
    if _LEADERS.search(text) or (line.cells > 1 and text[-1].isdecimal()):
        return None
    if column and (line.box[2] < column.left or line.box[0] > column.right):
        return None
    number = _NUMBERED.match(text) if not _DATE.fullmatch(text) else None
    larger = line.size > type_.size + 0.8
    distinct = larger or line.bold
    if number and text[number.end()].islower():
        number = None
    if number and number[2] and text[number.end() :].isupper():
        return number[1].count(".") + 1
    if number and (distinct or _is_capitals(text[number.end() :]) or _in_another_type(line, type_)):
        if not distinct and (text.endswith((".", ",", ";")) or line.width > 30 * line.size):
            return None
        return number[1].count(".") + 1
    if _KNOWN.fullmatch(text) and text[0].isupper():
        return 1
    if column and len(words) > 1 and abs(_off_centre(line, column)) < line.size and _is_capitals(text):
        return 1
    sentence = text[0].islower() and reads_on(text)
    if (
        numbered_only
        or not distinct
        or sentence
        or is_bullet(text)
        or text.endswith((",", ";", "="))
        or line.math > 0.3
    ):
        return None
    if text.endswith(".") and not (line.bold and len(words) <= 8):
        return None
    if not larger and (not line.bold or line.size < type_.size - 0.6 or text[0].islower()):
        return None
    digits = sum(c.isdecimal() for c in text)
    if "@" in text or sum(c.isalpha() for c in text) < 0.5 * len(text) or digits > 0.25 * len(text):
        return None
    return 1 if larger else 3


def level_at(at: Context) -> int | None:
    """The level of a heading by its type and by what surrounds it, or None. A line that only looks like one has text
    below, or else it stands in a table or figure."""
    if at.carries_on:
        return None
    level = heading_level(at.line, at.type_, at.column) or _level_by_space(at)
    line = at.line
    if level is None:
        return None
    large = line.size > at.type_.size + 1.5 and not (at.last and at.last.loose)
    in_text_type = line.font == at.type_.font and not (line.bold or line.italic)
    of_text = line.font and in_text_type and abs(line.size - at.type_.size) <= 0.8
    telling = not of_text or _is_capitals(line.text) or _KNOWN.fullmatch(line.text)
    if telling and certain(line.text):
        return level
    if (
        _STATEMENT.match(line.text)
        or _runs_on(at)
        or (at.follows("table") and at.pitch < 1.5)
        or _DATE.fullmatch(line.text)
    ):
        return None
    if large:
        return level
    for below in at.following:
        if _leads(below, at):
            return level
        if not heading_level(below, at.type_, None):
            return None
    return level


def continues_heading(at: Context) -> bool:
    """Whether the line is the next one of a heading that takes more than one."""
    last = at.last
    if last is None or last.kind != "heading" or not last.level or last.level == RUN_IN:
        return False
    if certain(at.line.text) or (_KNOWN.fullmatch(last.line.text) and not _APPENDIX.fullmatch(last.line.text)):
        return False
    distinct = at.line.bold or at.line.size > at.type_.size + 0.8 or _in_another_type(at.line, at.type_)
    return alike(last.line, at.line) and (distinct or _is_capitals(at.line.text)) and not _is_long(at.line, at)


def alike(a: Line, b: Line) -> bool:
    """Whether `b` stands under `a` in the same type."""
    near = a.page == b.page and 0 < b.base - a.base < 1.8 * a.size
    return near and abs(a.size - b.size) < 0.3 and (a.font, a.bold, a.italic) == (b.font, b.bold, b.italic)


def _level_by_space(at: Context) -> int | None:
    """Where its type says nothing, as that of OCR, a heading is a short line without an end, set apart above, with text
    below. In print it has a number of two parts, or another font, as well."""
    line = at.line
    number = _NUMBERED.match(line.text)
    another = _in_another_type(line, at.type_) and not (at.last and at.last.loose)
    if not at.following or line.width > (0.85 if another else 0.6) * at.column.width:
        return None
    if line.font and not another and not (number and "." in number[1]):
        return None
    if not (line.text[0].isupper() or number) or line.cells > 1 or _OPERATOR.search(line.text):
        return None
    if not _LONG_WORD.search(line.text) or sum(c.isalpha() for c in line.text) < 0.6 * len(line.text):
        return None
    apart = at.pitch > 1.35 and not at.follows("table")
    below = (at.following[0].base - line.base) / at.type_.pitch
    ends = TERMINATED.search(line.text) or line.text.endswith(",")
    if not apart or ends or abs(at.indent) > 1.5 * line.size or not 1.05 < below < 2.5:
        return None
    return number[1].count(".") + 1 if number else 1


def _leads(line: Line, at: Context) -> bool:
    """Whether `line` is of running text, which a heading may stand over."""
    width = at.column.width
    return line.width > 0.5 * width and line.cells == 1 and abs(line.size - at.type_.size) < 1


def _runs_on(at: Context) -> bool:
    """Whether a line in bold is the first of a paragraph in bold, or of one that only begins so."""
    line = at.line
    if not at.following or at.following[0].base - line.base > 1.5 * line.size:
        return False
    if not alike(line, at.following[0]):
        return (
            line.size < at.type_.size + 0.8
            and line.width > 0.85 * at.column.width
            and at.following[0].text[:1].islower()
        )
    block = [line]
    for after in at.following:
        if not alike(block[-1], after):
            break
        block.append(after)
    if line.size > at.type_.size + 0.8:
        return len(block) > 3 and reads_on(" ".join(part.text for part in block))
    return len(block) > 3 or (line.width > 0.85 * at.column.width and block[-1].text.endswith("."))


def _is_long(line: Line, at: Context) -> bool:
    return line.width > 0.85 * at.column.width and len(line.text.split()) > 16


def _in_another_type(line: Line, type_: Typography) -> bool:
    """Whether a line is in italics, or in a font that is neither the text's nor a mathematical one, and no sentence or
    name ends within it, as in references and after headings that their paragraphs run on from."""
    number = _NUMBERED.match(line.text)
    if _ENDS_WITHIN.search(line.text, number.end() if number else 0):
        return False
    other = (
        bool(line.font) and line.font != type_.font and abs(line.size - type_.size) < 1.3 and line.text[-1] not in ".,;"
    )
    return line.math == 0 and (line.italic or other)


def _off_centre(line: Line, column: Column) -> float:
    return (line.box[0] + line.box[2] - column.left - column.right) / 2


def _is_capitals(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return len(letters) > 2 and sum(c.isupper() for c in letters) > 0.9 * len(letters)
