"""Formulas in TeX: where a page keeps them, and simple ones as a reader would type them."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import Tag

_SYMBOLS = {
    "lambda": "λ", "Lambda": "Λ", "varepsilon": "ε", "varphi": "φ", "times": "×", "cdot": "·", "leq": "≤", "le": "≤",
    "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "in": "∈", "approx": "≈", "sim": "∼", "to": "→", "rightarrow": "→",
    "infty": "∞", "pm": "±", "ldots": "…", "dots": "…", "cdots": "⋯", "sum": "∑", "prod": "∏", "partial": "∂",
    "nabla": "∇", "ell": "ℓ", "mid": "|", "quad": " ", "left": "", "right": "", "big": "", "Big": "", "top": "⊤",
}  # fmt: skip
_FUNCTIONS = frozenset(("log", "ln", "exp", "min", "max", "argmin", "argmax", "sin", "cos", "tanh", "det", "dim", "Pr"))
_PLAIN = re.compile(r"\\(?:text|textrm|mathrm|mathbf|mathit|mathcal|mathbb|boldsymbol|operatorname)\{([^{}\\]*)\}")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_BARS = re.compile(r"\\\|")
_SPACE = re.compile(r"\\[,;:! ]|~")
_ESCAPED = re.compile(r"\\([%$&#_{}])")
_SINGLE = re.compile(r"([_^])\{(\w)\}")


def readable(tex: str) -> str:
    """`tex` with symbols for its commands, or as it is where it holds more than symbols can say, such as fractions."""
    text = _SINGLE.sub(r"\1\2", _PLAIN.sub(r"\1", _SPACE.sub(" ", _BARS.sub("‖", tex))))
    text = _COMMAND.sub(_symbol, text)
    text = _ESCAPED.sub(r"\1", text)
    return tex if "\\" in text else " ".join(text.split())


def _symbol(command: re.Match[str]) -> str:
    name = command[1]
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    if name in _FUNCTIONS:
        return f"{name} "
    try:
        return unicodedata.lookup(f"GREEK {'CAPITAL' if name[0].isupper() else 'SMALL'} LETTER {name.upper()}")
    except KeyError:
        return command[0]


def tex_of(formula: Tag) -> str:
    """The TeX of a formula in a page, without its delimiters: the annotation of MathML, as KaTeX and LaTeXML leave it,
    or the words themselves."""
    annotation = formula.find("annotation", encoding="application/x-tex")
    tex = str(formula.get("alttext") or "") or (annotation or formula).get_text()
    tex = tex.strip()
    for opening, closing in (("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$"), ("$", "$")):
        if tex.startswith(opening) and tex.endswith(closing) and len(tex) >= len(opening + closing):
            return tex[len(opening) : -len(closing)].strip()
    return tex.removeprefix("\\displaystyle").strip()
