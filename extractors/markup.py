"""The tree of an HTML page, or of what Markdown becomes, to pieces in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import dedent
from typing import TYPE_CHECKING

from extractors.cleaning import RAISED, clean
from extractors.documents import Part, Piece
from extractors.formulas import readable, tex_of
from extractors.layout.headings import is_references
from extractors.records import BlockKind

if TYPE_CHECKING:
    from bs4 import Tag
    from bs4.element import PageElement

_HEADING = re.compile(r"h([1-6])")
_CONTAINERS = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl",
    "fieldset", "figure", "footer", "form", "header", "hgroup", "html", "legend", "main", "nav", "picture", "search",
    "section", "tbody", "td", "tfoot", "th", "thead", "tr",
))  # fmt: skip
_BLOCKS = _CONTAINERS | frozenset((
    "caption", "dt", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "summary",
    "table", "ul",
))  # fmt: skip
_DROPPED = frozenset((
    "area", "audio", "base", "button", "canvas", "datalist", "embed", "hr", "iframe", "img", "input", "link", "map",
    "meta", "noframes", "noscript", "object", "option", "progress", "script", "select", "source", "style", "svg",
    "template", "textarea", "title", "track", "video", "wbr",
))  # fmt: skip
_CELLS = ("td", "th", "caption")
_NOTES = frozenset(("footnote", "footnotes", "ltx_role_footnote", "ltx_role_footnotetext"))
_REFERENCES = frozenset(("ltx_bibliography", "references", "csl-bib-body"))
_NOTE_MARKS = frozenset(("footnote-ref", "footnote-backref", "ltx_note_mark"))
_FURNITURE = frozenset(("furniture", "ltx_authors", "ltx_dates", "ltx_keywords", "ltx_classification", "ltx_TOC"))
_SIGNS = frozenset(("", "#", "¶", "§", "🔗", "\u200b", "↩", "↩︎", "^"))
_CAPTIONED = re.compile(r"(?:Figure|Fig\.|Table|Listing|Algorithm)\s+[A-Z]?\d+(?:\.\d+)*\s*[:.|–—-]\s*\S")


def blocks(parent: Tag) -> Iterator[Piece]:
    """The blocks under an element, in order; text between blocks is a paragraph."""
    from bs4 import Tag
    from bs4.element import Comment

    loose: list[PageElement] = []
    for child in parent.children:
        if isinstance(child, Comment) or (isinstance(child, Tag) and _stands_alone(child)):
            yield from _paragraph(loose)
            loose = []
            if isinstance(child, Tag):
                yield from _block(child)
        else:
            loose.append(child)
    yield from _paragraph(loose)


def references_apart(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """What stands under the heading of a reference list is references, up to the next heading of its rank."""
    rank = 0
    for piece in pieces:
        if piece.kind == "heading":
            level = piece.level or 1
            if rank and level <= rank:
                rank = 0
            if is_references(piece.parts[0].text):
                rank = level
        elif rank and piece.kind in ("paragraph", "list"):
            for entry in piece.parts[0].text.split("\n"):
                yield from piece_of("reference", entry)
            continue
        yield piece


def piece_of(kind: BlockKind, text: str, level: int | None = None) -> Iterator[Piece]:
    """One piece on the only page there is, if it says anything."""
    if text.strip():
        yield Piece(kind, (Part(text, 1),), level)


def classes(element: Tag) -> frozenset[str]:
    return frozenset(element.get_attribute_list("class")) - {None}


def text_of(node: PageElement) -> str:
    """What a reader reads of inline content: no targets of links, no pictures, no marks of notes."""
    return clean(_raw_text(node))


def _stands_alone(element: Tag) -> bool:
    """Whether an element is a block: by its name, or as an inline element around blocks."""
    if element.name in _BLOCKS:
        return True
    if element.name in ("script", "style", "math", "svg", "pre") or not element.contents:
        return False
    return element.find(list(_BLOCKS)) is not None and not _NOTES & classes(element)


def _interrupts(element: Tag) -> bool:
    """Whether an element in a paragraph ends it, though the parser has not heard of that: it knows no HTML 5."""
    return not _NOTES & classes(element) and _stands_alone(element)


def _block(element: Tag) -> Iterator[Piece]:
    from bs4 import Tag

    name, marks = element.name, classes(element)
    if marks & _FURNITURE or name == "nav":
        yield from piece_of("furniture", clean(element.get_text(" ")))
    elif heading := _HEADING.fullmatch(name):
        yield from piece_of("heading", text_of(element), int(heading[1]))
        yield from _notes(element.children)
    elif "math" in marks and name == "div":
        yield from piece_of("equation", tex_of(element))
    elif marks & {"ltx_equation", "ltx_equationgroup", "ltx_eqn_table"}:
        yield from piece_of("equation", _equations(element))
    elif marks & _NOTES or element.get("role") in ("doc-endnotes", "doc-footnote"):
        yield from _entries(element, "footnote")
    elif marks & _REFERENCES or element.get("role") == "doc-bibliography":
        yield from _entries(element, "reference")
    elif name in ("ul", "ol"):
        yield from _list(element)
    elif name == "table":
        yield from _table(element)
    elif marks & {"ltx_listing", "ltx_verbatim"}:
        lines = element.find_all(class_="ltx_listingline")
        yield from piece_of("code", "\n".join(line.get_text() for line in lines) or element.get_text())
    elif name == "pre":
        yield from piece_of("code", dedent(element.get_text()).strip("\n"))
    elif name in ("figcaption", "caption"):
        yield from piece_of("caption", text_of(element))
        yield from _notes(element.children)
    elif name == "p" and not any(isinstance(child, Tag) and _interrupts(child) for child in element.children):
        yield from _paragraph([element])
    elif name not in _DROPPED:
        yield from blocks(element)


def _equations(element: Tag) -> str:
    formulas = [element] if element.name == "math" else element.find_all("math")
    return "\n".join(tex for formula in formulas if (tex := tex_of(formula)))


def _entries(element: Tag, kind: BlockKind) -> Iterator[Piece]:
    """The entries of a list of notes or references below its heading, or the element itself if it is one."""
    if title := element.find(_HEADING):
        yield from _block(title.extract())
    found = [entry for entry in element.select("li, .csl-entry") if entry.find_parent("li") is None]
    listed = "".join(entry.get_text() for entry in found)
    whole = "".join(listed.split()) == "".join(element.get_text().split())
    for entry in found if whole else [element]:
        yield from piece_of(kind, _entry(entry))


def _entry(element: Tag) -> str:
    """The text of a note or reference, without the numbers that only lead there and back."""
    for note in element.find_all(lambda inner: bool(_NOTES & classes(inner))):
        del note["class"]
    for mark in element.select(".ltx_tag_bibitem, .ltx_bib_cited, .ltx_tag_note, .ltx_note_mark, .footnote-backref"):
        mark.extract()
    for part in element.select(".ltx_bibblock"):
        part.append(" ")
    return clean(" ".join(piece.parts[0].text for piece in blocks(element)) or _raw_text(element))


def _paragraph(nodes: Sequence[PageElement]) -> Iterator[Piece]:
    """A paragraph of inline nodes, and the notes in it; one that is nothing but a formula is an equation, one that is
    nothing but a picture with a title its caption."""
    from bs4 import Tag

    inner = _seen(nodes)
    while len(inner) == 1 and isinstance(inner[0], Tag):
        only = inner[0]
        if only.name == "math" or "math" in classes(only):
            yield from piece_of("equation", tex_of(only))
            return
        if only.name == "img" and only.find_parent("a") is None:
            yield from piece_of("caption", clean(str(only.get("title") or "")))
            return
        inner = _seen(only.children)
    text = clean("".join(_raw_text(node) for node in nodes))
    yield from piece_of("caption" if _CAPTIONED.match(text) else "paragraph", text)
    yield from _notes(nodes)


def _notes(nodes: Iterable[PageElement]) -> Iterator[Piece]:
    """The notes that stand within inline nodes, or are such."""
    from bs4 import Tag

    for node in nodes:
        if isinstance(node, Tag):
            for note in [node] if _is_note(node) else node.find_all(_is_note):
                yield from piece_of("footnote", _entry(note))


def _seen(nodes: Iterable[PageElement]) -> list[PageElement]:
    from bs4 import Tag

    return [node for node in nodes if isinstance(node, Tag) or str(node).strip()]


def _is_note(element: Tag) -> bool:
    return bool(_NOTES & classes(element)) and not any(_NOTES & classes(parent) for parent in element.parents)


def _list(element: Tag) -> Iterator[Piece]:
    """A list as one block, an item a line; what is no text of an item, such as code, stands after it. A list that only
    leads to other parts of the page is furniture."""
    items: list[str] = []
    apart: list[Piece] = []
    for piece in blocks(element):
        if piece.kind in ("paragraph", "list", "heading", "furniture"):
            items.extend(piece.parts[0].text.split("\n"))
        else:
            apart.append(piece)
    links = "".join(link.get_text() for link in element.select('a[href^="#"]'))
    only_links = bool(links) and len("".join(links.split())) == len("".join(element.get_text().split()))
    yield from piece_of("furniture" if only_links else "list", "\n".join(items))
    yield from apart


def _table(element: Tag) -> Iterator[Piece]:
    """A table as one block, a row a line. One of a single row or column without a head only lays out what it holds."""
    from bs4.element import NavigableString

    rows = [list(row.find_all(["th", "td"], recursive=False)) for row in element.find_all("tr")]
    if stray := [cell for cell in element.find_all(["th", "td"]) if cell.parent and cell.parent.name != "tr"]:
        rows.append(stray)
    lays_out = not element.find("th") and (len(rows) == 1 or all(len(row) == 1 for row in rows))
    if element.find(["table", "pre", "ul", "ol", "h1", "h2", "h3", "h4"]) is not None or (lays_out and rows):
        yield from blocks(element)
        return
    for caption in element.find_all("caption"):
        yield from _block(caption)
    # What a page says between the cells of a table browsers show above it.
    between = (text for text in element.find_all(string=True) if text.find_parent([*_CELLS, "table"]) is element)
    yield from piece_of("paragraph", clean("".join(str(text) for text in between if type(text) is NavigableString)))
    written = [[text_of(cell) for cell in row] for row in rows]
    yield from piece_of("table", "\n".join(" | ".join(row).rstrip(" |") for row in written if any(row)))
    yield from _notes(cell for row in rows for cell in row)


def _raw_text(node: PageElement) -> str:
    from bs4 import Tag
    from bs4.element import PreformattedString

    if not isinstance(node, Tag):
        return "" if isinstance(node, PreformattedString) else str(node)
    marks = classes(node)
    if node.name == "math" or "math" in marks or "katex" in marks:
        return readable(tex_of(node))
    if node.name in _DROPPED or marks & _NOTE_MARKS or marks & _NOTES or marks & _FURNITURE or _leads_away(node):
        return ""
    if node.name == "br":
        return " "
    text = "".join(_raw_text(child) for child in node.children)
    if node.name == "sup" and text and set(text) <= set("0123456789+-n"):
        return text.translate(RAISED)
    return f" {text} " if node.name in _BLOCKS else text


def _leads_away(element: Tag) -> bool:
    """Whether it is the mark of a note, or a sign beside a heading to link to it."""
    if element.name == "sup":
        link = element.find("a")
        short = len(element.get_text(strip=True)) < 10
        return short and link is not None and str(link.get("href")).startswith("#")
    return element.name == "a" and str(element.get("href")).startswith("#") and element.get_text(strip=True) in _SIGNS
