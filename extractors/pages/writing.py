"""What a row of type says: its spans as one text, with scripts, marks of notes and cells told apart."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any, NamedTuple

from extractors.cleaning import clean, lowered, raised
from extractors.hyphens import is_english
from extractors.pages.glyphs import UNKNOWN

_NOTE_MARKS = frozenset("*∗†‡§¶♯#")
_UNREADABLE = re.compile(rf"{UNKNOWN}(?:\s*{UNKNOWN})*")
_CAPITAL = re.compile(r"(?<!\S)[A-Z]$")
_LETTERS = re.compile(r"[^\W\d_]+")
_SPACED = re.compile(r"(?:[^\W\d_] ){3,}[^\W\d_]")
WIDE_GAP = 1.6
"""Ems between two pieces of a row from which they count as cells."""
FORMULA = "[formula]"
"""Stands for mathematics that cannot be read."""


class Style(NamedTuple):
    """How a span is set."""

    bold: bool
    italic: bool
    mono: bool
    math: bool


def baseline(span: dict[str, Any]) -> float:
    """The baseline of a span, in points from the top."""
    # Not the span's origin: that is its first character's, which may be a space from the line above.
    return float(span["bbox"][3] + span["descender"] * span["size"])


class Writer:
    """Writes the spans of a row one after the other as text of `size` on the baseline `base`."""

    def __init__(self, size: float, base: float) -> None:
        self.size, self.base = size, base
        self.mark = ""
        self.lead, self.lead_gap = -1, 0.0
        self.cells: list[str] = []
        self.text = ""
        self.script, self.shift, self.script_is_math = "", 0, False
        self.after_math = False
        self.end = 0.0
        self.last_size = size

    def skip(self, gap: float) -> None:
        """Leave room of `gap` points: a new cell, or a space."""
        ems = gap / self.size
        if ems > WIDE_GAP:
            self._attach()
            self.cells.append(self.text)
            self.text = ""
        elif ems > 0.12 and not self.text.endswith(" ") and not self._has_initial():
            self._attach()
            self.text += " "

    def write(self, span: dict[str, Any], solid: str, style: Style) -> None:
        """Add one span; `solid` is its text without the space around it."""
        text, size = span["text"], span["size"]
        shift = self._shift(span) if size < 0.87 * self.size else 0
        if shift > 0 and solid and not self.after_math and _NOTE_MARKS.issuperset(solid):
            self.mark = self.mark or ("" if self._begun() else solid)
            return
        if shift > 0 and solid.isdecimal() and not self._begun():
            self.mark = solid
            return
        if style.math and UNKNOWN in text:
            text = _UNREADABLE.sub(f" {FORMULA} ", text)
        if shift != self.shift:
            self._attach()
            self.shift = shift
        if self.lead < 0 and solid and not style.bold:
            self.lead = len(clean(" ".join([*self.cells, self.text]))) if self._begun() else 0
            self.lead_gap = (span["bbox"][0] - self.end) / self.size if self.lead else 0.0
        if shift:
            self.script += text
            self.script_is_math |= style.math
        else:
            self.text += text[1:] if self._is_small_capital(text, size) else text
            self.last_size = size
            if solid:
                self.after_math = style.math
        if solid:
            self.end = span["bbox"][2]

    def finish(self) -> tuple[str, tuple[int, ...]]:
        """The clean text, and where in it the cells but for the first begin."""
        self._attach()
        cells = [closed_up(cell) for cell in map(clean, [*self.cells, self.text]) if cell]
        return " ".join(cells), tuple(accumulate(len(cell) + 1 for cell in cells[:-1]))

    def _begun(self) -> bool:
        return bool(self.cells or self.script or self.text.strip())

    def _shift(self, span: dict[str, Any]) -> int:
        rise = self.base - baseline(span)
        return 1 if rise > 0.15 * self.size else -1 if rise < -0.06 * self.size else 0

    def _attach(self) -> None:
        """Add the script that has been written to its base; one without a base is text."""
        based = bool(self.text) and not self.text[-1].isspace()
        if self.shift > 0:
            self.text += raised(self.script, mathematical=based and self.script_is_math)
        elif self.shift < 0:
            self.text += lowered(self.script) if based else self.script
        self.script, self.script_is_math = "", False

    def _has_initial(self) -> bool:
        """Whether the row is the initial that begins a chapter so far, whose word goes on."""
        return len(self.text) == 1 and self.text.isupper() and self.last_size > 1.5 * self.size

    def _is_small_capital(self, text: str, size: float) -> bool:
        """Whether a word in small capitals goes on here, after a space that is only kerning."""
        if not (text[0] == " " and text[1:2].isupper() and 1.1 * size < self.last_size < 1.6 * size):
            return False
        capital = _CAPITAL.search(self.text)
        if not capital:
            return False
        rest = _LETTERS.match(text, 1)
        # An "A" may be a word as well.
        return not (capital[0] == "A" and rest and is_english(rest[0]) and not is_english(f"A{rest[0]}"))


def closed_up(text: str) -> str:
    """A heading in spaced letters as a word."""
    if not _SPACED.fullmatch(text):
        return text
    word = text.replace(" ", "")
    return word if is_english(word) else text
