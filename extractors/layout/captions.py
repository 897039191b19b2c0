"""Captions, and what they are captions of."""

from __future__ import annotations

import re
from typing import Literal

from extractors.layout.context import TERMINATED, Context
from extractors.layout.geometry import reads_on
from extractors.pages.lines import Line

_LABEL = re.compile(
    r"(extended data |supplementa(?:ry|l) |appendix )?"
    r"(figure|fig\.?|table|tab\.|algorithm|procedure|listing|scheme|exhibit|plate|chart|video|box)\s*"
    r"([A-Z]?\.?\d+([.-]\d+)?[a-z]?|[IVX]+)(?![\w-])\s*",
    re.IGNORECASE,
)
_MARK = re.compile(r"[:|—–]|[.](?!\d)")
_PART = re.compile(r"\([a-h]\)\s+(?=[^\W\d_].*\s)")
_REFERS = re.compile(
    r"(?<![^\W\d_])(in|of|see|and|or|to|from|by|with|at|on|as|both|than|per|via|that|the|cf\.?|e\.g\.,?|whereas|while|for|also)$",
    re.IGNORECASE,
)

Float = Literal["figure", "table", "algorithm"]
_ABOUT: dict[str, Float] = {
    "tab": "table",
    "alg": "algorithm",
    "pro": "algorithm",
    "lis": "algorithm",
}


def is_caption(at: Context, prose: Line | None) -> bool:
    """Whether a caption begins with the line. `prose` is the last line of running text: a figure that its sentence goes
    on to name at the head of the next line, column or page is none."""
    line = at.line
    if at.carries_on or not line.text or not (line.text[0].isalpha() or line.text[0] == "("):
        return False
    if line.text[0] == "(":
        runs_on = at.last and at.continues("caption") and at.last.line.width > 0.6 * at.column.width
        ended = at.last is not None and bool(TERMINATED.search(at.last.line.text))
        return line.size < at.type_.size - 0.6 and bool(_PART.match(line.text)) and (ended or not runs_on)
    label = _LABEL.match(line.text)
    if not label or line.text[0].islower():
        return False
    rest = line.text[label.end() :]
    bold = line.bold or line.lead >= len(label[0].rstrip())
    distinct = bold or line.italic or abs(line.size - at.type_.size) > 0.4
    unmarked = (bold and line.lead) or (distinct and rest[:1].isupper())
    if rest and not _MARK.match(rest) and not rest.startswith("(") and not unmarked:
        return False
    if distinct or prose is None or rest.startswith((":", "|")):
        return True
    return not (_REFERS.search(prose.text) and at.last is not None and at.last.line is prose)


def continues_caption(at: Context, of: Float | None) -> bool:
    """Whether the line carries on a caption, or is what follows a label that stands on a line by itself. The steps of
    an algorithm follow as closely, but its caption is at an end where it leaves its line unfilled."""
    last = at.last
    if of == "algorithm" and last and last.line.box[2] < at.column.right - 3 * last.line.size:
        return False
    if last is None or last.kind != "caption" or (at.line.cells > 1 and not reads_on(at.line.text)):
        return False
    overlap = min(at.line.box[2], last.line.box[2]) - max(at.line.box[0], last.line.box[0])
    label = bool(_LABEL.fullmatch(last.line.text.rstrip(".:")))
    # Drafts set wide lines, captions among them.
    full = last.line.box[2] > at.column.right - 3 * last.line.size
    as_above = at.line.font == last.line.font != at.type_.font
    near = (
        at.pitch < (1.05 if full or as_above else 0.85)
        or at.pitch * at.type_.pitch < (2.6 if label else 1.52) * last.line.size
    )
    return near and overlap > 0 and (label or abs(at.line.size - last.line.size) < 0.6)


def about(caption: str) -> Float:
    """What a caption is of, by its label; "figure" where it does not say."""
    label = _LABEL.match(caption)
    return _ABOUT.get(label[2][:3].lower(), "figure") if label else "figure"
