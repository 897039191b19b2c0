"""What a page carries for the printer and not for the reader: running heads, page numbers, stamps, small print."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from extractors.geometry import Sheet
from extractors.lines import Line

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


def furniture(sheets: Sequence[Sheet], body_size: float) -> list[set[int]]:
    """For each sheet the indices of its lines that are furniture."""
    running = _running(sheets)
    return [
        {
            index
            for index, line in enumerate(sheet.lines)
            if not line.upright
            or (_at_edge(sheet, line) and _key(line) in running)
            or _is_page_number(sheet, line)
            or _is_lone_head(sheet, line, body_size)
            or (line.size < body_size - 0.5 and _is_small_print(sheet, line))
        }
        for sheet in sheets
    ]


def _running(sheets: Sequence[Sheet]) -> set[str]:
    """Lines at the edge that come back, but for their digits, on a fifth of the pages: odd and even heads differ."""
    seen: Counter[str] = Counter()
    for sheet in sheets:
        seen.update({_key(line) for line in sheet.lines if line.upright and _at_edge(sheet, line)})
    enough = max(2, 0.2 * len(sheets))
    return {key for key, count in seen.items() if count >= enough}


def _key(line: Line) -> str:
    return _DIGITS.sub("#", line.text.lower())


def _at_edge(sheet: Sheet, line: Line) -> bool:
    return line.box[3] < EDGE * sheet.height or line.box[1] > (1 - EDGE) * sheet.height


def _is_page_number(sheet: Sheet, line: Line) -> bool:
    if not _at_edge(sheet, line) or not _PAGE_NUMBER.fullmatch(line.text):
        return False
    middle = (line.box[1] + line.box[3]) / 2
    above = sum(other.upright and other.box[3] < middle for other in sheet.lines)
    below = sum(other.upright and other.box[1] > middle for other in sheet.lines)
    return min(above, below) == 0


def _is_lone_head(sheet: Sheet, line: Line, body_size: float) -> bool:
    """A head that comes only once, in a short document, is still a small line by itself at the top."""
    if line.box[3] > EDGE * sheet.height or line.size > body_size - 0.5 or _CAPTION.match(line.text):
        return False
    room = line.box[3] + 1.2 * line.size
    return not any(other is not line and other.upright and other.box[1] < room for other in sheet.lines)


def _is_small_print(sheet: Sheet, line: Line) -> bool:
    return sheet.number == 1 and bool(_SMALL_PRINT.search(line.text))
