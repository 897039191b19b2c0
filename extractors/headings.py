"""Which lines are headings, and how deep."""

from __future__ import annotations

import re

from extractors.geometry import Column, Typography
from extractors.lines import Line

_NUMBERED = re.compile(
    r"(?:(?:section|appendix)\s+)?(\d{1,2}(?:\.\d{1,2}){0,3}|[A-Z](?:\.\d{1,2}){0,3}|[IVX]{1,5})([.:)]?)\s+(?=[^\W\d_])",
    re.IGNORECASE,
)
_KNOWN = re.compile(
    r"(abstract|introduction|related works?|background|conclusions?|discussion|results|methods?|experiments?|"
    r"evaluation|acknowledge?ments?|references|bibliography|limitations|ethics statement|broader impact|"
    r"appendix( [A-Z])?|appendices|supplementary material|future work)[.:]?",
    re.IGNORECASE,
)
_REFERENCES = re.compile(
    r"(?:(?:\d{1,2}|[A-Z]|[IVX]+)\.?\s+)?"
    r"(?:references(?: and notes)?|bibliography|literature cited|works cited)\s*[.:]?",
    re.IGNORECASE,
)
_APPENDIX = re.compile(
    r"((?i:appendix|appendices|supplement(ary|al)?\b|supporting information)|[A-Z]\.?(\.?\d{1,2})*\.?\s+[A-Z][^\W\d_]+|"
    r"acknowledge?ments?|checklist)",
)
_WORD = re.compile(r"[^\W\d_]{2,}")


def is_references(text: str) -> bool:
    """Whether `text` is the heading of the reference list."""
    return bool(_REFERENCES.fullmatch(text.replace("R EFERENCES", "REFERENCES")))


def resumes_text(line: Line, heading: Line, level: int | None) -> bool:
    """Whether the text goes on after the reference list: at a heading in the type of the list's own heading."""
    alike = abs(line.size - heading.size) < 0.4 and line.bold == heading.bold
    appendix = bool(_APPENDIX.match(line.text))
    return bool(level) and ((alike and (line.bold or appendix)) or (appendix and line.size > heading.size - 0.4))


def heading_level(line: Line, type_: Typography, column: Column | None, *, numbered_only: bool = False) -> int | None:
    """The level of a heading from 1, or None: larger, bold, numbered or known by name, short, and no sentence."""
    text = line.text
    words = text.split()
    if not 1 <= len(words) <= 16 or len(text) > 120 or not _WORD.search(text) or line.cells > 2 or line.mono:
        return None
    if column and (line.box[2] < column.left or line.box[0] > column.right):
        return None
    number = _NUMBERED.match(text)
    larger = line.size > type_.size + 0.8
    distinct = larger or line.bold
    if number and text[number.end()].islower():
        number = None
    if number and number[2] and text[number.end() :].isupper():
        return number[1].count(".") + 1
    if number and (distinct or _is_small_caps(text[number.end() :]) or (line.italic and not line.math)):
        if not distinct and (text.endswith((".", ",", ";")) or line.width > 30 * line.size):
            return None
        digits = number[1]
        return digits.count(".") + (2 if _is_letter_below_roman(line, digits) else 1)
    if _KNOWN.fullmatch(text) and text[0].isupper():
        return 1
    if column and _is_small_caps(text) and len(words) > 1 and abs(_off_centre(line, column)) < line.size:
        return 1
    if numbered_only or not distinct or text.endswith((",", ";", "=")) or line.math > 0.3:
        return None
    if text.endswith(".") and not (line.bold and len(words) <= 8):
        return None
    if not larger and (not line.bold or line.size < type_.size - 0.6 or text[0].islower()):
        return None
    if "@" in text or sum(c.isalpha() for c in text) < 0.5 * len(text):
        return None
    return 1 if larger else 3


def certain(text: str) -> bool:
    """Whether the words alone say that a line that looks like a heading is one: its number or its name."""
    return bool(_NUMBERED.match(text) or _KNOWN.fullmatch(text) or is_references(text))


def _off_centre(line: Line, column: Column) -> float:
    return (line.box[0] + line.box[2] - column.left - column.right) / 2


def _is_small_caps(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return len(letters) > 2 and sum(c.isupper() for c in letters) > 0.9 * len(letters)


def _is_letter_below_roman(line: Line, number: str) -> bool:
    """IEEE numbers sections with Roman numerals in capitals, and subsections with letters in italics."""
    return number.isalpha() and len(number) == 1 and line.italic
