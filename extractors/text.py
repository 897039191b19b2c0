"""Plain text: paragraphs between blank lines, their hard line ends undone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from extractors.cleaning import clean
from extractors.decoding import decode
from extractors.documents import Part, Piece, assemble
from extractors.hyphens import joint, vocabulary
from extractors.layout.headings import is_references
from extractors.reading import extractor
from extractors.records import BlockKind, Document, Page
from extractors.settings import ReadSettings

_RULE = re.compile(r"\s*([=\-~^*_#+\"])(?:\s*\1){2,}\s*")
_NUMBERED = re.compile(
    r"(?:(?:chapter|section|appendix|part)\s+)?(\d{1,2}(?:\.\d{1,2})*[.):]?|(?:[A-Z]|[IVX]+)[.):])\s+[^\W\d_]",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:chapter|section|appendix|part)\s+[\dA-Z]+|abstract|introduction|conclusions?|acknowledge?ments?|"
    r"appendi(?:x|ces)",
    re.IGNORECASE,
)
_ITEM = re.compile(r"(?:[-*+•◦▪‣–]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+(?=\S)")
_SOFT_END = re.compile("\u00ad\n *")
_DIGITS = re.compile(r"\d+")
_GAP = re.compile(r"\S(?: {3,}|\t+)\S")
_CELL_GAP = re.compile(r" {2,}|\t+|\|")
_LEADERS = re.compile(r"(?:\.{4,}|(?: \.){3,})\s*\d*\s*$")
_BARE_NUMBER = re.compile(r"[-–\s]*(?:page\s+)?\d{1,4}[-–\s]*", re.IGNORECASE)
_CAPTION = re.compile(r"(?:Figure|Fig\.|Table)\s+\d+\s*[:.]\s")
_FINAL = (".", "!", "?", ":", "”", '"', ")")
_SIGNS = frozenset("=(){}[]<>;|_*&$#@+\\")
_WIDEST = 120
"""Characters that someone who ends lines by hand stays below."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Lines without a blank one between them."""

    lines: tuple[str, ...]
    page: int


@extractor(".txt", ".text")
def text(path: Path, settings: ReadSettings, source: str) -> Document:
    """Read plain text; a form feed begins a page. Raises UnreadableDocument where the file is no text."""
    pages, pieces = plain(decode(path.read_bytes(), source))
    return assemble(path, source, title="", pages=pages, pieces=pieces)


def plain(written: str) -> tuple[list[Page], list[Piece]]:
    """The pages of plain text, and its blocks."""
    sheets = [page.expandtabs(4).split("\n") for page in written.split("\f")]
    running = _running(sheets)
    chunks = [chunk for number, lines in enumerate(sheets, 1) for chunk in _chunks(lines, number, running)]
    words = vocabulary(line for chunk in chunks for line in chunk.lines)
    base = Counter(indent for chunk in chunks for indent in map(_indent, chunk.lines)).most_common(1)
    pieces = list(_pieces(chunks, base[0][0] if base else 0, words))
    first = next((i for i, piece in enumerate(pieces) if piece.kind != "furniture"), len(pieces))
    if first < len(pieces) and pieces[first].kind == "heading" and not _begins_section(pieces[first].parts[0].text):
        pieces[first] = replace(pieces[first], level=0)
    return [Page(number=n + 1) for n in range(len(sheets))], pieces


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _running(sheets: Sequence[Sequence[str]]) -> set[str]:
    """The first and last lines that pages share but for the numbers in them."""
    edges: Counter[str] = Counter()
    for lines in sheets:
        written = [line.strip() for line in lines if line.strip()]
        edges.update({_DIGITS.sub("#", line) for line in (*written[:1], *written[-1:])})
    return {line for line, count in edges.items() if count > 2 and count > 0.2 * len(sheets)}


def _chunks(lines: Sequence[str], page: int, running: set[str]) -> Iterator[_Chunk]:
    written = [n for n, line in enumerate(lines) if line.strip()]
    edges = {n for n in (*written[:1], *written[-1:]) if _DIGITS.sub("#", lines[n].strip()) in running}
    chunk: list[str] = []
    for number, line in enumerate([*lines, ""]):
        if line.strip() and number not in edges:
            chunk.append(line.rstrip())
            continue
        if chunk:
            yield _Chunk(tuple(chunk), page)
        chunk = []
        if number in edges:
            yield _Chunk((line,), -page)


