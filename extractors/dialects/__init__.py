"""What the dialects of Markdown write beyond CommonMark, as rules of markdown-it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Any

from markdown_it import MarkdownIt, rules_block
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin

from extractors.dialects.blocks import formula, note, table, unspaced_heading
from extractors.dialects.components import expression, html, imported, module, outdent, paragraph
from extractors.dialects.directives import fence, indented, listing, skipped
from extractors.dialects.inline import inline_rules
from extractors.dialects.lines import BOUNDARY

Rule = Callable[[StateBlock, int, int, bool], bool]

DEEPEST = 40
"""Levels of quotes, lists and containers within each other that are read as such."""

_INTERRUPTS = ["paragraph", "reference", "blockquote", "list"]
_CALLOUT = re.compile(r"\[!\w[\w -]*\][+-]?[ \t]*([^\n]*)(?:\n|\Z)")
_TASK = re.compile(r"\[[ xX]\][ \t]+")
_HEADING_END = re.compile(r"(?<=\S)\s?(?:\[\[[^\]]*\]\]|\{[:#.][^{}]*\})\s?#*$")
_UNFLANKED = re.compile(r"\*\*(?=\S)([^*\n]+)(?<=\S)\*\*")


def parser(modules: bool) -> MarkdownIt:
    """CommonMark with all of it; `modules`: whether import and export lines and {expressions} are MDX's."""
    md = MarkdownIt("commonmark", {"maxNesting": DEEPEST + 10}).enable(["table", "strikethrough"])
    md.use(deflist_plugin)
    block = md.block.ruler
    block.at("blockquote", _shallow(rules_block.blockquote), {"alt": _INTERRUPTS})
    block.at("list", _shallow(rules_block.list_block), {"alt": _INTERRUPTS[:3]})
    block.before("table", "outdent", outdent)
    block.at("fence", fence, {"alt": _INTERRUPTS})
    for rule in (formula, _shallow(indented), skipped, listing, _shallow(note), html, unspaced_heading):
        block.before("fence", rule.__name__, rule, {"alt": _INTERRUPTS})
    if modules:
        block.before("fence", "expression", expression, {"alt": _INTERRUPTS})
    block.before("fence", "module", module if modules else imported)
    block.disable("html_block")
    block.at("table", table, {"alt": ["paragraph", "reference"]})
    block.at("paragraph", paragraph)
    md.core.ruler.before("inline", "lead", lead)
    md.core.ruler.after("inline", "unwrap", unwrap)
    md.add_render_rule("fence", _code)
    md.add_render_rule("formula", _formula)
    inline_rules(md, expressions=modules)
    return md


def _shallow(rule: Rule) -> Rule:
    """`rule`, but not below a depth at which no one writes: what stands there is read as a paragraph."""

    def limited(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return state.level < DEEPEST and rule(state, start, end, silent)

    limited.__name__ = rule.__name__
    return limited


def lead(state: StateCore) -> None:
    """Marks at the start of a block: a callout's title is a paragraph of its own, a task's box says nothing, and an
    anchor at the end of a heading neither."""
    for before, token in zip(state.tokens, state.tokens[1:], strict=False):
        if token.type != "inline":
            continue
        if before.type == "heading_open":
            token.content = _HEADING_END.sub("", token.content)
        elif found := _CALLOUT.match(token.content):
            title, rest = found[1].strip(), token.content[found.end() :]
            token.content = f"{title}\n<hr>\n{rest}" if title and rest else title or rest
        else:
            token.content = _TASK.sub("", token.content, count=1) if _TASK.match(token.content) else token.content


def unwrap(state: StateCore) -> None:
    """A paragraph that holds tags of blocks is none: they would close it. Stars that CommonMark does not take for
    emphasis, as around quotes before a letter, go as well."""
    for i, token in enumerate(state.tokens):
        for child in token.children or []:
            if child.type == "text":
                child.content = _UNFLANKED.sub(r"\1", child.content)
        if token.type == "inline" and any(child.meta.get("block") for child in token.children or []):
            boundary = Token("html_inline", "", 0, content=BOUNDARY)
            token.children = [boundary, *(token.children or []), boundary]
            for other in (state.tokens[i - 1], state.tokens[i + 1]):
                if other.type.startswith("paragraph_"):
                    other.hidden = True


def _code(self: RendererHTML, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    return f"<pre>\n{escape(tokens[index].content)}</pre>\n"


def _formula(self: RendererHTML, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    return f'<div class="math">{escape(tokens[index].content)}</div>\n'
