"""What each line of a paper is: heading, prose, list item, caption, footnote, formula, table, reference, furniture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from extractors.frontpage import author_lines, title_lines
from extractors.furniture import furniture
from extractors.geometry import Column, Sheet, Typography, column_of, columns, typography
from extractors.headings import certain, heading_level, is_references, resumes_text
from extractors.lines import Line, split_lead
from extractors.records import BlockKind

_CAPTION = re.compile(
    r"(extended data |supplementary |appendix )?(figure|fig\.?|table|tab\.|algorithm|listing|scheme|exhibit|box)\s*"
    r"([A-Z]?\.?\d+([.-]\d+)?[a-z]?|[IVX]+)\s*([:.|—–]|$|(?=\())",
    re.IGNORECASE,
)
_PART_CAPTION = re.compile(r"\([a-h]\)\s+(?=[^\W\d_].*\s)")
_BULLET = re.compile(r"[•◦▪‣∙·■□►➢✓●○⋄★]\s*(?=\S)|[-–—*]\s+(?=\S)")
_NUMBER = re.compile(r"(\(?\d{1,2}[.)]|\([a-z]\)|[a-z]\)|\(?[ivx]{1,4}\)|[ivx]{1,4}\.)\s+(?=\S)")
_EQUATION_NUMBER = re.compile(r"\(([A-Z]\.?)?\d{1,3}(\.\d{1,3})?[a-z]?\)$")
_LOWER_WORD = re.compile(r"(?<![^\W\d_])[a-z]{2,}")
_WORD = re.compile(r"[^\W\d_]{3,}")
_TERMINATED = re.compile(r"[.!?:;][\"'”’)\]]*$")
_SENTENCE_END = re.compile(r"[.!?:][\"'”’)\]]*([⁰¹²³⁴⁵⁶⁷⁸⁹,]+)?$")
_FOOTNOTE = re.compile(r"[*∗†‡§¶]+\s*\S|\d{1,2}\s?(https?:|[A-Z])")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line, what it is, and whether a new block begins with it."""

    line: Line
    kind: BlockKind
    starts: bool
    level: int | None = None


def label(sheets: Sequence[Sheet]) -> list[Labelled]:
    """Every line of the document with its kind, in reading order. The title is a heading of level 0."""
    type_ = typography(sheets)
    reader = _Reader(type_)
    return _ranked(
        [
            entry
            for sheet, apart in zip(sheets, furniture(sheets, type_.size), strict=True)
            for entry in reader.read(sheet, apart)
        ]
    )


def _ranked(labelled: list[Labelled]) -> list[Labelled]:
    """`labelled` with the levels of headings that have no number by the size of their type, where that differs."""
    loose = [e for e in labelled if e.kind == "heading" and e.level == 1 and e.line.font and not certain(e.line.text)]
    sizes: list[float] = []
    for size in sorted({e.line.size for e in loose}, reverse=True):
        if not sizes or sizes[-1] - size > 0.7:
            sizes.append(size)
    level = {id(e): 1 + max(i for i, size in enumerate(sizes) if size >= e.line.size - 0.01) for e in loose}
    return [replace(e, level=level[id(e)]) if id(e) in level else e for e in labelled]


