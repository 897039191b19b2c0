"""What each line of a paper is: heading, prose, list item, caption, footnote, formula, table, reference, furniture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from extractors.layout.captions import Float, about, continues_caption, is_caption
from extractors.layout.code import is_code, is_step
from extractors.layout.context import Context, Labelled, context
from extractors.layout.equations import is_equation, is_within_line
from extractors.layout.floats import settled
from extractors.layout.footnotes import is_footnote
from extractors.layout.frontpage import author_lines, classifies, named_section, title_lines
from extractors.layout.furniture import furniture
from extractors.layout.geometry import (
    Column,
    Sheet,
    Typography,
    column_of,
    columns,
    is_foreign,
    reads_on,
    typography,
    usual_columns,
)
from extractors.layout.headings import certain, continues_heading, is_references, level_at, run_in_level, unspaced
from extractors.layout.lists import BULLET, NUMBER, hangs, is_bullet
from extractors.layout.outline import levels
from extractors.layout.prose import is_prose, may_be_prose, paragraph_starts, run_in, sentence_ends
from extractors.layout.references import begins_unannounced, entries, lists_works, resumes_text, style
from extractors.layout.tables import is_row
from extractors.pages.lines import Line, split_lead
from extractors.records import BlockKind

_AHEAD = 5


def label(parts: Iterable[Sequence[Sheet]]) -> Iterator[list[Labelled]]:
    """Every line of the document with its kind, in reading order. The title is a heading of level 0.

    A document comes in `parts`, each of which has its own type and columns; a short one is a single part.
    """
    reader = _Reader()
    headings: list[Labelled] = []
    for sheets in parts:
        reader.type = typography(sheets)
        reader.usual = usual_columns(columns(sheet, reader.type) for sheet in sheets)
        apart = furniture(sheets, reader.type.size)
        read = [entry for n, sheet in enumerate(sheets) for entry in reader.read(sheet, apart[n])]
        labelled = entries(levels(settled(read), headings))
        headings += [entry for entry in labelled if entry.kind == "heading"]
        yield labelled


class _Reader:
    """Labels line after line; what a line is depends on what stood before it, over columns and pages. `type` and
    `usual` are the type and the usual columns of the pages that are read now."""

    type: Typography
    usual: Sequence[Column]

    def __init__(self) -> None:
        self.references_heading: Line | None = None
        self.filed = self.in_named = self.sectioned = False
        self.title: set[str] = set()
        self.styles: set[tuple[int, bool]] = set()
        self.float: Float | None = None
        self.last: Labelled | None = None
        self.prose: Line | None = None
        self.prose_column = Column(0, 0)
        self.open_kind: BlockKind = "paragraph"
        self.item_left = self.item_text = 0.0

    def read(self, sheet: Sheet, apart: set[int]) -> Iterator[Labelled]:
        """The lines of one page with their kinds; `apart` are the indices of its furniture."""
        # A page in other type, or read by OCR, whose sizes are estimates, is measured on its own.
        type_ = typography([sheet]) if is_foreign(sheet, self.type) else self.type
        on_page = columns(sheet, type_, self.usual)
        title = title_lines(sheet, apart, type_) if sheet.number == 1 else []
        authors = author_lines(sheet, apart, title, type_)
        self.title.update(sheet.lines[i].text for i in title)
        text = [i for i in range(len(sheet.lines)) if i not in apart]
        after = {i: [sheet.lines[j] for j in text[n + 1 : n + 1 + _AHEAD]] for n, i in enumerate(text)}
        numbered = False
        for i, line in enumerate(sheet.lines):
            if i in apart and i not in title:
                number = line.text.isdecimal()
                yield Labelled(line, "furniture", not (number and numbered))
                numbered = number
                if self.filed and line.upright:
                    self.last = Labelled(line, "furniture", False)
                continue
            at = context(line, sheet, column_of(line, on_page, sheet), type_, self.last, after.get(i, ()))
            if i in title:
                labels = [Labelled(line, "heading", i == title[0], 0)]
            elif i in authors and not is_caption(at, None) and not continues_caption(at, None):
                labels = [Labelled(line, "furniture", at.breaks())]
            else:
                labels = list(self._label(at))
            yield from labels
            if labels[-1].loose or labels[-1].kind != "furniture" or i in authors or self.filed:
                self.last = labels[-1]

    def _label(self, at: Context) -> Iterator[Labelled]:
        line = at.line
        if at.carries_on and self._nothing_open() and line.cells == 1 and line.math < 0.3 and is_prose(at, self.prose):
            yield from self._prose(at)
            return
        if line.text.isdecimal() and (line.box[2] < at.column.left or line.box[0] > at.column.right):
            yield Labelled(line, "furniture", True)
            return
        if is_caption(at, self.prose):
            self.filed = False
            stands_above = at.follows("table") and about(line.text) == "table"
            self.float = None if stands_above else about(line.text)
            yield Labelled(line, "caption", True)
            return
        if continues_caption(at, self.float) and not (certain(line.text) and level_at(at)):
            yield Labelled(line, "caption", False)
            return
        if continues_heading(at) and at.last:
            yield Labelled(line, "heading", False, at.last.level)
            return
        if self.float == "algorithm" and is_step(at, self.float):
            yield Labelled(line, "code", not at.follows("code"))
            return
        level = level_at(at)
        if self._is_filed(at, level):
            yield Labelled(line, "furniture", at.breaks())
            return
        if is_references(line.text) and not at.carries_on and lists_works(at.following):
            self.references_heading = line
            yield Labelled(line, "heading", True, level or 1)
            return
        if not self.references_heading and begins_unannounced(at):
            self.references_heading = line
        if self.references_heading and resumes_text(at, self.references_heading, level, self.styles):
            self.references_heading = None
        if level and not self.sectioned and line.text in self.title:
            # Manuscripts have the title again over their first section.
            yield Labelled(line, "furniture", True)
        elif level and not self.references_heading:
            self.prose = self.float = None
            self.styles.add(style(line))
            self.in_named = bool(named_section(unspaced(line.text)))
            self.sectioned = self.sectioned or not self.in_named
            yield Labelled(line, "heading", True, level)
        elif named_section(line.text) and at.breaks() and len(line.text.split()) > 3:
            self.in_named = True
            yield from self._prose(at)
        elif is_footnote(at, self.references_heading):
            yield Labelled(line, "footnote", bool(line.mark) or not at.follows("footnote"))
        elif self.references_heading and not (self.float == "table" and is_row(at, self.float, self.prose)):
            yield Labelled(line, "reference", not at.follows("reference"))
        elif is_step(at, self.float) or is_code(at):
            yield Labelled(line, "code", not at.follows("code") or at.breaks())
        elif is_row(at, self.float, self.prose):
            yield Labelled(line, "table", not at.follows("table"), loose=True)
        elif is_within_line(at):
            yield Labelled(line, self.open_kind, False)
        elif is_equation(at):
            yield Labelled(line, "equation", not at.follows("equation"), loose=True)
        elif is_prose(at, self.prose) or self._is_named(at):
            yield from self._prose(at)
        elif line.cells > 1:
            yield Labelled(line, "table", not at.follows("table"), loose=True)
        elif may_be_prose(at):
            yield from (replace(entry, loose=True) for entry in self._prose(at))
        else:
            yield Labelled(line, "furniture", at.breaks(), loose=True)

    def _nothing_open(self) -> bool:
        """Whether the text runs on with neither a float, nor references, nor what is filed around it."""
        return self.float is None and self.references_heading is None and not self.filed

    def _prose(self, at: Context) -> Iterator[Labelled]:
        line, before, column = at.line, self.prose, self.prose_column
        starts = paragraph_starts(at, before, column)
        named = named_section(line.text) if starts else 0
        head = named or (run_in(line) if starts and not hangs(at) else 0)
        if 0 < head < len(line.text):
            lead, line = split_lead(replace(line, lead=head))
            yield Labelled(lead, "heading", True, 1 if named else run_in_level(lead.text))
        kind, starts = self._list_or_paragraph(replace(at, line=line), starts)
        self.prose, self.prose_column, self.open_kind, self.float = line, at.column, kind, None
        yield Labelled(line, kind, starts)

    def _list_or_paragraph(self, at: Context, starts: bool) -> tuple[BlockKind, bool]:
        line = at.line
        in_list = self.open_kind == "list" and self.prose is not None
        bullet = BULLET.match(line.text) and (starts or in_list or is_bullet(line.text))
        number = NUMBER.match(line.text) and (in_list or (starts and (hangs(at) or at.indent > 4)))
        if bullet or number:
            return self._item(at)
        term = (
            starts and 0 < line.lead < len(line.text) - 1 and (hangs(at) or (in_list and self.item_left == at.indent))
        )
        # OCR and some fonts lose the bullets; the hanging lines after a colon are still items.
        unmarked = starts and hangs(at) and (in_list or (self.prose is not None and self.prose.text.endswith(":")))
        if term or unmarked:
            return self._item(at)
        open_item = in_list and self.prose is not None and not sentence_ends(self.prose.text)
        if open_item and abs(at.indent - self.item_text) < 2:
            return "list", False
        deeper = at.indent > self.item_left + 0.5 * line.size and self.item_left > 4
        return ("list", False) if in_list and (not starts or deeper) else ("paragraph", starts)

    def _item(self, at: Context) -> tuple[BlockKind, bool]:
        """A list item begins: where its lines stand is kept for those that go on with it."""
        self.item_left = at.indent
        self.item_text = at.following[0].box[0] - at.column.left if hangs(at) else at.indent
        return "list", True

    def _is_filed(self, at: Context, level: int | None) -> bool:
        """Whether the line is of the key words, or of what else a paper is filed under."""
        if not self.sectioned and not at.carries_on and classifies(at.line.text):
            self.filed = True
        elif self.filed:
            larger = level and at.line.size > at.type_.size + 0.8
            self.filed = not (larger or certain(at.line.text) or at.pitch > 1.8)
        return self.filed

    def _is_named(self, at: Context) -> bool:
        """Whether the line is of the abstract or the acknowledgements, whatever its type. Sentences between the authors
        and the first section are an abstract without a heading."""
        goes_on = at.follows("paragraph") and at.pitch < 1.35
        if self.in_named:
            return goes_on or len(at.line.text.split()) > 2
        on_top = at.sheet.number == 1 and at.line.box[1] < 0.5 * at.sheet.height
        return on_top and bool(self.title) and not self.sectioned and (goes_on or reads_on(at.line.text))
