"""Simple TeX formulas as a reader would type them."""

from __future__ import annotations

import re
import unicodedata

_SYMBOLS = {
    "lambda": "λ", "Lambda": "Λ", "varepsilon": "ε", "varphi": "φ", "times": "×", "cdot": "·", "leq": "≤", "le": "≤",
    "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "in": "∈", "approx": "≈", "sim": "∼", "to": "→", "rightarrow": "→",
    "infty": "∞", "pm": "±", "ldots": "…", "dots": "…", "cdots": "⋯", "sum": "∑", "prod": "∏", "partial": "∂",
    "nabla": "∇", "ell": "ℓ", "mid": "|", "quad": " ", "left": "", "right": "", "big": "", "Big": "", "top": "⊤",
}  # fmt: skip
_FUNCTIONS = frozenset(("log", "ln", "exp", "min", "max", "argmin", "argmax", "sin", "cos", "tanh", "det", "dim", "Pr"))
_PLAIN = re.compile(r"\\(?:text|textrm|mathrm|mathbf|mathit|mathcal|mathbb|boldsymbol|operatorname)\{([^{}\\]*)\}")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_SPACE = re.compile(r"\\[,;:! ]|~")
_ESCAPED = re.compile(r"\\([%$&#_{}])")
_SINGLE = re.compile(r"([_^])\{(\w)\}")


def readable(tex: str) -> str:
    """`tex` with symbols for its commands, or as it is where it holds more than symbols can say, such as fractions."""
    text = _SINGLE.sub(r"\1\2", _PLAIN.sub(r"\1", _SPACE.sub(" ", tex)))
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