class _Reader:
    """Labels line after line; what a line is depends on what stood before it, over columns and pages."""

    def __init__(self, type_: Typography) -> None:
        self.document_type = self.type = type_
        self.in_references = False
        self.references_heading: Line | None = None
        self.reference_left = 0.0
        self.last: Labelled | None = None
        self.prose: Line | None = None
        self.prose_column = Column(0, 0)
        self.open_kind: BlockKind = "paragraph"
        self.item_left = 0.0
        self.columns: list[Column] = []
        self.sheet = Sheet(0, 0.0, 0.0, ())

    def read(self, sheet: Sheet, apart: set[int]) -> Iterator[Labelled]:
        if sheet.lines and not any(line.font for line in sheet.lines):
            # A page read by OCR is measured on its own: its sizes are estimates.
            self.type = typography([sheet])
        else:
            self.type = self.document_type
        self.sheet, self.columns = sheet, columns(sheet, self.type) or self.columns
        title = title_lines(sheet, apart, self.type) if sheet.number == 1 else []
        authors = author_lines(sheet, apart, title, self.type)
        for i, line in enumerate(sheet.lines):
            follower = next((sheet.lines[j] for j in range(i + 1, len(sheet.lines)) if j not in apart), None)
            if i in title:
                yield self._keep(Labelled(line, "heading", i == title[0], 0))
                continue
            if i in apart:
                yield Labelled(line, "furniture", True)
                continue
            if i in authors:
                yield self._keep(Labelled(line, "furniture", self._breaks(line)))
                continue
            for entry in self._label(line, sheet, follower):
                yield self._keep(entry)

    def _keep(self, entry: Labelled) -> Labelled:
        self.last = entry
        return entry

    def _label(self, line: Line, sheet: Sheet, follower: Line | None) -> Iterator[Labelled]:
        column = column_of(line, self.columns, sheet)
        size = self.type.size
        level = None if self._carries_on(line, column) else self._heading_level(line, column, follower)
        above = self.last if self.last and self.last.kind == "heading" and self.last.level else None
        if level and above and self._same_style(above.line, line):
            yield Labelled(line, "heading", False, above.level)
            return
        if is_references(line.text) and not self._carries_on(line, column):
            self.in_references, self.references_heading = True, line
            yield Labelled(line, "heading", True, 1)
            return
        if self.in_references and self.references_heading and resumes_text(line, self.references_heading, level):
            self.in_references = False
        if level and not self.in_references:
            self.prose = None
            yield Labelled(line, "heading", True, level)
        elif self._is_caption(line, column):
            yield Labelled(line, "caption", True)
        elif self._continues("caption", line):
            yield Labelled(line, "caption", False)
        elif self._is_footnote(line, sheet):
            yield Labelled(line, "footnote", bool(line.mark) or self.last is None or self.last.kind != "footnote")
        elif self.in_references:
            starts = self._entry_starts(line, column)
            self.reference_left = column.left
            yield Labelled(line, "reference", starts)
        elif line.mono and line.size < size + 1 and not self._carries_on(line, column):
            yield Labelled(line, "code", self._breaks(line))
        elif self.last and self.last.kind == "table" and not self._breaks(line) and line.width < 0.5 * column.width:
            yield Labelled(line, "table", False)
        elif self._is_within_line(line):
            yield Labelled(line, self.open_kind, False)
        elif self._is_equation(line, column):
            yield Labelled(line, "equation", not (self.last and self.last.kind == "equation"))
        elif self._is_prose(line, column):
            yield from self._prose(line, column, follower)
        elif line.cells > 1:
            yield Labelled(line, "table", not (self.last and self.last.kind == "table"))
        else:
            yield Labelled(line, "furniture", self._breaks(line))

    def _heading_level(self, line: Line, column: Column, follower: Line | None) -> int | None:
        """The level of a heading, or None. A line that only looks like one has text after it, or else it stands in a
        table or figure."""
        level = heading_level(line, self.type, column) or self._heading_by_space(line, column, follower)
        if level is None or certain(line.text) or not follower:
            return level
        below = column_of(follower, self.columns, self.sheet)
        leads = follower.width > 0.5 * below.width and follower.cells == 1 and abs(follower.size - self.type.size) < 1
        return level if leads or heading_level(follower, self.type, below) else None

    def _heading_by_space(self, line: Line, column: Column, follower: Line | None) -> int | None:
        """OCR tells no fonts: there a heading is a short line without an end, set apart above, with text below."""
        if line.font or follower is None or line.width > 0.6 * column.width or not line.text[0].isupper():
            return None
        apart = self._pitch(line) > 1.35 and (self.last is None or self.last.kind != "table")
        below = (follower.base - line.base) / self.type.pitch
        ends = _TERMINATED.search(line.text) or line.text.endswith(",")
        flush = abs(line.box[0] - column.left) < 1.5 * line.size
        return 1 if apart and flush and not ends and 1.05 < below < 2.5 and line.cells == 1 else None

    def _is_caption(self, line: Line, column: Column) -> bool:
        if self._carries_on(line, column):
            return False
        part = line.size < self.type.size - 0.6 and bool(_PART_CAPTION.match(line.text))
        return part or bool(_CAPTION.match(line.text))

    def _pitch(self, line: Line) -> float:
        """Distance to the line before, in baselines of this document; infinite over a column or page."""
        last = self.last.line if self.last else None
        if last is None or last.page != line.page or line.base < last.base - 2:
            return float("inf")
        return (line.base - last.base) / self.type.pitch

    def _is_within_line(self, line: Line) -> bool:
        """Whether `line` is a formula set in the last line of the open paragraph, not below it."""
        last = self.last
        if last is None or last.kind not in ("paragraph", "list") or last.line.page != line.page:
            return False
        beside = abs(line.base - last.line.base) < 0.6 * self.type.pitch and line.box[0] > last.line.box[0]
        return beside and line.box[0] < last.line.box[2] + 2 * self.type.size

    def _breaks(self, line: Line) -> bool:
        last = self.last.line if self.last else None
        return last is None or self._pitch(line) > 1.5 or abs(last.size - line.size) > 0.6

    @staticmethod
    def _same_style(a: Line, b: Line) -> bool:
        near = a.page == b.page and 0 < b.base - a.base < 1.7 * a.size
        return near and abs(a.size - b.size) < 0.3 and a.bold == b.bold and a.italic == b.italic

    def _continues(self, kind: BlockKind, line: Line) -> bool:
        """Whether `line` carries on a block of small type such as a caption."""
        if not self.last or self.last.kind != kind or line.cells > 2:
            return False
        near = self._pitch(line) * self.type.pitch < 1.45 * max(line.size, self.last.line.size)
        overlap = min(line.box[2], self.last.line.box[2]) - max(line.box[0], self.last.line.box[0])
        return near and abs(line.size - self.last.line.size) < 0.6 and overlap > 0

    def _carries_on(self, line: Line, column: Column) -> bool:
        """Whether `line` can only be the next line of the open paragraph."""
        last = self.last
        return (
            last is not None
            and last.kind in ("paragraph", "list")
            and self._pitch(line) < 1.35
            and abs(last.line.size - line.size) < 0.6
            and last.line.box[2] > column.right - 3 * line.size
            and not _TERMINATED.search(last.line.text)
        )

    def _is_footnote(self, line: Line, sheet: Sheet) -> bool:
        if line.size > self.type.size - 0.7:
            return False
        if self._continues("footnote", line) or (self.last and self.last.kind == "footnote" and line.mark):
            return True
        low = line.box[1] > 0.45 * sheet.height
        return low and bool(line.mark or _FOOTNOTE.match(line.text)) and len(_WORD.findall(line.text)) > 0

    def _entry_starts(self, line: Line, column: Column) -> bool:
        """Whether an entry of the reference list begins: by its number, by distance, or after a hanging indent."""
        last = self.last
        if last is None or last.kind != "reference" or re.match(r"\[[\w+]+\]|\d{1,3}\.\s", line.text):
            return True
        same_column = line.page == last.line.page and line.base > last.line.base
        if same_column and line.base - last.line.base > 1.45 * line.size:
            return True
        shift = (line.box[0] - column.left) - (last.line.box[0] - self.reference_left)
        ended = last.line.text.endswith(".") and last.line.box[2] < self.reference_left + 0.8 * column.width
        return shift < -3 or (ended and shift < 3 and line.box[0] - column.left < 3)

    def _is_equation(self, line: Line, column: Column) -> bool:
        words = len(_WORD.findall(line.text))
        number = bool(_EQUATION_NUMBER.search(line.text))
        formula = line.math > 0.3 or "=" in line.text or number
        most = 6 if number and line.math > 0.2 and "=" in line.text else 3
        indented = line.box[0] > column.left + 1.2 * line.size
        if words <= most and formula and indented and line.cells <= (4 if number else 2):
            return not self._carries_on(line, column) or line.math > 0.5
        after = self.last is not None and self.last.kind == "equation" and self._pitch(line) < 2
        return after and words <= 1 and (line.math > 0 or len(line.text) < 12)

    def _is_prose(self, line: Line, column: Column) -> bool:
        size = self.type.size
        words = len(_WORD.findall(line.text))
        if not size - 1.7 < line.size < size + 1.2:
            return False
        if line.box[2] < column.left or line.box[0] > column.right:
            return False
        letters = sum(c.isalpha() for c in line.text)
        wide = line.width > 0.5 * column.width and words >= 3 and letters > 0.5 * len(line.text)
        if wide and not self._carries_on(line, column) and not _LOWER_WORD.search(line.text):
            return False
        if line.cells > 1 and not self._carries_on(line, column):
            # A loosely set line has wide gaps too, but it fills its column with words.
            full = line.box[0] < column.left + 3 * size and line.box[2] > column.right - size
            worded = letters > 0.75 * len(line.text.replace(" ", "")) and len(_LOWER_WORD.findall(line.text)) >= 2
            if not (full and worded) and not _BULLET.match(line.text):
                return False
        if wide:
            return True
        near_left = -size < line.box[0] - column.left < 4 * size
        follows = self.last is not None and self.last.kind in ("paragraph", "list") and self._pitch(line) < 1.6
        if follows and self.last and abs(line.size - self.last.line.size) < 0.6:
            return near_left or line.box[0] >= self.last.line.box[0] - 1
        open_ = self.prose is not None and not _SENTENCE_END.search(self.prose.text)
        if near_left and abs(line.size - size) < 0.6:
            return words >= 3 or bool(_BULLET.match(line.text)) or (open_ and line.text[0].islower())
        return False

    def _prose(self, line: Line, column: Column, follower: Line | None) -> Iterator[Labelled]:
        starts = self._paragraph_starts(line, column)
        if starts and 0 < line.lead < len(line.text) - 1 and (line.lead_gap > 0.55 or line.text[line.lead - 1] in ".:"):
            lead, line = split_lead(line)
            if len(lead.text.split()) <= 12 and len(lead.text) > 2:
                yield self._keep(Labelled(lead, "heading", True, 4))
        kind, starts = self._list_or_paragraph(line, column, starts, follower)
        self.prose, self.prose_column, self.open_kind = line, column, kind
        yield Labelled(line, kind, starts)

    def _paragraph_starts(self, line: Line, column: Column) -> bool:
        """Whether a new paragraph begins: by indent, by distance, or after a short or finished last line."""
        before = self.prose
        if before is None or (self.last and self.last.kind == "heading"):
            return True
        if self.last and self.last.kind == "equation" and self.last.line.page == before.page:
            return True
        size = self.type.size
        finished = bool(_SENTENCE_END.search(before.text))
        indent = line.box[0] - column.left
        before_indent = before.box[0] - self.prose_column.left
        shifted = 0.6 * size < indent - before_indent < 4 * size and abs(before_indent) < 0.6 * size
        short = before.box[2] < self.prose_column.right - 2 * size
        if abs(before.size - line.size) > 0.8:
            return True
        adjacent = self.last is not None and self.last.line is before and self._pitch(line) != float("inf")
        if adjacent:
            if self._pitch(line) > 1.4:
                return finished or not line.text[0].islower()
            return (shifted and (finished or short)) or (finished and short)
        if not finished:
            return False
        return shifted or short or not self.type.indented

    def _list_or_paragraph(
        self, line: Line, column: Column, starts: bool, follower: Line | None
    ) -> tuple[BlockKind, bool]:
        in_list = self.open_kind == "list" and self.prose is not None
        hangs = follower is not None and follower.box[0] > line.box[0] + 0.5 * line.size
        bullet = _BULLET.match(line.text)
        number = (
            _NUMBER.match(line.text) and (starts or in_list) and (in_list or hangs or line.box[0] > column.left + 4)
        )
        if (bullet and (starts or in_list or line.text[0] in "•▪●■►")) or number:
            self.item_left = line.box[0] - column.left
            return "list", True
        if in_list and not starts:
            return "list", False
        if in_list and line.box[0] - column.left > self.item_left + 0.5 * line.size and self.item_left > 4:
            return "list", False
        return "paragraph", starts
