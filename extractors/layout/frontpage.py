"""The top of the first page: the title, what stands above it, and the authors and addresses under it."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import takewhile

from extractors.layout.geometry import Sheet, Typography, reads_on
from extractors.layout.headings import certain, heading_level, unspaced
from extractors.pages.lines import Line

_WORD = re.compile(r"[^\W\d_]{2,}")
_ABSTRACT = re.compile(r"(abstract|summary)\s*([.:—–-]|$)", re.IGNORECASE)
_NAMED = re.compile(r"(abstract|summary|acknowledge?ments?)\s*([.:]|$)\s*", re.IGNORECASE)
_CLASSIFIES = re.compile(
    r"[•∗*]?\s*(key\s?words(\s?and phrases)?|index terms|ccs concepts|acm reference format|general terms|"
    r"categories and subject descriptors|additional key words|jel( classification| codes?)?|pacs( numbers)?|"
    r"(ams |\d{4} )?(mathematics )?subject classifications?|msc( ?\d{4})?( classes| codes)?)\s*([:.;•—–-]|$)",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"[A-Z]\.?\s")
_TITLE_PAGE_WORDS = 200


def named_section(text: str) -> int:
    """Length of the name that an abstract or the acknowledgements begin with; 0 where there is none. Both are text,
    whatever type they are set in."""
    mark = _NAMED.match(text)
    return mark.end() if mark else 0


def classifies(text: str) -> bool:
    """Whether a line begins the key words, or what else a paper is filed under."""
    return bool(_CLASSIFIES.match(text))


def title_lines(sheet: Sheet, apart: Collection[int], type_: Typography) -> list[int]:
    """Indices of the lines of the title: the largest type in the upper half of the page, or else the bold or lone
    line that the page begins with. Text above it would show that it is a section."""
    upper = [
        i
        for i, line in enumerate(sheet.lines)
        if i not in apart and line.box[1] < 0.5 * sheet.height and _may_name(line.text)
    ]
    if not upper or any(sheet.lines[i].cells > 3 for i in upper[:2]):
        return []
    largest = max(sheet.lines[i].size for i in upper)
    if largest > type_.size + 1.5:
        first = next(i for i in upper if sheet.lines[i].size > largest - 0.6)
    else:
        top = list(takewhile(lambda i: not _is_paragraph(sheet, i), upper))
        candidates = [i for n, i in enumerate(top) if _may_be_title(sheet, i, upper[n + 1 : n + 2], type_)]
        if not candidates:
            return []
        first = next((i for i in candidates if sheet.lines[i].bold), candidates[0])
    if any(_is_paragraph(sheet, i) for i in upper[: upper.index(first)]):
        return []
    found = [first]
    for i in upper[upper.index(first) + 1 :]:
        if not _same_title(sheet.lines[found[-1]], sheet.lines[i]):
            break
        found.append(i)
    return found if any(len(sheet.lines[i].text.split()) > 1 for i in found) or len(found) == 1 else []


def _may_name(text: str) -> bool:
    """Whether a paper may be called `text`: words, and no section."""
    section = certain(text) and (text[0].isdecimal() or " " not in text)
    return bool(_WORD.search(text)) and not section and sum(c.isalpha() for c in text) > 0.5 * len(text)


def _is_paragraph(sheet: Sheet, index: int) -> bool:
    """Whether a line of sentences stands at `index`, with another of its kind below."""
    line, following = sheet.lines[index], sheet.lines[index + 1 : index + 2]
    return reads_on(line.text) and any(below.base - line.base < 1.6 * line.size for below in following)


def _may_be_title(sheet: Sheet, index: int, following: list[int], type_: Typography) -> bool:
    """Whether a line in the type of the text can be a title: centred, short, and bold or with room below."""
    line = sheet.lines[index]
    room = all(sheet.lines[i].base - line.base > 1.6 * line.size for i in following)
    if not line.bold and not room:
        return False
    # In a column, or flush left, only the very first line is sure to stand above everything.
    leads = line.bold and index == 0
    placed = leads or (abs(line.box[0] + line.box[2] - sheet.width) < 3 * line.size and line.width < 0.75 * sheet.width)
    section = heading_level(line, type_, None, numbered_only=True)
    return placed and not section and line.cells == 1 and len(line.text.split()) > 2


def _same_title(line: Line, following: Line) -> bool:
    alike = abs(line.size - following.size) < 0.6 and line.bold == following.bold
    return alike and following.base - line.base < 1.7 * line.size


def author_lines(sheet: Sheet, apart: Collection[int], title: list[int], type_: Typography) -> set[int]:
    """Indices of the lines above the title, and of those between it and the text: authors, addresses, dates."""
    if not title:
        return set()
    lines, begin = sheet.lines, title[-1] + 1
    top = lines[title[0]].box[1]
    above = {i for i in range(title[0]) if lines[i].box[1] < top and not reads_on(lines[i].text)}
    run = 0
    for i in range(begin, len(lines)):
        text = unspaced(lines[i].text)
        section = heading_level(lines[i], type_, None, numbered_only=True) and not _INITIAL.match(text.lstrip("I"))
        if _ABSTRACT.match(text) or section:
            return above | set(range(begin, i))
        run = run + 1 if i not in apart and reads_on(text) else 0
        if run == 2:
            return above | set(range(begin, i - 1))
    words = sum(len(line.text.split()) for line in lines[begin:])
    title_page = words < _TITLE_PAGE_WORDS and not any(reads_on(line.text) for line in lines[begin:])
    return above | (set(range(begin, len(lines))) if title_page else set())
