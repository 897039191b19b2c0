"""Paragraphs into lines, for the sample PDFs.

The lines of a whole paragraph are broken at once, by dynamic programming over the possible breaks
(Knuth and Plass 1981, without stretch classes); words are hyphenated with pyphen. All lengths are in points.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import pymupdf
import pyphen

FACES = {"roman": "tiro", "italic": "tiit", "bold": "tibo"}
INLINE = re.compile(r"\*\*(?P<bold>.+?)\*\*|\*(?P<italic>.+?)\*|~(?P<sub>.+?)~|\^(?P<sup>[^^]+?)\^|\[\^(?P<note>\d)\]")
HYPHEN_COST, STRETCH_LIMIT, SHRINK_LIMIT = 0.6, 1.6, 0.3


@cache
def font(face: str) -> pymupdf.Font:
    return pymupdf.Font(FACES[face])


@cache
def dictionary() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_GB", left=2, right=3)


@dataclass(frozen=True)
class Run:
    """Letters of one face and size; `rise` lifts them above the baseline; `note` names a footnote mark."""

    text: str
    face: str = "roman"
    size: float = 10
    rise: float = 0
    note: str | None = None

    @property
    def width(self) -> float:
        return float(font(self.face).text_length(ligatures(self.text), self.size))


@dataclass(frozen=True)
class Piece:
    """A run and what follows: " " a space, "-" a place to hyphenate, "|" a break without a hyphen, "" none."""

    run: Run
    joint: str


@dataclass(frozen=True)
class Line:
    pieces: tuple[Piece, ...]
    width: float
    last: bool

    @property
    def notes(self) -> list[str]:
        return [piece.run.note for piece in self.pieces if piece.run.note]


def ligatures(text: str) -> str:
    return text.replace("fi", "\ufb01").replace("fl", "\ufb02")


def runs(text: str, size: float, face: str = "roman") -> list[Run]:
    """The styled runs of `text`: *italic*, **bold**, ~subscript~, ^superscript^ and footnote marks [^1]."""
    found, position = [], 0
    for match in INLINE.finditer(text):
        if match.start() > position:
            found.append(Run(text[position : match.start()], face, size))
        kind, inner = str(match.lastgroup), match.group(str(match.lastgroup))
        if kind in ("bold", "italic"):
            found.append(Run(inner, kind, size))
        else:
            letters = "italic" if inner.isalpha() and kind != "note" else "roman"
            rise = -0.18 * size if kind == "sub" else 0.36 * size
            found.append(Run(inner, letters, 0.7 * size, rise, inner if kind == "note" else None))
        position = match.end()
    if position < len(text):
        found.append(Run(text[position:], face, size))
    return found


def pieces(styled: Sequence[Run]) -> list[Piece]:
    """Cuts runs at spaces, at the hyphens of compounds and at the syllables of long words."""
    cut: list[Piece] = []
    for run in styled:
        for token in re.findall(r" |[^ ]+", run.text):
            if token == " ":
                if cut:
                    cut[-1] = replace(cut[-1], joint=" ")
                continue
            compounds = re.findall(r"[^-]*-(?=\w)|.+", token)
            for compound in compounds:
                syllables = hyphenated(compound) if run.size >= 8 else [compound]
                cut.extend(Piece(replace(run, text=syllable), "-") for syllable in syllables)
                cut[-1] = replace(cut[-1], joint="|" if compound.endswith("-") else "")
    return cut


def hyphenated(token: str) -> list[str]:
    """`token` cut where it may be hyphenated; short words, digits and capitals inside a word forbid it."""
    word = re.fullmatch(r"(\W*)([A-Za-z]?[a-z]{5,})(\W*)", token)
    if not word:
        return [token]
    before, letters, after = word.groups()
    parts = dictionary().inserted(letters, hyphen="\0").split("\0")
    return [before + parts[0], *parts[1:-1], parts[-1] + after] if len(parts) > 1 else [token]


def break_lines(cut: Sequence[Piece], width: float, indent: float = 0) -> list[Line]:
    """The lines of a paragraph with the least sum of cubed stretch and hyphen costs."""
    size = max(piece.run.size for piece in cut)
    space, hyphen = 0.25 * size, font("roman").text_length("-", size)
    widths = [piece.run.width for piece in cut]
    best: list[tuple[float, int]] = [(0.0, 0)] + [(float("inf"), 0)] * len(cut)
    for start in range(len(cut)):
        if best[start][0] == float("inf"):
            continue
        room = width - indent if start == 0 else width
        natural, gaps = 0.0, 0
        for end in range(start, len(cut)):
            natural += widths[end]
            final, joint = end == len(cut) - 1, cut[end].joint
            if final or joint:
                slack = room - natural - (hyphen if joint == "-" else 0)
                stretch = slack / (max(gaps, 1) * space)
                if stretch < -SHRINK_LIMIT:
                    break
                cost = 0.0 if final and stretch >= 0 else abs(stretch) ** 3 / (1 if stretch > 0 else SHRINK_LIMIT)
                cost += HYPHEN_COST * (joint == "-" and not final) + 50 * (stretch > STRETCH_LIMIT and not final)
                if best[start][0] + cost < best[end + 1][0]:
                    best[end + 1] = (best[start][0] + cost, start)
            if joint == " ":
                natural, gaps = natural + space, gaps + 1
    if best[-1][0] == float("inf"):
        raise ValueError(f"no line breaks fit a width of {width}: {cut[0].run.text} ...")
    lines, end = [], len(cut)
    while end:
        start = best[end][1]
        line = list(cut[start:end])
        if line[-1].joint == "-":
            line[-1] = Piece(replace(line[-1].run, text=line[-1].run.text + "-"), "")
        line[-1] = replace(line[-1], joint="")
        lines.append(Line(tuple(line), width - indent if start == 0 else width, end == len(cut)))
        end = start
    return lines[::-1]
