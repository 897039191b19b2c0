"""Running text: which lines are of it, and where a paragraph begins."""

from __future__ import annotations

import re

from extractors.layout.context import Context
from extractors.layout.geometry import Column, reads_on
from extractors.layout.lists import BULLET, is_bullet
from extractors.pages.lines import Line

_LOWER_WORD = re.compile(r"(?<![^\W\d_])[a-z]{2,}")
_LETTERS = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"[.!?:][\"'”’)\]]*([⁰¹²³⁴⁵⁶⁷⁸⁹,]+)?$")
_STATEMENT = re.compile(
    r"(theorem|lemma|proposition|corollary|definition|proof|remark|example|assumption|claim|conjecture|fact|property|"
    r"observation|hypothesis|problem|question|condition|case|step|exercise|notation|axiom)s?\b",
    re.IGNORECASE,
)
_STATEMENT_HEAD = re.compile(rf"({_STATEMENT.pattern})(\s[\dA-Z.]+)?(\s\([^)]*\))?\.?", re.IGNORECASE)
_WORDS_ONLY = re.compile(r"[^\W\d_]+([’'-][^\W\d_]+)*([,;]? [^\W\d_]+([’'-][^\W\d_]+)*)*[.,:;]?")


def is_prose(at: Context, before: Line | None) -> bool:
    """Whether the line is of running text. `before` is the last line of it so far."""
    line, column, size = at.line, at.column, at.type_.size
    if line.box[2] < column.left or line.box[0] > column.right:
        return False
    if not size - 1.7 < line.size < size + 1.2:
        return 1 < line.size / size < 1.4 and line.width > 0.6 * column.width and reads_on(line.text)
    found = _LETTERS.findall(line.text)
    words = sum(len(word) > 2 for word in found)
    letters = len("".join(found))
    wide = line.width > 0.5 * column.width and words >= 3 and letters > 0.5 * len(line.text)
    if wide and not at.carries_on and not _LOWER_WORD.search(line.text):
        return False
    if line.cells > 1 and not at.carries_on:
        # A loosely set line has wide gaps too, but it fills its column with words.
        lower = len(_LOWER_WORD.findall(line.text))
        full = line.box[2] > column.right - size and (line.box[0] < column.left + 3 * size or lower >= 5)
        worded = letters > 0.75 * len(line.text.replace(" ", "")) and lower >= 2
        if not (full and worded) and not BULLET.match(line.text):
            return False
    if wide:
        return True
    near_left = -size < at.indent < 4 * size
    follows = at.follows("paragraph", "list") and at.pitch < 1.6
    if follows and at.last and abs(line.size - at.last.line.size) < 0.6 and (words or at.carries_on):
        shift = line.box[0] - at.last.line.box[0]
        return near_left or -1.5 * size < shift < (4 if at.last.kind == "list" else 1.5) * size
    open_ = before is not None and not _SENTENCE_END.search(before.text)
    if near_left and abs(line.size - size) < 0.6:
        return words >= 3 or is_bullet(line.text) or (open_ and words > 0 and line.text[0].islower())
    return False


def may_be_prose(at: Context) -> bool:
    """Whether a short line by itself, such as "where" between two formulas, may be text: plain words at the edge."""
    line = at.line
    plain = line.font == at.type_.font and line.math == 0 and line.cells == 1 and abs(line.size - at.type_.size) < 0.3
    return plain and -2 < at.indent < 3 * line.size and bool(_WORDS_ONLY.fullmatch(line.text)) and len(line.text) > 1


def paragraph_starts(at: Context, before: Line | None, before_column: Column) -> bool:
    """Whether a new paragraph begins: by indent, by distance, or after a short or finished last line. `before` is the
    last line of running text, in `before_column`."""
    if before is None or at.follows("heading"):
        return True
    line, size = at.line, at.type_.size
    finished = bool(_SENTENCE_END.search(before.text))
    if _STATEMENT_HEAD.fullmatch(before.text):
        return False
    if at.follows("equation") and at.last and at.last.line.page == before.page:
        return not line.text[0].islower() or before.text.endswith((".", "!", "?"))
    before_indent = before.box[0] - before_column.left
    shifted = 0.6 * size < at.indent - before_indent < 4 * size and abs(before_indent) < 0.6 * size
    short = before.box[2] < before_column.right - 2 * size
    if abs(before.size - line.size) > 0.8:
        return True
    if at.last is not None and at.last.line is before and at.pitch != float("inf"):
        if at.pitch > 1.4 or (at.pitch > 1.3 and finished):
            return finished or not line.text[0].islower()
        return (shifted and (finished or short)) or (finished and short)
    return finished and (shifted or short or not at.type_.indented)


def sentence_ends(text: str) -> bool:
    """Whether a line ends where a sentence does, or what introduces a list."""
    return bool(_SENTENCE_END.search(text))


def run_in(line: Line) -> int:
    """Length of the heading in bold that a paragraph begins with; 0 where there is none. What a theorem is called, and
    words that a colon joins to their sentence, are of the text."""
    if not 0 < line.lead < len(line.text) - 1:
        return 0
    head = line.text[: line.lead].strip()
    rest = line.text[line.lead :].lstrip()
    apart = line.lead_gap > 0.47
    if not (apart or head[-1:] in (".", ":")) or (head.endswith(":") and not apart):
        return 0
    if not head.endswith((".", ":")) and not rest[0].isupper():
        return 0
    return line.lead if len(head) > 2 and len(head.split()) <= 12 and not _STATEMENT.match(head) else 0
