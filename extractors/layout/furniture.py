"""What a page carries for the printer and not for the reader: running heads, page numbers, stamps, small print."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from extractors.layout.geometry import Sheet, reads_on
from extractors.pages.lines import Line

EDGE = 0.12
"""Share of the page's height at top and bottom in which running lines stand."""

_PAGE_NUMBER = re.compile(r"[\W_]*(page\s*)?(\d{1,4}|[ivxl]{1,6})((\s*of\s*|\s*/\s*)\d{1,4})?[\W_]*", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_CAPTION = re.compile(r"(figure|fig|table|tab|algorithm|listing)\b", re.IGNORECASE)
_SMALL_PRINT = re.compile(
    r"©|\(c\) \d{4}|copyright|all rights reserved|correspond(ence|ing author)|proceedings of|\bconference on\b|"
    r"preprint|under review|\breceived\b.*\d{4}|\baccepted\b.*\d{4}|\bpublished\b.*\d{4}|arxiv:\d|to appear in|"
    r"licensed under|creative commons|permission to make|\bISSN\b|\bISBN\b|https?://doi\.org|\bDOI\b|e-?mail:|"
    r"open peer review|competing interests exist|code is available at|available online",
    re.IGNORECASE,
)
_DATES = re.compile(
    r"\(?(manuscript )?(received|revised|accepted|submitted|dated|published)\b( in revised form| online)?[:;]?\s"
    r"(\d{1,2}\b|january|february|march|april|may|june|july|august|september|october|november|december).{0,90}\d{4}\b",
    re.IGNORECASE,
)


def furniture(sheets: Sequence[Sheet], body_size: float) -> list[set[int]]:
    """For each sheet the indices of its lines that are furniture."""
    lone_rows = [_lone_rows(sheet) for sheet in sheets]
    edges = [lone | _in_margins(sheet) for sheet, lone in zip(sheets, lone_rows, strict=True)]
    running, heights = _running(sheets, edges), _heights(sheets, lone_rows)

    def is_furniture(sheet: Sheet, index: int, edge: set[int], lone: set[int]) -> bool:
        line = sheet.lines[index]
        if not line.upright or _DATES.match(line.text) or _is_page_number(sheet, line):
            return True
        if index not in edge or _may_be_title(sheet, line, body_size) or _CAPTION.match(line.text):
            return False
        text = _is_text(line, body_size)
        runs = _key(line) in running and (index in lone or not text)
        stands_alike = index in lone and not text and round(line.base / 3) in heights
        return runs or stands_alike or _is_lone_head(sheet, line, body_size)

    return [
        _small_print(sheet, body_size) | {i for i in range(len(sheet.lines)) if is_furniture(sheet, i, edge, lone)}
        for sheet, edge, lone in zip(sheets, edges, lone_rows, strict=True)
    ]


def _may_be_title(sheet: Sheet, line: Line, body_size: float) -> bool:
    """Whether a line that comes back at the head of the pages is where it comes from."""
    return sheet.number == 1 and line.size > body_size + 1.5


def _is_text(line: Line, body_size: float) -> bool:
    return line.cells == 1 and abs(line.size - body_size) < 0.6 and (reads_on(line.text) or line.text[0].islower())


def _in_margins(sheet: Sheet) -> set[int]:
    return {i for i, line in enumerate(sheet.lines) if line.upright and _in_margin(sheet, line)}


def _in_margin(sheet: Sheet, line: Line) -> bool:
    return line.box[3] < EDGE * sheet.height or line.box[1] > (1 - EDGE) * sheet.height


def _lone_rows(sheet: Sheet) -> set[int]:
    """Indices of the lines of the topmost and the lowest row, where more than the usual distance sets them apart."""
    upright = sorted((line.base, i) for i, line in enumerate(sheet.lines) if line.upright)
    steps = [b - a for (a, _), (b, _) in pairwise(upright) if b - a > 4]
    found: set[int] = set()
    if len(steps) < 4:
        return found
    for base, sign in ((upright[0][0], 1), (upright[-1][0], -1)):
        row = {i for b, i in upright if abs(b - base) < 4}
        size = max(sheet.lines[i].size for i in row)
        rest = min((sign * (b - base) for b, i in upright if i not in row), default=0.0)
        if rest > max(1.5 * size, 1.3 * median(steps)):
            found |= row
    return found


def _running(sheets: Sequence[Sheet], edges: Sequence[set[int]]) -> set[str]:
    """Lines at the edge that come back, but for their digits, on a fifth of the pages: odd and even heads differ."""
    seen: Counter[str] = Counter()
    for sheet, edge in zip(sheets, edges, strict=True):
        seen.update({_key(sheet.lines[i]) for i in edge})
    enough = max(2, 0.2 * len(sheets))
    return {key for key, count in seen.items() if count >= enough and any(c.isalpha() for c in key)}


def _heights(sheets: Sequence[Sheet], lone_rows: Sequence[set[int]]) -> set[int]:
    """Heights at which lone rows stand on most pages, in steps of three points: heads that name each section differ."""
    seen: Counter[int] = Counter()
    for sheet, lone in zip(sheets, lone_rows, strict=True):
        at = {round(sheet.lines[i].base / 3) for i in lone}
        seen.update(at | {h + 1 for h in at} | {h - 1 for h in at})
    return {height for height, count in seen.items() if count >= max(3, 0.6 * len(sheets))}


def _key(line: Line) -> str:
    return _DIGITS.sub("#", line.text.lower())


def _is_page_number(sheet: Sheet, line: Line) -> bool:
    if not _in_margin(sheet, line) or not _PAGE_NUMBER.fullmatch(line.text):
        return False
    middle = (line.box[1] + line.box[3]) / 2
    above = sum(other.upright and other.box[3] < middle for other in sheet.lines)
    below = sum(other.upright and other.box[1] > middle for other in sheet.lines)
    return min(above, below) == 0


def _is_lone_head(sheet: Sheet, line: Line, body_size: float) -> bool:
    """A head that comes only once, in a short document, is still a small line by itself at the top."""
    if line.box[3] > EDGE * sheet.height or line.size > body_size - 0.5:
        return False
    room = line.box[3] + 1.2 * line.size
    return not any(other is not line and other.upright and other.box[1] < room for other in sheet.lines)


def _small_print(sheet: Sheet, body_size: float) -> set[int]:
    """Indices of the lines of the first page's small print, each block of it whole."""
    found: set[int] = set()
    if sheet.number != 1:
        return found
    for i, line in enumerate(sheet.lines):
        before = sheet.lines[i - 1] if i else line
        goes_on = i - 1 in found and not line.mark and abs(line.size - before.size) < 0.3
        near = 0 < line.base - before.base < 1.4 * line.size and abs(line.box[0] - before.box[0]) < line.size
        if line.size < body_size - 0.5 and (_SMALL_PRINT.search(line.text) or (goes_on and near)):
            found.add(i)
    return found
