"""HTML: the content of a page, without what the site puts around it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from extractors.decoding import decode
from extractors.documents import assemble
from extractors.markdown import titled
from extractors.markup import blocks, classes, references_apart, text_of, tree_of
from extractors.reading import extractor
from extractors.records import Document, Page
from extractors.settings import ReadSettings

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
    tree = tree_of(decode(data, source, encoding))
    metadata = _facts(tree)
    named = text_of(tree.title) if tree.title else ""
    _set_apart(tree)
    title, pieces = titled(list(references_apart(blocks(tree.body or tree))))
    return assemble(path, source, title=title or named, pages=[Page(number=1)], pieces=pieces, metadata=metadata)


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
    for script in tree.find_all("script", type=re.compile("^math/tex")):
        script.name = "span"
        script["class"] = "math"
        script.string = script.get_text()
    body = tree.body or tree
    content = _content(body)
    for ancestor in (content, *content.parents):
        if ancestor is body or ancestor is tree:
            break
        for sibling in (*ancestor.find_previous_siblings(), *ancestor.find_next_siblings()):
            _mark(sibling)
    for element in (*content.select(_AROUND), *content.find_all(_is_around)):
        if element.find(["h1", "main", "article"]) is None:
            _mark(element)
    for header in content.find_all("header"):
        if header.find(["h1", "h2", "h3"]) is None:
            _mark(header)


def _content(body: Tag) -> Tag:
    """The one element that holds the page's content, if it holds a fair part of the text; else the body."""
    enough = 0.3 * len(body.get_text())
    for selector in _CONTENT:
        found = body.select(selector)
        if len(found) == 1 and len(found[0].get_text()) > enough:
            return found[0]
    return body


def _is_around(element: Tag) -> bool:
    names = (*classes(element), str(element.get("id") or ""))
    return element.name in ("div", "section", "ul", "ol", "p", "span") and any(map(_AROUND_BY_NAME.search, names))


def _mark(element: Tag) -> None:
    element["class"] = "furniture"
