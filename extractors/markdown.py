"""Markdown: through python-markdown to HTML, and from there to blocks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.cleaning import RAISED, clean
from extractors.documents import Part, Piece, assemble
from extractors.errors import UnreadableDocument
from extractors.formulas import readable
from extractors.headings import is_references
from extractors.reading import extractor
from extractors.records import BlockKind, Document, Page
from extractors.settings import ReadSettings

if TYPE_CHECKING:
    from bs4 import Tag
    from bs4.element import PageElement

_FRONT_MATTER = re.compile(r"\s*(---|\+\+\+)[ \t]*\n(.*?)\n(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY = re.compile(r"^([\w.-]+)\s*[:=]\s*(.*)$", re.MULTILINE)
_ANCHOR = re.compile(r"\s*(\[\[[^\]]*\]\]|\{#[^}]*\})$")
_HEADING = re.compile(r"h([1-6])")
_CONTAINERS = frozenset(
    ("div", "section", "article", "main", "details", "blockquote", "dl", "dd", "center", "figure", "header", "footer")
)
_BLOCKS = _CONTAINERS | frozenset(
    ("h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "table", "pre", "dt", "figcaption", "summary", "hr")
)
_DROPPED = frozenset(("img", "script", "style", "hr", "nav", "iframe", "input", "label"))
_NOTE_MARKS = frozenset(("footnote-ref", "footnote-backref"))


@extractor(".md", ".markdown", ".mdx")
def markdown(path: Path, settings: ReadSettings, source: str) -> Document:
    """Read Markdown as one page. Raises UnreadableDocument where the file holds no text."""
    from bs4 import BeautifulSoup
    from markdown import Markdown

    from extractors.markdown_syntax import Syntax

    text, metadata = _front_matter(decode(path.read_bytes(), source))
    converter = Markdown(
        extensions=[
            "tables",
            "footnotes",
            "def_list",
            "sane_lists",
            "attr_list",
            "admonition",
            "pymdownx.superfences",
            "pymdownx.arithmatex",
            "pymdownx.details",
            "pymdownx.tabbed",
            "pymdownx.tasklist",
            Syntax(modules=path.suffix.lower() == ".mdx"),
        ],
        extension_configs={
            "pymdownx.arithmatex": {"generic": True},
            "pymdownx.superfences": {"css_class": "code"},
        },
        tab_length=4,
    )
    tree = BeautifulSoup(converter.convert(text), "html.parser")
    pieces = list(_references_apart(_pieces(tree)))
    top = [i for i, piece in enumerate(pieces) if piece.kind == "heading" and piece.level == 1]
    title = metadata.get("title") or (pieces[top[0]].parts[0].text if top else "")
    if len(top) == 1 and pieces[top[0]].parts[0].text == title:
        pieces[top[0]] = replace(pieces[top[0]], level=0)
    return assemble(path, source, title=title, pages=[Page(number=1)], pieces=pieces, metadata=metadata)


def decode(data: bytes, source: str) -> str:
    """Text of bytes that are UTF-8, UTF-16 with a mark, or Latin-1. Raises UnreadableDocument for what is no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.removeprefix(b"\xef\xbb\xbf").decode("cp1252", errors="replace")
    unseen = sum((c < " " and c not in "\t\n\r\f") or c == "\ufffd" for c in text)
    if unseen > 0.1 * len(text):
        raise UnreadableDocument(
            "not text", f"{source} is not text: it holds binary data.", fix="Give it the suffix of what it is."
        )
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")


def _front_matter(text: str) -> tuple[str, dict[str, str]]:
    """The text without its front matter, and what that says; what cannot be parsed is read line by line."""
    import yaml

    found = _FRONT_MATTER.match(text)
    if not found or not _KEY.search(found[2]):
        return text, {}
    try:
        facts = tomllib.loads(found[2]) if found[1] == "+++" else yaml.safe_load(found[2])
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError):
        facts = None
    if not isinstance(facts, dict):
        facts = {key: value.strip("'\" ") for key, value in _KEY.findall(found[2])}
    return text[found.end() :], {str(key): _flat(value) for key, value in facts.items() if value is not None}


def _flat(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_flat(entry) for entry in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_flat(entry)}" for key, entry in value.items())
    return str(value)


