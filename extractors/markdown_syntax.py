"""What documents in Markdown hold beyond the syntax that python-markdown knows, as an extension of it: HTML and JSX
around Markdown, directives, roles, alerts, and lists and tables that follow a paragraph without a blank line."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor

_INLINE_TAG = re.compile(
    "a|abbr|b|bdi|bdo|big|br|cite|code|data|del|dfn|em|font|i|img|input|ins|kbd|label|mark|q|s|samp|small|span|strike|"
    "strong|sub|sup|time|tt|u|var|wbr"
)
_ATTRIBUTES = (
    r"""(?:\s+(?:[^\s=<>/"'{}]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|[^\s<>"'{}]+))?"""
    r"""|\{[^{}]*\}))*"""
)
_MARKUP = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<comment><!--.*?(?:-->|\Z)|\{/\*.*?\*/\})"
    r"|(?P<dropped><(?P<name>script|style|iframe|svg|video|audio|object|noscript)\b.*?(?:</(?P=name)\s*>|\Z))"
    r"|(?P<kept><(?P<block>table|pre)\b.*?</(?P=block)\s*>)"
    rf"|(?P<tag></?(?P<element>[A-Za-z][\w.:-]*){_ATTRIBUTES}\s*/?>|</?>)",
    re.DOTALL | re.IGNORECASE,
)
_ITEM = re.compile(r"( *)([-*+]|\d{1,9}[.)])( +)(?=\S)")
_DIRECTIVES = re.compile(
    r"note|warning|tip|important|admonition|hint|caution|danger|seealso|attention|error|info|topic",
)
_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})\s*(\S*)")
_COLONS = re.compile(r" {0,8}:{3,}.*")
_OPTION = re.compile(r"\s*:[\w-]+:(\s.*)?")
_TEMPLATE = re.compile(r"\{[%#:/@].*?\}(?=\s|$)|\{%.*?%\}|\{\{.*?\}\}")
_MODULE = re.compile(
    r"^(?:import\s+(?:[\w*{}\s,$]+\sfrom\s+)?(?P<quote>['\"])[^'\"\n]*(?P=quote);?"
    r"|export\s+(?:const|default|let|function)\b.*)[ \t]*$",
    re.MULTILINE,
)
_LONE_ROLE = re.compile(r"\s*:[a-z_]+:(`[^`]*`)?\s*")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)+\|?\s*")


class DirectiveFences(Preprocessor):
    """Fences such as ```{note} hold prose, not code; one that is never closed ends at the next blank line."""

    def run(self, lines: list[str]) -> list[str]:
        out: list[str] = []
        fence, opened, prose = "", 0, False
        for line in lines:
            found = _FENCE.match(line)
            if not fence and found:
                fence, opened = found[2], len(out)
                prose = bool(found[3].startswith("{") and _DIRECTIVES.match(found[3].strip("{}")))
                out.append("" if prose else line)
            elif fence and found and found[2].startswith(fence) and not found[3]:
                out.append("" if prose else line)
                fence = ""
            else:
                out.append("" if prose and _OPTION.fullmatch(line) else line)
        if fence and not prose:
            end = next((i for i in range(opened, len(out)) if not out[i].strip()), len(out))
            out.insert(end, fence)
        return out


class Markup(Preprocessor):
    """Tags of blocks and components go, what they hold stays and is read as Markdown; comments and scripts go."""

    def __init__(self, md: Markdown, modules: bool) -> None:
        super().__init__(md)
        self.modules = modules

    def run(self, lines: list[str]) -> list[str]:
        text = "\n".join("" if _COLONS.fullmatch(line) or _LONE_ROLE.fullmatch(line) else line for line in lines)
        if self.modules:
            text = _MODULE.sub("", text)
        text = _MARKUP.sub(self._replacement, text)
        return _TEMPLATE.sub("", text).split("\n")

    @staticmethod
    def _replacement(found: re.Match[str]) -> str:
        if found["code"]:
            return found[0]
        if found["comment"] is not None or found["dropped"]:
            return ""
        if found["kept"]:
            return f"\n\n{found[0]}\n\n"
        name = (found["element"] or "").lower()
        if _INLINE_TAG.fullmatch(found["element"] or ""):
            return found[0]
        line = found.string[found.string.rfind("\n", 0, found.start()) + 1 : found.start()]
        if line.lstrip().startswith("|"):
            return ""
        closing = found[0].startswith("</")
        if re.fullmatch(r"h[1-6]", name):
            return "\n\n" if closing else f"\n\n{'#' * int(name[1])} "
        if name == "li":
            return "\n" if closing else "\n- "
        return "\n\n"


class Spacing(Preprocessor):
    """Blank lines before lists, tables, headings and quotes, and four spaces a level in lists, as python-markdown
    wants them and other readers do not."""

    def run(self, lines: list[str]) -> list[str]:
        out: list[str] = []
        levels: list[int] = []
        for raw in lines:
            line = raw.expandtabs(4)
            if not line.strip():
                out.append("")
                continue
            indent = len(line) - len(line.lstrip())
            item = _ITEM.match(line)
            blank = not out or not out[-1]
            if not item and indent == 0 and blank:
                levels = []
            while levels and indent < levels[-1] and (item or blank):
                levels.pop()
            if item and (levels or indent < 4):
                if not levels and not blank and not _ITEM.match(out[-1]) and (item[2] in "-*+" or item[2][:-1] == "1"):
                    out.append("")
                out.append("    " * len(levels) + line.lstrip())
                levels.append(item.end() if len(item[3]) < 5 else item.end(2) + 1)
                continue
            if levels and blank:
                line = "    " * len(levels) + line[levels[-1] :]
            elif not levels and not blank and _opens(line) and not _opens(out[-1]):
                out.append("")
            elif _TABLE_RULE.fullmatch(line) and not blank and "|" in out[-1] and len(out) > 1 and out[-2]:
                out.insert(-1, "")
            out.append(line)
        return out


def _opens(line: str) -> bool:
    return line.startswith(("|", "#", ">"))


class Role(InlineProcessor):
    """Roles such as {ref}`text <target>` leave their text, those such as :cite:`key` nothing."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override]
        element = Element("span")
        if m[0].startswith("{"):
            element.text = re.sub(r"\s*<[^>]*>", "", m[1])
        return element, m.start(0), m.end(0)


class Alert(InlineProcessor):
    """The mark of a GitHub alert, > [!NOTE], says nothing to a reader."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override]
        return Element("span"), m.start(0), m.end(0)


class Syntax(Extension):
    """`modules`: whether import and export lines are MDX's."""

    def __init__(self, modules: bool) -> None:
        super().__init__()
        self.modules = modules

    def extendMarkdown(self, md: Markdown) -> None:
        md.preprocessors.register(DirectiveFences(md), "directives", 29)
        # Fenced code is set aside at priority 25, raw HTML at 20.
        md.preprocessors.register(Markup(md, self.modules), "markup", 23)
        md.preprocessors.register(Spacing(md), "spacing", 21)
        md.inlinePatterns.register(Role(r"\{[\w:-]+\}`([^`]*)`", md), "role", 196)
        md.inlinePatterns.register(Role(r":[a-z_]+:`([^`]*)`", md), "directive", 195)
        md.inlinePatterns.register(Alert(r"\[!\w+\]", md), "alert", 194)
