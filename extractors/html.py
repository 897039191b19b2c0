"""HTML: the content of a page, without what the site puts around it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from extractors.decoding import decode
from extractors.documents import assemble
from extractors.markdown import titled
from extractors.markup import blocks, classes, references_apart, text_of
from extractors.pages.legibility import legibility
from extractors.reading import extractor
from extractors.records import Document, Page
from extractors.settings import ReadSettings
from extractors.text import plain
from extractors.tree import tree_of

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_CHARSET = re.compile(
    rb"""<meta[^>]+?charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]+?encoding\s*=\s*["']([\w.:-]+)""", re.I
)
_CONTENT = ("article.ltx_document", "main", "[role=main]", "article", "#content", "#main-content")
_AROUND = (
    "nav, footer, form, aside:not(.footnote):not(.footnotes), [role=navigation], [role=banner], [role=contentinfo], "
    "[role=search], [role=complementary], [role=dialog], [role=alertdialog], [hidden], dialog"
)
_AROUND_BY_NAME = re.compile(
    r"(?:^|[-_])(?:cookies?|consent|gdpr|breadcrumbs?|sidebar|navbar|navigation|menu|pagination|pager|share|social|"
    r"newsletter|subscribe|advert\w*|ads|promo|skip-?\w*|toolbar|toc|table-of-contents|related|comments)(?:[-_]|$)",
    re.IGNORECASE,
)
PROSE = 0.15
"""Share of function words from which preformatted text is prose."""
FEW, MOST = 40, 0.5
"""Words outside of links, and share of those of the page, up to which an element may be a sidebar or the like."""
_MATHJAX = re.compile("mathjax|katex", re.IGNORECASE)
# With the delimiters, which `tex_of` takes off.
_TEX = re.compile(r"(\\\(.{1,1000}?\\\)|\\\[.{1,2000}?\\\]|\$\$.{1,2000}?\$\$)", re.DOTALL)
_NUMBERS = ".linenos, .lineno, .gutter, .ltx_ERROR, .MathJax_Preview"
_FACTS = {"author": "author", "citation_author": "author", "description": "description", "date": "date",
          "citation_publication_date": "date", "citation_doi": "doi"}  # fmt: skip


@extractor(".html", ".htm", ".xhtml")
def page(path: Path, settings: ReadSettings, source: str) -> Document:
    """Read an HTML page as one page; navigation, banners and the like are furniture, scripts and forms are gone.

    Raises UnreadableDocument where the file is no text.
    """
    data = path.read_bytes()
    declared = _CHARSET.search(data[:4096])
    encoding = (declared[1] or declared[2]).decode("ascii", "replace") if declared else ""
    html = decode(data, source, encoding)
    tree = tree_of(html)
    metadata = _facts(tree)
    named = text_of(tree.title) if tree.title else ""
    if written := _plain(tree):
        title, (pages, pieces) = "", plain(written)
    else:
        if _MATHJAX.search(html):
            _mark_formulas(tree)
        _set_apart(tree)
        pages, (title, pieces) = [Page(number=1)], titled(list(references_apart(blocks(tree))))
    return assemble(path, source, title=title or named, pages=pages, pieces=pieces, metadata=metadata)


def _plain(tree: BeautifulSoup) -> str:
    """The text of a page that is nothing but plain text, as browsers save it and RFCs are published; code is none."""
    written = "\f".join(element.get_text() for element in tree.find_all("pre"))
    if len(written.split()) < 0.9 * len(tree.get_text(" ").split()):
        return ""
    return written if legibility(written).function_words >= PROSE else ""


def _facts(tree: BeautifulSoup) -> dict[str, str]:
    facts: dict[str, list[str]] = {}
    for meta in tree.find_all("meta"):
        key, value = _FACTS.get(str(meta.get("name")).lower()), str(meta.get("content") or "").strip()
        if key and value:
            facts.setdefault(key, []).append(value)
    return {key: ", ".join(dict.fromkeys(values)) for key, values in facts.items()}


def _set_apart(tree: BeautifulSoup) -> None:
    """Mark as furniture what stands around the content and between its parts."""
    for element in tree.select(_NUMBERS):
        element.decompose()
    content = _content(tree)
    for ancestor in (content, *content.parents):
        if ancestor.name in ("body", "html") or ancestor is tree:
            break
        for sibling in (*ancestor.find_previous_siblings(), *ancestor.find_next_siblings()):
            _mark(sibling)
    most = max(FEW, MOST * _outside_links(content))
    for element in (*content.select(_AROUND), *content.find_all(_is_around)):
        if element.find(["h1", "main", "article"]) is None and _outside_links(element) <= most:
            _mark(element)
    for header in content.find_all("header"):
        if header.find(["h1", "h2", "h3"]) is None:
            _mark(header)


def _mark_formulas(tree: BeautifulSoup) -> None:
    r"""Have what scripts would make formulas of be elements: \(..\), \[..\], $$..$$ and MathJax's own scripts."""
    from bs4.element import NavigableString

    def formula(tex: str, name: str) -> Tag:
        element = tree.new_tag(name, attrs={"class": "math"})
        element.string = tex
        return element

    for script in tree.find_all("script", type=re.compile("^math/tex")):
        script.replace_with(formula(script.get_text(), "div" if "display" in str(script["type"]) else "span"))
    for string in tree.find_all(string=_TEX):
        if type(string) is not NavigableString or string.find_parent(["pre", "code", "math"]):
            continue
        parts = _TEX.split(string)
        string.replace_with(*(formula(part, "span") if n % 2 else part for n, part in enumerate(parts)))


def _outside_links(element: Tag) -> int:
    """The words of an element that are no links."""
    return len(element.get_text(" ").split()) - sum(len(link.get_text(" ").split()) for link in element.find_all("a"))


def _content(tree: Tag) -> Tag:
    """The one element that holds the page's content, if it holds a fair part of the text; else all of it."""
    enough = 0.3 * len(tree.get_text())
    for selector in _CONTENT:
        found = tree.select(selector)
        if len(found) == 1 and len(found[0].get_text()) > enough:
            return found[0]
    return tree


def _is_around(element: Tag) -> bool:
    names = (*classes(element), str(element.get("id") or ""))
    return element.name in ("div", "section", "ul", "ol", "p", "span") and any(map(_AROUND_BY_NAME.search, names))


def _mark(element: Tag) -> None:
    element["class"] = "furniture"
