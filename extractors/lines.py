"""The lines of a page, in the order in which they were written into the file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from extractors.cleaning import RAISED, clean
from extractors.records import Box

_BOLD = re.compile(r"bold|black|heavy|medi(?!um\b)|cmbx|sfbx|demi|-bd", re.IGNORECASE)
_ITALIC = re.compile(r"ital|obli|slant|cmti|sfti|cmsl", re.IGNORECASE)
_MONO = re.compile(r"cour|mono?|mono|nimbusmon|typewriter|(cm|sf|ec|lm|tx)tt|consol|inconsolata|menlo", re.IGNORECASE)
_MATH = re.compile(
    r"cm(mi|sy|ex|bsy|mib)|ms[ab]m|tx(mi|sy|ex|b)|px(mi|sy|ex)|mt(mi|sy|ex)|math|symbol|rsfs|eu[fs]m|stmary|esint|lmmi|lmsy",
    re.IGNORECASE,
)
_NOTE_MARKS = frozenset("*∗†‡§¶♯#")
WIDE_GAP = 1.6
"""Ems between two pieces of a row from which they count as cells."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of type. `base` is its baseline, `size` its type size in points, `math` the share of its letters in
    mathematical fonts, `cells` the number of pieces that wide gaps divide it into, `mark` a raised mark before its
    first word, `lead` the number of characters of a bold beginning and `lead_gap` the ems of space after it."""

    text: str
    box: Box
    base: float
    size: float
    page: int
    bold: bool = False
    italic: bool = False
    mono: bool = False
    upright: bool = True
    math: float = 0.0
    cells: int = 1
    mark: str = ""
    lead: int = 0
    lead_gap: float = 0.0
    font: str = ""

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]


@lru_cache(maxsize=4096)
def _style(font: str, flags: int) -> tuple[bool, bool, bool, bool]:
    """bold, italic, monospaced, mathematical"""
    return (
        bool(flags & 16) or bool(_BOLD.search(font)),
        bool(flags & 2) or bool(_ITALIC.search(font)),
        bool(flags & 8) or bool(_MONO.search(font)),
        bool(_MATH.search(font)),
    )


def text_lines(page: dict[str, Any], number: int) -> list[Line]:
    """The lines of one page from PyMuPDF's "dict", pieces that stand in one row joined. Stream order is kept."""
    rows: list[list[dict[str, Any]]] = []
    rotated: list[bool] = []
    box = (0.0, 0.0, 0.0, 0.0)
    margin = _line_numbers(page)
    row_block = -1
    for index, block in enumerate(page["blocks"]):
        for line in block["lines"]:
            spans = [span for span in line["spans"] if span["text"]]
            if not any(not span["text"].isspace() for span in spans):
                continue
            upright = abs(line["dir"][0]) > 0.9
            here = line["bbox"]
            if here in margin:
                rows.append(spans)
                rotated.append(True)
                row_block = -1
            elif (
                upright
                and row_block >= 0
                and _one_row(box, here, max(span["size"] for span in spans), index == row_block)
            ):
                rows[-1] += [{"gap": here[0] - box[2]}, *spans]
                box = (box[0], min(box[1], here[1]), max(box[2], here[2]), max(box[3], here[3]))
            else:
                rows.append(spans)
                rotated.append(not upright)
                box, row_block = here, index if upright else -1
    lines = [_line(spans, number, not turned) for spans, turned in zip(rows, rotated, strict=True)]
    return [line for line in lines if line.text]


def _line_numbers(page: dict[str, Any]) -> set[Box]:
    """Where the line numbers of a draft stand: eight or more numbers in one column of the margin, counting up."""
    numbers: dict[int, list[tuple[int, Box]]] = {}
    left, right = float(page["width"]), 0.0
    for block in page["blocks"]:
        for line in block["lines"]:
            text = "".join(span["text"] for span in line["spans"]).strip()
            if text.isdecimal() and len(text) <= 4:
                numbers.setdefault(round(line["bbox"][2] / 4), []).append((int(text), line["bbox"]))
            elif len(text) > 30 and abs(line["dir"][0]) > 0.9:
                left, right = min(left, line["bbox"][0]), max(right, line["bbox"][2])
    found: set[Box] = set()
    for column in numbers.values():
        outside = all(box[2] < left or box[0] > right or right == 0 for _, box in column)
        rising = sum(b[0] > a[0] and b[1][1] > a[1][1] for a, b in pairwise(column))
        if len(column) >= 8 and outside and rising >= 0.9 * (len(column) - 1):
            found.update(box for _, box in column)
    return found