def _pieces(chunks: Sequence[_Chunk], base: int, words: Counter[str]) -> Iterator[Piece]:
    """Headings, lists, tables and paragraphs; a paragraph that a page break cuts is one of two parts."""
    references = False
    cut: list[Part] = []
    for chunk in chunks:
        if chunk.page < 0:
            yield Piece("furniture", (Part(clean(chunk.lines[0]), -chunk.page),))
            continue
        lines = chunk.lines
        if level := _heading_level(lines):
            yield from _flush(cut)
            heading = clean(lines[0])
            references = is_references(heading)
            yield Piece("heading", (Part(heading, chunk.page),), level)
            lines = lines[2:] if len(lines) > 1 else ()
            if not lines:
                continue
        kind = _kind(lines, base)
        if kind == "paragraph" and references:
            yield Piece("reference", (Part(_joined(lines, words), chunk.page),))
        elif kind == "paragraph" and max(map(len, lines)) > _WIDEST:
            yield from _flush(cut)
            for line in lines:
                yield Piece("paragraph", (Part(clean(line), chunk.page),))
        elif kind == "paragraph":
            joined = _joined(lines, words)
            if cut and (cut[-1].page == chunk.page or not joined[:1].islower()):
                yield from _flush(cut)
            if cut:
                cut[-1] = Part("".join(joint(cut[-1].text, joined, words)), cut[-1].page)
            cut.append(Part(joined, chunk.page))
            if joined.endswith(_FINAL):
                yield from _flush(cut)
        else:
            yield from _flush(cut)
            yield Piece(kind, (Part("\n".join(_entries(kind, lines, words)), chunk.page),))
    yield from _flush(cut)


def _flush(cut: list[Part]) -> Iterator[Piece]:
    if cut:
        yield Piece("paragraph", tuple(cut))
        cut.clear()


def _heading_level(lines: Sequence[str]) -> int:
    """The level of the heading that a chunk is or begins with, or 0: underlined, numbered, named, or in capitals."""
    first = lines[0].strip()
    if len(lines) > 1 and _RULE.fullmatch(lines[1]) and len(first) <= 100 and not _RULE.fullmatch(first):
        return 1 if lines[1].strip()[0] in "=*#" else 2
    if len(lines) > 1 or len(first) > 80 or first.endswith((".", ",", ";", ":")) or _GAP.search(first):
        return 0
    if (numbered := _NUMBERED.match(first)) and first[numbered.end() - 1].isupper() and len(first.split()) <= 12:
        return numbered[1].rstrip(".):").count(".") + 1
    letters = [c for c in first if c.isalpha()]
    if is_references(first) or _NAMED.fullmatch(first) or (len(letters) > 3 and all(c.isupper() for c in letters)):
        return 1
    return 0


def _begins_section(heading: str) -> bool:
    return bool(_NUMBERED.match(heading) or _NAMED.fullmatch(heading) or is_references(heading))


def _kind(lines: Sequence[str], base: int) -> BlockKind:
    if all(_LEADERS.search(line) for line in lines) or all(
        _RULE.fullmatch(line) or _BARE_NUMBER.fullmatch(line) for line in lines
    ):
        return "furniture"
    if _ITEM.match(lines[0].lstrip()):
        return "list"
    drawn = sum(_GAP.search(line) is not None or line.lstrip()[:1] in "|+" for line in lines)
    if len(lines) > 1 and drawn > 0.6 * len(lines):
        return "table"
    if _CAPTION.match(lines[0].strip()):
        return "caption"
    ragged = len({_indent(line) for line in lines[1:]}) > 1
    signs = sum(c in _SIGNS for line in lines for c in line)
    written = sum(not c.isspace() for line in lines for c in line)
    return "code" if min(map(_indent, lines)) >= base + 4 and (ragged or signs > 0.06 * written) else "paragraph"


def _entries(kind: BlockKind, lines: Sequence[str], words: Counter[str]) -> list[str]:
    """The lines of a block that keeps them."""
    if kind == "list":
        return _items(lines, words)
    if kind == "caption":
        return [_joined(lines, words)]
    if kind == "table":
        drawn = [line.strip(" |") for line in lines if not _RULE.fullmatch(line) and set(line) - set("+-=| ")]
        return [" | ".join(cell.strip() for cell in _CELL_GAP.split(line)) for line in drawn]
    indent = min(map(_indent, lines))
    return [line[indent:] for line in lines]


def _items(lines: Sequence[str], words: Counter[str]) -> list[str]:
    """The items of a list without their marks; a line without one goes on with the item above it."""
    items: list[list[str]] = []
    for line in lines:
        mark = _ITEM.match(line.lstrip())
        if mark or not items:
            items.append([line.lstrip()[mark.end() if mark else 0 :]])
        else:
            items[-1].append(line)
    return [_joined(item, words) for item in items]


def _joined(lines: Sequence[str], words: Counter[str]) -> str:
    cleaned = [line for line in map(clean, _SOFT_END.sub("", "\n".join(lines)).split("\n")) if line]
    for i in range(len(cleaned) - 1):
        cleaned[i] = "".join(joint(cleaned[i], cleaned[i + 1], words))
    return "".join(cleaned)
