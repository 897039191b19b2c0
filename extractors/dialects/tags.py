"""Tags of HTML and of JSX components as they stand in Markdown, found without backtracking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

INLINE = frozenset((
    "a", "abbr", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "input", "ins", "kbd", "label", "mark", "picture", "q", "rp", "rt", "ruby", "s", "samp", "small", "source",
    "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
))  # fmt: skip
BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "col", "colgroup", "dd", "details",
    "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3",
    "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "legend", "li", "link", "main", "menu", "meta",
    "nav", "ol", "optgroup", "option", "p", "param", "search", "section", "summary", "table", "tbody", "td",
    "tfoot", "th", "thead", "title", "tr", "track", "ul",
))  # fmt: skip
RAW = frozenset((
    "audio", "button", "canvas", "iframe", "math", "noscript", "object", "pre", "script", "select", "style", "svg",
    "template", "textarea", "video",
))  # fmt: skip
"""Elements whose content is no Markdown."""
SHOWN_RAW = frozenset(("pre", "math"))
"""Those of them that hold something to read."""
_NESTING = frozenset(
    ("article", "blockquote", "center", "details", "div", "dl", "figure", "ol", "section", "table", "ul")
)

_LONGEST = 10_000
_NAME = re.compile(r"<(/?)(?:([A-Za-z][\w.-]*(?::[A-Za-z][\w.-]*)?)(?=\s|/?>)|(?=>))")
_ATTRIBUTE = re.compile(r"\s+|/(?=>)|[A-Za-z_@:#*.][\w.:@#*-]*|=\s*[^\s\"'<>=`{}]*")
_COMPONENT = re.compile(r"[A-Z].*[a-z]")
_BRACE = re.compile(r"[{}]")
_CLOSING = re.compile(r"</([A-Za-z][\w.-]*)")
_WORDS = re.compile(r"(\s+[A-Za-z]+)+\s*")


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of `name` that ends before `end`; `text` is all of it."""

    name: str
    text: str
    end: int

    @property
    def closing(self) -> bool:
        return self.text.startswith("</")

    @property
    def block(self) -> bool:
        """Whether it stands between blocks, as a component does, and not within a line."""
        return self.name not in INLINE

    @property
    def depth(self) -> int:
        """1 if what follows is inside of the element and may be indented for it, -1 if that is over, else 0."""
        known = self.name in _NESTING or self.name not in INLINE | BLOCKS | RAW
        return 0 if self.text.endswith("/>") or not known else -1 if self.closing else 1

    def html(self) -> str:
        """What HTML makes of it: nothing of a component, no attributes that are expressions."""
        if self.name not in INLINE | BLOCKS | SHOWN_RAW:
            return ""
        return self.text if "{" not in self.text else f"<{'/' * self.closing}{self.name}>"


def tag_at(text: str, start: int) -> Tag | None:
    """The tag that begins at `start`, if one does. Words between angle brackets, as in <b and c>, are none."""
    named = _NAME.match(text, start)
    if not named:
        return None
    name = named[2] or ""
    at, last = named.end(), min(len(text), start + _LONGEST)
    while at < last:
        mark = text[at]
        if mark == ">":
            tag = Tag(name if _COMPONENT.match(name) else name.lower(), text[start : at + 1], at + 1)
            bare = _WORDS.fullmatch(text, named.end(), at)
            return None if bare and tag.name in INLINE - {"input"} else tag
        if mark in "\"'":
            if text[start:at].rstrip()[-1] != "=" or (end := text.find(mark, at + 1, last)) < 0:
                return None
            at = end + 1
        elif mark == "{":
            if (closed := braces(text).get(at, last)) >= last:
                return None
            at = closed + 1
        elif attribute := _ATTRIBUTE.match(text, at, last):
            at = attribute.end()
        else:
            return None
    return None


def element_end(text: str, tag: Tag) -> int:
    """Where the element that `tag` opens is over, or -1."""
    if tag.closing or tag.text.endswith("/>"):
        return tag.end
    if tag.name.lower() not in closed_names(text):
        return -1
    closed = re.compile(rf"</{tag.name}\s*>", re.IGNORECASE).search(text, tag.end)
    return closed.end() if closed else -1


@lru_cache(maxsize=8)
def closed_names(text: str) -> frozenset[str]:
    """The names, in lower case, of the elements that something in `text` closes."""
    return frozenset(name.lower() for name in _CLOSING.findall(text))


@lru_cache(maxsize=8)
def braces(text: str) -> dict[int, int]:
    """Where each brace that opens in `text` is closed."""
    closed: dict[int, int] = {}
    opened: list[int] = []
    for found in _BRACE.finditer(text):
        if found[0] == "{":
            opened.append(found.start())
        elif opened:
            closed[opened.pop()] = found.start()
    return closed
