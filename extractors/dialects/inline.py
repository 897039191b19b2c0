"""What the dialects of Markdown write within a line, as rules of markdown-it: formulas, roles, tags, attributes,
templates, citations, wiki links."""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping
from functools import lru_cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from extractors.dialects.tags import BLOCKS, INLINE, RAW, Tag, braces, closed_names, element_end, tag_at

_DOLLARS = re.compile(
    r"\$\$(?P<double>(?:[^$\\]|\\.|\$(?!\$))+)\$\$|\$`(?P<ticks>[^`\n]+)`\$"
    r"|(?<![\w$])\$(?![\s$])(?P<single>(?:[^$\\]|\\.)*(?:[^\s$\\]|\\.))\$(?![\w$])",
    re.DOTALL,
)
_MONEY = re.compile(r"\d[\d,.]*(?:[kKMB]\b|[ /–-])[^\\^_=]*")
_WORDS = re.compile(r"[A-Za-z]{2,}.* [A-Za-z]{2,}.*", re.DOTALL)
_SIGNS = frozenset("\\^_=+{}")

_ROLE = re.compile(r"(?:\{([A-Za-z][\w:+.-]{0,40})\}|:([A-Za-z][\w:+.-]{0,40}):)(`+)(.{1,1000}?)\3(?!`)", re.DOTALL)
_POINTERS = re.compile(
    r"(?:foot)?cite\w*(?:[:-]\w+)*|numref|eqref|eq|ref|label|eqlabel|index|bibliography|(?:begin|end)_tab|download|octicon"
)
_STRING = re.compile(r"(['\"`])([^'\"`]*)\1")
_LANGUAGE = re.compile(r"^(?:#!|:::)\w+ (?=\S)")
_NAMED_TARGET = re.compile(r"(.*\S)\s*<[^<>]*>\s*", re.DOTALL)

# What each pattern leaves is its first group that took part, read as Markdown itself; most leave nothing.
_MARKS = {
    "{": (
        r"\{\{<.{0,500}?>\}\}|\{\{%.{0,500}?%\}\}|\{%.{0,500}?%\}|\{\{[^{}]{0,300}\}\}",
        r"\{[#:/@][^{}\n]*\}|\{:?\s*[.#][\w-][^{}\n]*\}",
        r"(?<=[)\]`*_>$])\{:?\s*[\w-]+=[^{}\n]*\}",
        r"\{/\*.{0,2000}?\*/\}",
    ),
    "[": (
        r"\[\[_?TOC_?\]\]|\[TOC\]",
        r"\[\[(?:[^\[\]|\n]*\|)?([^\[\]|\n]+)\]\]",
        r"\[([^\[\]\n]*)\](?=\{:?\s*[.#\w][^{}\n]*\})",
        r"\[(?:[^\[\]@\n]{0,80}[\s;(])?-?@[\w{][^\[\]]{0,500}\](?!\()",
    ),
    "!": (r"!\[\[[^\[\]\n]*\]\]", r"!(?=\[[^\[\]\n]*\]\[\])"),
    "@": (r"(?<![\w@])@(?:fig|tbl|sec|eq|lst|thm|lem|def|exm)-[\w-]*\w",),
    "=": (r"(?<![\w=])==(?=[^\s=])", r"(?<=[^\s=])==(?![\w=])"),
    "+": (r"(?<!\w)\+\+(?=[^\s+])([^+\n]+)\+\+(?!\w)",),
    ":": (r"(?<![\w:/`]):(?:[a-z][a-z0-9_+-]{1,40}|[+-]1):(?![\w:`/])",),
    "%": (r"%%[^%]{0,2000}%%",),
    "^": (r"(?<=\s)\^[\w-]+\s*$",),
}
_RAISED = {"^": ("sup", r"\^([^\s^\[\]]{1,20})\^"), "~": ("sub", r"(?<!~)~([^\s~]{1,20})~(?!~)")}
# Tried after links: a target with spaces, an undefined reference, a note that is nowhere.
_LEFT_OVER = {
    "[": (
        r"\[\^[^\[\]\s]+\]",
        r"(?<!\w)\[([^\[\]\n]+)\][ ]?\[[^\[\]\n]*\](?!\()",
        r"(?<!\w)\[([^\[\]\n]*)\]\((?=[^()\n]*[./#:])[^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)",
    ),
    "!": (
        r"!\[[^\[\]]*\]\[[^\[\]\n]*\]",
        r"!\[[^\[\]]*\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)(?:\{[^{}\n]*\})?",
    ),
    "]": (r"(\])\((?:https?:|mailto:|#|\.{0,2}/)[^()\s]*\)",),
}
Patterns = dict[str, tuple[re.Pattern[str], ...]]


