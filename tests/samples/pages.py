"""Lines onto pages, for the sample PDFs: one or two columns, footnotes, floats, running heads.

As in a paper set with TeX, the page holds no space characters, fi and fl are single glyphs, and the text of a
page comes in reading order. All lengths are in points; y grows downwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pymupdf
from lines import Line, Run, break_lines, font, ligatures, pieces, runs

FRACTION = re.compile(r"\\frac\{([^}]*)\}\{([^}]*)\}")


@dataclass(frozen=True)
class Style:
    """Measures of a document; `head` writes the running head and foot of a page."""

    columns: int = 1
    size: float = 10
    leading: float = 12
    margin_x: float = 72
    margin_top: float = 72
    margin_bottom: float = 72
    gutter: float = 20
    indent: float = 0
    gap: float = 0
    justify: bool = True
    paper: str = "a4"
    head: Callable[[Typesetter], None] | None = None


@dataclass
class Typesetter:
    """Places text on pages, column by column."""

    style: Style
    notes: dict[str, str] = field(default_factory=dict)
    document: pymupdf.Document = field(default_factory=pymupdf.open)
    floats: list[tuple[float, Callable[[float], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        paper = pymupdf.paper_rect(self.style.paper)
        self.area = pymupdf.Rect(
            self.style.margin_x,
            self.style.margin_top,
            paper.width - self.style.margin_x,
            paper.height - self.style.margin_bottom,
        )
        gutters = self.style.gutter * (self.style.columns - 1)
        self.column_width = (self.area.width - gutters) / self.style.columns
        self.open_page(paper)

    def open_page(self, paper: pymupdf.Rect) -> None:
        self.page = self.document.new_page(width=paper.width, height=paper.height)
        self.writer = pymupdf.TextWriter(self.page.rect)
        self.column, self.top = 0, self.area.y0
        if self.style.head:
            self.style.head(self)
        self.open_column()

    def open_column(self) -> None:
        self.x = self.area.x0 + self.column * (self.column_width + self.style.gutter)
        self.y, self.pending = self.top, list[str]()
        for height, draw in self.floats:
            draw(self.y)
            self.y += height
        self.floats = []

    def close_column(self) -> None:
        """Writes the footnotes of the column under a short rule."""
        if self.pending:
            y = self.area.y1 - self.notes_height(self.pending)
            self.rule(self.x, y + 4, 60)
            y += 8
            for note in self.pending:
                for line in self.note_lines(note):
                    y += 9.5
                    self.write_line(line, self.x, y - 2)
        self.column += 1

    def next_column(self) -> None:
        self.close_column()
        if self.column == self.style.columns:
            self.close_page()
            self.open_page(self.page.rect)
        else:
            self.open_column()

    def close_page(self) -> None:
        self.writer.write_text(self.page)

    def finish(self) -> pymupdf.Document:
        if self.floats:
            self.next_column()
        self.close_column()
        self.close_page()
        return self.document

    def note_lines(self, note: str) -> list[Line]:
        return break_lines(pieces([Run(note, "roman", 6, 3), *runs(" " + self.notes[note], 8)]), self.column_width)

    def notes_height(self, notes: Sequence[str]) -> float:
        return 10 + sum(9.5 * len(self.note_lines(note)) for note in notes) if notes else 0

    def room(self, notes: Sequence[str] = ()) -> float:
        return float(self.area.y1 - self.y) - self.notes_height([*self.pending, *notes])

    def write(self, styled: Sequence[Run], x: float, y: float) -> float:
        """Writes runs from `x` on the baseline `y`; returns where they end."""
        for run in styled:
            self.writer.append((x, y - run.rise), ligatures(run.text), font(run.face), run.size)
            x += run.width
        return x

    def write_line(self, line: Line, x: float, y: float, align: str = "justify") -> None:
        gaps = sum(piece.joint == " " for piece in line.pieces)
        natural = sum(piece.run.width for piece in line.pieces)
        space = 0.25 * max(piece.run.size for piece in line.pieces)
        slack = line.width - natural - gaps * space
        if align == "centre":
            x += slack / 2
        elif gaps and (slack < 0 or (align == "justify" and not line.last)):
            space += slack / gaps
        word: list[Run] = []
        for piece in line.pieces:
            if word and (word[-1].face, word[-1].size, word[-1].rise) == (
                piece.run.face,
                piece.run.size,
                piece.run.rise,
            ):
                word[-1] = replace(word[-1], text=word[-1].text + piece.run.text)
            else:
                word.append(piece.run)
            if piece.joint == " ":
                x = self.write(word, x, y) + space
                word = []
        self.write(word, x, y)

    def rule(self, x: float, y: float, width: float, thickness: float = 0.5) -> None:
        self.page.draw_line((x, y), (x + width, y), width=thickness)

    def paragraph(self, text: str, indent: float = 0, size: float = 0, left: float = 0, hang: float = 0) -> None:
        """One paragraph; its lines may run over columns and pages. `hang` indents all lines but the first."""
        size, leading = (
            size or self.style.size,
            self.style.leading * (size or self.style.size) / self.style.size,
        )
        lines = break_lines(pieces(runs(text, size)), self.column_width - left - hang, indent - hang)
        align = "justify" if self.style.justify else "left"
        for number, line in enumerate(lines):
            needed = leading * (2 if number == 0 and len(lines) > 1 else 1)
            if self.room(line.notes) < needed:
                self.next_column()
            self.pending += line.notes
            self.y += leading
            self.write_line(line, self.x + left + (indent if number == 0 else hang), self.y - 0.25 * leading, align)
        self.y += self.style.gap

    def heading(self, text: str, size: float, before: float, after: float, align: str = "left") -> None:
        lines = break_lines(pieces([Run(text, "bold", size)]), self.column_width)
        height = before + 1.2 * size * len(lines) + after
        if self.room() < height + 2 * self.style.leading:
            self.next_column()
        self.y += before if self.y > self.top else 0
        for line in lines:
            self.y += 1.2 * size
            self.write_line(line, self.x, self.y - 0.25 * size, align)
        self.y += after

    def spanning(self, text: str, size: float, face: str = "roman", after: float = 0) -> None:
        """Centred lines over the full width of the page, before any column begins."""
        for line in break_lines(pieces([Run(text, face, size)]), self.area.width):
            self.y += 1.25 * size
            self.write_line(line, self.area.x0, self.y - 0.25 * size, "centre")
        self.y += after
        self.top = self.y

    def equation(self, text: str) -> None:
        """A centred display equation; a number in parentheses at its end is set at the right margin."""
        formula, number = re.fullmatch(r"(.*?)\s*(\(\d+\))?", text).groups()  # type: ignore[union-attr]
        size = self.style.size
        parts = [runs(part, size) for part in FRACTION.split(formula)]
        widths = [sum(run.width for run in part) for part in parts]
        total = sum(
            max(widths[i], widths[i + 1]) + 4 if i % 3 == 1 else widths[i] for i in range(len(parts)) if i % 3 != 2
        )
        if self.room() < 34:
            self.next_column()
        x, baseline = self.x + (self.column_width - total) / 2, self.y + 20
        for i, part in enumerate(parts):
            if i % 3 == 0:
                x = self.write(part, x, baseline)
            elif i % 3 == 1:
                width = max(widths[i], widths[i + 1])
                self.rule(x + 1, baseline - 3, width + 2)
                self.write(part, x + 2 + (width - widths[i]) / 2, baseline - 6.5)
                self.write(parts[i + 1], x + 2 + (width - widths[i + 1]) / 2, baseline + 7)
                x += width + 4
        if number:
            self.write([Run(number, size=size)], self.x + self.column_width - Run(number, size=size).width, baseline)
        self.y += 34

    def caption(self, text: str, y: float) -> float:
        """A caption of smaller type from `y` on; returns where it ends."""
        for line in break_lines(pieces(runs(text, 9)), self.column_width):
            y += 10.8
            self.write_line(line, self.x, y - 2.5)
        return y

    def table(self, rows: Sequence[Sequence[str]], caption: str = "") -> None:
        """Rules above, below and under the first row; columns of numbers are set right, others left."""
        columns = list(zip(*rows, strict=True))
        size = 0.92 * self.style.size
        widths = [max(Run(cell, "bold", size).width for cell in column) for column in columns]
        numeric = [all(re.fullmatch(r"[\d,.]+ ?%?", cell) for cell in column[1:]) for column in columns]
        spread = (self.column_width - sum(widths)) / len(widths)
        caption_height = 10.8 * len(break_lines(pieces(runs(caption, 9)), self.column_width)) + 6 if caption else 0
        height = caption_height + 1.35 * size * len(rows) + 22

        def draw(y: float) -> None:
            y = self.caption(caption, y) + 6 if caption else y
            self.rule(self.x, y, self.column_width, 0.8)
            for number, row in enumerate(rows):
                y += 1.35 * size
                x = self.x
                for cell, width, right in zip(row, widths, numeric, strict=True):
                    run = Run(cell, "bold" if number == 0 else "roman", size)
                    self.write([run], x + (width - run.width if right else 0) + spread / 2, y)
                    x += width + spread
                if number == 0:
                    self.rule(self.x, y + 4, self.column_width)
                    y += 4
            self.rule(self.x, y + 5, self.column_width, 0.8)

        self.place(height, draw)

    def place(self, height: float, draw: Callable[[float], None]) -> None:
        """Draws here if there is room, else at the top of the next column, as the text runs on."""
        if self.room() < height + self.style.leading:
            self.floats.append((height, draw))
        else:
            draw(self.y + 6)
            self.y += height + 6
