"""The top of the first page: the title, and the authors and addresses under it."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import takewhile

from extractors.geometry import Sheet, Typography
from extractors.headings import heading_level
from extractors.lines import Line

_WORD = re.compile(r"[^\W\d_]{2,}")
_ABSTRACT = re.compile(r"(a\s?b\s?s\s?t\s?r\s?a\s?c\s?t|summary)\b", re.IGNORECASE)
_TITLE_PAGE_WORDS = 200


def title_lines(sheet: Sheet, apart: Collection[int], type_: Typography) -> list[int]:
    """Indices of the lines of the title: the largest type in the upper half of the page, or else the bold or lone
    line that the page begins with."""
    upper = [
        i
        for i, line in enumerate(sheet.lines)
        if i not in apart and line.box[1] < 0.5 * sheet.height and _WORD.search(line.text)
    ]
    if not upper:
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
    found = [first]
    for i in upper[upper.index(first) + 1 :]:
        if not _same_title(sheet.lines[found[-1]], sheet.lines[i]):
            break
        found.append(i)
    return found if any(len(sheet.lines[i].text.split()) > 1 for i in found) or len(found) == 1 else []


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
    centred = abs(line.box[0] + line.box[2] - sheet.width) < 3 * line.size and line.width < 0.75 * sheet.width
    section = heading_level(line, type_, None, numbered_only=True)
    return centred and not section and line.cells == 1 and len(line.text.split()) > 2


def _same_title(line: Line, following: Line) -> bool:
    alike = abs(line.size - following.size) < 0.6 and line.bold == following.bold
    return alike and following.base - line.base < 1.7 * line.size


def author_lines(sheet: Sheet, apart: Collection[int], title: list[int], type_: Typography) -> set[int]:
    """Indices of the lines between title and text: authors, addresses, dates."""
    if not title:
        return set()
    lines, begin = sheet.lines, title[-1] + 1
    for i in range(begin, len(lines)):
        if _ABSTRACT.match(lines[i].text) or heading_level(lines[i], type_, None, numbered_only=True):
            return set(range(begin, i))
    run = 0
    for i in range(begin, len(lines)):
        run = run + 1 if i not in apart and reads_on(lines[i].text) else 0
        if run == 2:
            return set(range(begin, i - 1))
    words = sum(len(line.text.split()) for line in lines[begin:])
    title_page = words < _TITLE_PAGE_WORDS and not any(reads_on(line.text) for line in lines[begin:])
    return set(range(begin, len(lines))) if title_page else set()


def reads_on(text: str) -> bool:
    """Whether a line is of sentences rather than of names, titles and addresses, which are written with capitals."""
    words = [word for word in text.split() if word[0].isalpha()]
    return len(words) >= 6 and sum(word[0].islower() for word in words) > 0.6 * len(words) and "@" not in text
