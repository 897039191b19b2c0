"""What a reader must find in the papers of this folder, taken from their LaTeX.

The reader of LaTeX is made for these sources and for no others: it knows the commands that they use. What a class
adds by itself, such as running heads, stands in comments of the main file that begin with `%!`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).parent
SOMETHING = "\x00"
"""Stands for a formula, a citation or a cross-reference: what is printed in its place is not in the source."""

_HEADINGS = {"section": 1, "subsection": 2, "subsubsection": 3, "paragraph": 4}
_HEADING = re.compile(r"\\(section|subsection|subsubsection|paragraph)\*?\{")
_FLOAT = re.compile(r"\\begin\{(teaserfigure|figure\*?|table\*?|algorithm)\}(.*?)\\end\{\1\}", re.DOTALL)
_DISPLAY = re.compile(r"\\begin\{(equation|align)\}(.*?)\\end\{\1\}", re.DOTALL)
_LIST = re.compile(r"\\(?:begin|end)\{(?:itemize|enumerate|description)\}|\\item\b(?:\[([^\]]*)\])?")
_DRAWING = re.compile(r"\\(?:barchart|curve|flowchart)((?:\{[^}]*\})+)")
_APART = re.compile(
    r"\\begin\{(CCSXML|IEEEkeywords|keyword)\}.*?\\end\{\1\}|\\let\\thefootnote\\relax|\\def\\thefootnote\{[^}]*\}+|"
    r"\{\\(?:LARGE|footnotesize|sffamily)[^\n]*\\par\}|\\begin\{center\}.*?\\end\{center\}|\\noindent\\textbf[^\n]*|"
    r"\{\\small\\itshape[^\n]*|\\begin\{tabular\}.*?\\end\{tabular\}",
    re.DOTALL,
)
_WITH_ARGUMENT = (
    "title", "author", "markboth", "institute", "affiliation", "email", "ead", "address", "cortext", "date",
    "marginpar", "footnotetext", "keywords", "ccsdesc", "authornote", "thispagestyle", "vspace", "label",
    "bibliographystyle", "acmConference", "received", "journal",
)  # fmt: skip
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Truth:
    """What stands in a paper, each part in the order of the source. `sentences` are those of the running text and of
    list items, without any that hold a formula, a citation or a cross-reference; `prose` is all running text, captions
    included. Headings have their level from 1; an equation is the words in it."""

    name: str
    title: str
    sentences: tuple[str, ...]
    captions: tuple[str, ...]
    items: tuple[str, ...]
    headings: tuple[tuple[int, str], ...]
    footnotes: tuple[str, ...]
    references: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    equations: tuple[str, ...]
    labels: tuple[str, ...]
    heads: tuple[str, ...]
    furniture: tuple[str, ...]
    prose: str


def truth(name: str) -> Truth:
    """The truth of the paper `name`.tex."""
    source = (HERE / f"{name}.tex").read_text(encoding="utf-8")
    told = re.findall(r"^%! (\w+): (.*)$", source, re.MULTILINE)
    source = re.sub(r"\\input\{(prose/[\w-]+)\}", lambda m: (HERE / f"{m[1]}.tex").read_text(encoding="utf-8"), source)
    source = re.sub(r"(?<!\\)%.*", "", source)
    title = dict(told).get("title") or _plain(_argument(source, source.index("\\title{") + 6)[0])
    text = source.partition("\\begin{document}")[2].partition("\\end{document}")[0]
    text, references = _references(text)
    captions, rows, labels = _floats(text)
    text = _FLOAT.sub("\n\n", text)
    equations = [word for m in _DISPLAY.finditer(text) for word in re.findall(r"\\mathrm\{(\w{3,})\}", m[2])]
    text = _DISPLAY.sub(f" {SOMETHING} ", text)
    for command in _WITH_ARGUMENT:
        text = _without(text, command)[0]
    text = _APART.sub("\n\n", text)
    text, footnotes = _without(text, "footnote")
    headings: list[tuple[int, str]] = []
    while found := _HEADING.search(text):
        content, end = _argument(text, found.end() - 1)
        headings.append((_HEADINGS[found[1]], _plain(content)))
        text = f"{text[: found.start()]}\n\n{text[end:]}"
    items = [_plain(item) for item in _items(text)]
    paragraphs = [_plain(part) for part in re.split(r"\n\s*\n|\x01", _LIST.sub(_item_start, text))]
    sentences = [sentence for paragraph in paragraphs for sentence in _sentences(paragraph)]
    return Truth(
        name=name,
        title=title,
        sentences=tuple(sentences),
        captions=tuple(captions),
        items=tuple(item for item in items if SOMETHING not in item),
        headings=tuple(headings),
        footnotes=tuple(_plain(note) for note in footnotes),
        references=tuple(references),
        rows=tuple(rows),
        equations=tuple(equations),
        labels=tuple(labels),
        heads=tuple(value for key, value in told if key == "running"),
        furniture=tuple(value for key, value in told if key == "furniture"),
        prose=" ".join([*paragraphs, *captions]),
    )


def papers() -> list[str]:
    """The names of all papers."""
    return sorted(file.stem for file in HERE.glob("*.tex") if file.stem != "common")


def _argument(text: str, at: int) -> tuple[str, int]:
    """What stands between the brace at `at` and the one that closes it, and where that ends."""
    depth = 0
    for i in range(at, len(text)):
        if text[i] in "{}" and text[i - 1] != "\\":
            depth += 1 if text[i] == "{" else -1
            if not depth:
                return text[at + 1 : i], i + 1
    raise ValueError(f"a brace is not closed: {text[at : at + 60]!r}")


def _without(text: str, command: str) -> tuple[str, list[str]]:
    """`text` without `command` and its arguments, and the last argument of each."""
    found: list[str] = []
    start = re.compile(rf"\\{command}(?:\[[^\]]*\])?\{{")
    while match := start.search(text):
        content, end = _argument(text, match.end() - 1)
        while text[end : end + 1] == "{":
            content, end = _argument(text, end)
        found.append(content)
        text = text[: match.start()] + text[end:]
    return text, found


def _references(text: str) -> tuple[str, list[str]]:
    found = []
    while (at := text.find("\\work{")) >= 0:
        end = at + len("\\work")
        for _ in range(4):
            content, end = _argument(text, end)
        found.append(_plain(content))
        text = text[:at] + text[end:]
    return re.sub(r"\\begin\{thebibliography\}.*?\\end\{thebibliography\}", "", text, flags=re.DOTALL), found


def _floats(text: str) -> tuple[list[str], list[tuple[str, ...]], list[str]]:
    """Captions, rows of tables, and the labels in drawings."""
    captions, rows, labels = [], [], []
    for _, content in _FLOAT.findall(text):
        captions += [_plain(caption) for caption in _without(content, "caption")[1]]
        for drawing in _DRAWING.findall(content):
            labels += re.findall(r"\{([^}]*)\}", drawing)
        for table in re.findall(r"\\begin\{tabular\}\{[^}]*\}(.*?)\\end\{tabular\}", content, re.DOTALL):
            lines = re.sub(r"\\(?:top|mid|bottom)rule", "", table).split("\\\\")
            rows += [tuple(_plain(cell) for cell in line.split("&")) for line in lines if line.strip()]
    return captions, rows, labels


def _items(text: str) -> list[str]:
    """The text of each list item, up to the next item or the end or start of a list."""
    found = []
    for mark, following in pairwise(_LIST.finditer(text)):
        if mark[0].startswith("\\item"):
            found.append(f"{mark[1] or ''} {text[mark.end() : following.start()]}")
    return found


def _item_start(mark: re.Match[str]) -> str:
    return f"\x01{mark[1] or ''} "


def _plain(text: str) -> str:
    """`text` as it is printed, formulas and citations left out."""
    text = re.sub(r"\$[^$]*\$|~?\\(?:cite|ref)\{[^}]*\}", SOMETHING, text)
    text = re.sub(r"\\(?:begin|end)\{\w+\*?\}(?:\[[^\]]*\])?", " ", text)
    text = re.sub(r"\\(?:emph|text\w\w|textsuperscript|MakeUppercase)\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\\\(?:\[[^\]]*\])?", " ", text)
    text = re.sub(r"\\[a-zA-Z]+\*?", " ", text)
    text = text.replace("---", "—").replace("--", "–").replace("~", " ").replace("``", "“").replace("''", "”")
    return re.sub(r"\s+", " ", re.sub(r"[{}\\]", "", text)).strip()


def _sentences(paragraph: str) -> list[str]:
    return [
        sentence
        for sentence in _SENTENCE_END.split(paragraph)
        if SOMETHING not in sentence and sentence[-1:] in ".!?" and len(sentence.split()) > 4
    ]