def _one_row(row: Box, piece: Box, size: float, same_block: bool) -> bool:
    """Whether `piece` carries on `row` to the right, as a cell, a formula or the rest of a loosely set line."""
    overlap = min(row[3], piece[3]) - max(row[1], piece[1])
    gap = piece[0] - row[2]
    return (
        overlap > 0.5 * min(row[3] - row[1], piece[3] - piece[1])
        and gap > -1.2 * size
        and piece[0] > row[0]
        and (same_block or gap < 2.5 * size)
    )


def _baseline(span: dict[str, Any]) -> float:
    # Not the span's origin: that is its first character's, which may be a space from the line above.
    return float(span["bbox"][3] + span["descender"] * span["size"])


def _line(spans: list[dict[str, Any]], number: int, upright: bool) -> Line:
    real = [span for span in spans if "text" in span]
    sizes: dict[float, int] = {}
    for span in real:
        size = round(span["size"], 1)
        sizes[size] = sizes.get(size, 0) + len(span["text"])
    size = max(sizes, key=lambda s: (sizes[s], s))
    body = max((span for span in real if round(span["size"], 1) == size), key=lambda span: len(span["text"]))
    base = _baseline(body)
    text, mark, cells, gap = "", "", 1, 0.0
    bold = italic = mono = math = letters = 0
    lead = -1
    lead_gap = 0.0
    end = real[0]["bbox"][0]
    for span in spans:
        if "gap" in span:
            gap = span["gap"] / size
            cells += gap > WIDE_GAP
            if gap > 0.12 and not text.endswith(" "):
                text += " "
            continue
        piece = span["text"]
        is_bold, is_italic, is_mono, is_math = _style(span["font"], span["flags"])
        raised = span["size"] < 0.87 * size and base - _baseline(span) > 0.15 * size
        solid = piece.strip()
        if raised and solid and _NOTE_MARKS.issuperset(solid):
            mark = mark or ("" if text.strip() else solid)
            continue
        if raised and not text.strip() and solid.isdecimal():
            mark = solid
            continue
        if lead < 0 and solid and not is_bold:
            lead = len(clean(text))
            lead_gap = (span["bbox"][0] - end) / size if lead else 0.0
        text += piece.translate(RAISED) if raised and all(c in _RAISABLE for c in solid) else piece
        if solid:
            n = sum(c.isalpha() for c in solid) or is_math
            letters += n
            bold += n * is_bold
            italic += n * is_italic
            mono += n * is_mono
            math += n * is_math
            end = span["bbox"][2]
    boxes = [span["bbox"] for span in real if not span["text"].isspace()]
    return Line(
        text=clean(text),
        box=(
            min(b[0] for b in boxes),
            min(b[1] for b in boxes),
            max(b[2] for b in boxes),
            max(b[3] for b in boxes),
        ),
        base=base,
        size=size,
        page=number,
        bold=bold > 0.8 * letters,
        italic=italic > 0.8 * letters,
        mono=mono > 0.8 * letters,
        upright=upright,
        math=math / letters if letters else 0.0,
        cells=cells,
        mark=mark,
        lead=max(lead, 0),
        lead_gap=lead_gap,
        font=body["font"],
    )


_RAISABLE = frozenset("0123456789+-−=()ni,")


def split_lead(line: Line) -> tuple[Line, Line]:
    """A line that begins in bold as two: the bold beginning and the rest."""
    at = line.box[0] + line.width * line.lead / max(len(line.text), 1)
    x0, y0, x1, y1 = line.box
    first = replace(line, text=line.text[: line.lead].strip(), box=(x0, y0, at, y1), bold=True, lead=0)
    rest = replace(line, text=line.text[line.lead :].strip(), box=(at, y0, x1, y1), bold=False, lead=0, mark="")
    return first, rest
