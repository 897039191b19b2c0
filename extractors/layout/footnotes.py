"""Footnotes, and the notes under tables."""

from __future__ import annotations

import re

from extractors.layout.context import Context
from extractors.pages.lines import Line

_MARKED = re.compile(r"[*∗†‡§¶]+\s*\S|\d{1,2}\.?\s?(https?:|[A-Z])")
_UNDER_TABLE = re.compile(r"(?i:notes?|sources?|legend|abbreviations)\s*[:.]|[*∗†‡§¶]+\s?\S|[a-e]\s+[A-Z]")
_WORD = re.compile(r"[^\W\d_]{3,}")


def is_footnote(at: Context, references: Line | None) -> bool:
    """Whether the line is of a note: small type low on the page after a mark, or going on from one. Among `references`,
    which may be numbered and in small type too, the mark has to be a raised one, as theirs are not."""
    line, last = at.line, at.last
    if line.size > at.type_.size - 0.7:
        return False
    if references and not at.follows("footnote"):
        return bool(line.mark) and not references.mark and line.box[1] > 0.45 * at.sheet.height
    if last is not None and last.kind == "footnote" and last.line.page == line.page:
        overlap = min(line.box[2], last.line.box[2]) - max(line.box[0], last.line.box[0])
        if at.continues("footnote") or line.mark or (overlap > 0 and at.pitch < 3):
            return True
    if not _WORD.search(line.text):
        return False
    if at.follows("table") and at.pitch < 2.5 and _UNDER_TABLE.match(line.text):
        return True
    if line.box[1] > 0.45 * at.sheet.height and (line.mark or _MARKED.match(line.text)):
        return True
    leaves_text = at.follows("paragraph", "list") and last is not None and last.line.size > line.size + 0.6
    foot = line.box[1] > 0.7 * at.sheet.height
    return leaves_text and foot and at.pitch > 1.25 and all(after.size < line.size + 0.6 for after in at.following[:2])