def _pieces(parent: Tag) -> Iterator[Piece]:
    """The blocks under an element, in order; text between blocks is a paragraph."""
    from bs4 import Tag

    loose: list[PageElement] = []
    for child in parent.children:
        if isinstance(child, Tag) and child.name in _BLOCKS:
            yield from _paragraph(loose)
            loose = []
            yield from _block(child)
        else:
            loose.append(child)
    yield from _paragraph(loose)


def _classes(element: Tag) -> list[str]:
    return list(element.get("class") or [])


def _block(element: Tag) -> Iterator[Piece]:
    name, classes = element.name, _classes(element)
    if heading := _HEADING.fullmatch(name):
        yield from _piece("heading", _ANCHOR.sub("", _text(element)), int(heading[1]))
    elif "arithmatex" in classes:
        yield from _piece("equation", _tex(element.get_text()))
    elif "footnote" in classes:
        for note in element.select("li"):
            yield from _piece("footnote", _text(note))
    elif name in ("ul", "ol"):
        yield from _list(element)
    elif name == "table":
        rows = [[_text(cell) for cell in row.find_all(["th", "td"])] for row in element.find_all("tr")]
        yield from _piece("table", "\n".join(" | ".join(row) for row in rows if any(row)))
    elif name == "pre":
        yield from _piece("code", element.get_text().strip("\n"))
    elif name == "figcaption":
        yield from _piece("caption", _text(element))
    elif name == "p" and "admonition-title" in classes and _is_plain_title(element):
        return
    elif name in _CONTAINERS:
        yield from _pieces(element)
    elif name not in _DROPPED:
        yield from _paragraph([element])


def _is_plain_title(title: Tag) -> bool:
    """Whether the title of an admonition only repeats its kind, as "Note"."""
    return title.parent is not None and title.get_text(strip=True).lower() in _classes(title.parent)


def _paragraph(nodes: Sequence[PageElement]) -> Iterator[Piece]:
    """A paragraph of inline nodes; one that is nothing but a formula is an equation."""
    from bs4 import Tag

    inner = [node for node in nodes if str(node).strip()]
    while len(inner) == 1 and isinstance(inner[0], Tag):
        if "arithmatex" in _classes(inner[0]):
            yield from _piece("equation", _tex(inner[0].get_text()))
            return
        inner = [node for node in inner[0].children if str(node).strip()]
    yield from _piece("paragraph", clean("".join(_text(node, strip=False) for node in nodes)))


def _list(element: Tag) -> Iterator[Piece]:
    """A list as one block, an item a line; code, tables and formulas within it stand after it. A list that only leads
    to other parts of the page is furniture."""
    items: list[str] = []
    apart: list[Piece] = []

    def gather(list_: Tag) -> None:
        for item in list_.find_all("li", recursive=False):
            for piece in _pieces(item):
                if piece.kind in ("paragraph", "list", "heading", "furniture"):
                    items.extend(piece.parts[0].text.split("\n"))
                else:
                    apart.append(piece)

    gather(element)
    links = "".join(link.get_text() for link in element.select('a[href^="#"]'))
    only_links = bool(links) and len("".join(links.split())) == len("".join(element.get_text().split()))
    yield from _piece("furniture" if only_links else "list", "\n".join(items))
    yield from apart


def _piece(kind: BlockKind, text: str, level: int | None = None) -> Iterator[Piece]:
    if text.strip():
        yield Piece(kind, (Part(text, 1),), level)


def _text(node: PageElement, strip: bool = True) -> str:
    """What a reader reads of inline content: no targets of links, no pictures, no marks of notes."""
    from bs4 import Tag
    from bs4.element import PreformattedString

    if not isinstance(node, Tag):
        text = "" if isinstance(node, PreformattedString) else str(node)
    elif node.name in _DROPPED or _NOTE_MARKS.intersection(_classes(node)):
        text = ""
    elif "arithmatex" in _classes(node):
        text = readable(_tex(node.get_text()))
    elif node.name == "br":
        text = " "
    else:
        text = "".join(_text(child, strip=False) for child in node.children)
        if node.name == "sup" and text and set(text) <= set("0123456789+-n"):
            text = text.translate(RAISED)
    return clean(text) if strip else text


def _tex(text: str) -> str:
    """The TeX of a formula without its delimiters."""
    text = text.strip()
    for opening, closing in (("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$"), ("$", "$")):
        if text.startswith(opening) and text.endswith(closing):
            return text[len(opening) : -len(closing)].strip()
    return text


def _references_apart(pieces: Iterator[Piece]) -> Iterator[Piece]:
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
                yield from _piece("reference", entry)
            continue
        yield piece