def inline_rules(md: MarkdownIt, expressions: bool) -> None:
    """Teach `md` all of them; `expressions`: whether {braces} hold JavaScript, as in MDX."""
    ruler = md.inline.ruler
    ruler.before("escape", "formula", formula)
    ruler.before("backticks", "role", role)
    ruler.before("link", "mark", _rule(_MARKS))
    ruler.before("link", "note", note)
    if expressions:
        ruler.after("mark", "expression", expression)
    ruler.at("html_inline", tag)
    ruler.after("image", "left_over", _rule(_LEFT_OVER))
    ruler.before("strikethrough", "raised", raised)
    md.add_render_rule("code_inline", _code)


def _code(self: RendererHTML, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    return f"<code>{escape(_LANGUAGE.sub('', tokens[index].content))}</code>"


def formula(state: StateInline, silent: bool) -> bool:
    r"""$..$, $$..$$, $`..`$, \(..\) and \[..\]; amounts of money and escaped brackets around words are none."""
    mark = state.src[state.pos]
    if mark == "$":
        found = _DOLLARS.match(state.src, state.pos)
        if not found or (found["single"] and _MONEY.fullmatch(found["single"])):
            return False
        return _leave_formula(state, silent, found[found.lastgroup or 0], found.end())
    opening = state.src[state.pos : state.pos + 2]
    if opening not in ("\\(", "\\["):
        return False
    closing = "\\)" if opening == "\\(" else "\\]"
    if _last(closing, state.src) < state.pos + 2:
        return False
    end = state.src.find(closing, state.pos + 2)
    tex = state.src[state.pos + 2 : end]
    if not tex.strip() or is_words(tex):
        return False
    return _leave_formula(state, silent, tex, end + 2)


def is_words(tex: str) -> bool:
    """Whether what stands between escaped brackets is no formula."""
    return _SIGNS.isdisjoint(tex) and bool(_WORDS.fullmatch(tex.strip()))


@lru_cache(maxsize=8)
def _last(mark: str, text: str) -> int:
    return text.rfind(mark)


def _leave_formula(state: StateInline, silent: bool, tex: str, end: int) -> bool:
    if not silent:
        state.push("html_inline", "", 0).content = f'<span class="math">{escape(tex.strip())}</span>'
    state.pos = end
    return True


def role(state: StateInline, silent: bool) -> bool:
    """{name}`text <target>` of MyST and :name:`text` of Sphinx leave their text; mere pointers leave nothing."""
    if state.src[state.pos] not in "{:":
        return False
    found = _ROLE.match(state.src, state.pos)
    if not found:
        return False
    name = (found[1] or found[2]).lower()
    if not silent:
        named = _NAMED_TARGET.fullmatch(found[4])
        if name in ("math", "eval"):
            _leave_formula(state, silent, found[4], found.end())
        elif named or not _POINTERS.fullmatch(name):
            state.pending += (named[1] if named else found[4].lstrip("~!")).replace("\n", " ")
    state.pos = found.end()
    return True


def expression(state: StateInline, silent: bool) -> bool:
    """{an expression}: nothing to read, but for the words of a string."""
    if state.src[state.pos] != "{" or (end := braces(state.src).get(state.pos, -1)) < 0:
        return False
    written = _STRING.fullmatch(state.src[state.pos + 1 : end].strip())
    if not silent and written:
        state.pending += written[2]
    state.pos = end + 1
    return True


def note(state: StateInline, silent: bool) -> bool:
    """^[A note of Pandoc's, within the text.]"""
    if not state.src.startswith("^[", state.pos):
        return False
    end = state.md.helpers.parseLinkLabel(state, state.pos + 1)
    if end < 0:
        return False
    if not silent:
        state.push("html_inline", "", 0).content = '<span class="footnote">'
        _read_within(state, state.src[state.pos + 2 : end])
        state.push("html_inline", "", 0).content = "</span>"
    state.pos = end + 1
    return True


def raised(state: StateInline, silent: bool) -> bool:
    """H~2~O and m^2^ of Pandoc."""
    element, pattern = _RAISED.get(state.src[state.pos], ("", ""))
    found = re.compile(pattern).match(state.src, state.pos) if element else None
    if not found:
        return False
    if not silent:
        state.push("html_inline", "", 0).content = f"<{element}>{escape(found[1])}</{element}>"
    state.pos = found.end()
    return True


def tag(state: StateInline, silent: bool) -> bool:
    """A tag, a comment or an element whose content is not for reading; <words> that look like a tag stay."""
    if state.src[state.pos] != "<":
        return False
    if state.src.startswith(("<!", "<?"), state.pos):
        end = state.src.find("-->" if state.src.startswith("<!--", state.pos) else ">", state.pos)
        # A comment that never ends takes only its mark with it.
        state.pos = end + (3 if state.src.startswith("-->", end) else 1) if end >= 0 else state.pos + 2
        while end < 0 and state.src.startswith("-", state.pos):
            state.pos += 1
        return True
    found = tag_at(state.src, state.pos)
    if not found or placeholder(found, state.env):
        return False
    end, shown = found.end, found.html()
    if found.name in RAW:
        whole = element_end(state.src, found)
        shown = state.src[state.pos : whole] if shown and whole > 0 else ""
        end = max(whole, end)
    if not silent:
        token = state.push("html_inline", "", 0)
        token.content = shown
        token.meta = {"block": found.block and bool(shown)}
    state.pos = end
    return True


def placeholder(tag: Tag, env: MutableMapping[str, Any]) -> bool:
    """Whether a tag is a word for a reader to replace, as in <username>: no element has its name, nothing closes it."""
    if not tag.name or tag.name in INLINE | BLOCKS | RAW or tag.text[1:-1].lower() != tag.name.lower():
        return False
    return tag.name.lower() not in closed_names(env.get("source", ""))


def _rule(marks: dict[str, tuple[str, ...]]) -> Callable[[StateInline, bool], bool]:
    patterns: Patterns = {mark: tuple(re.compile(p, re.DOTALL) for p in written) for mark, written in marks.items()}

    def rule(state: StateInline, silent: bool) -> bool:
        for pattern in patterns.get(state.src[state.pos], ()):
            found = pattern.match(state.src, state.pos)
            if found:
                if not silent and found.lastindex:
                    _read_within(state, found[found.lastindex])
                state.pos = found.end()
                return True
        return False

    return rule


def _read_within(state: StateInline, text: str) -> None:
    """Read `text` as Markdown in the place of the mark around it."""
    if state.pending:
        state.pushPending()
    if state.env.get("within", 0) > 10:
        state.pending += text
        return
    state.env["within"] = state.env.get("within", 0) + 1
    tokens: list[Token] = []
    state.md.inline.parse(text, state.md, state.env, tokens)
    state.env["within"] -= 1
    state.tokens.extend(tokens)
    state.tokens_meta.extend(None for _ in tokens)
