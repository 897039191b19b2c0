"""Characters as a reader means them: ligatures, accents, spaces, superscripts and subscripts."""

from __future__ import annotations

import re
from unicodedata import is_normalized, normalize

from extractors.hyphens import is_english
from extractors.pages.glyphs import ODD, UNKNOWN, legible

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ"
RAISED = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
LOWERED = str.maketrans(SUPERSCRIPTS, "0123456789+-=()ni")
_RAISABLE = frozenset("0123456789+-−=()ni,")
_RAISED_LETTERS = str.maketrans(
    "abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡ"
)
_SUNK = str.maketrans("0123456789+-−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ")

# NFKC would make "M2" of "M²" and "H2O" of "H₂O", and part a lone accent from its letter.
_COMPATIBLE = re.compile(r"[^⁰-₟²³¹ᴬ-ᵪᶜᶠᶻᶿⱼⱽʰʲʳʷʸˡˢˣ´¨¯¸˘˙˚˛˜˝]+")
_SPACING_ACCENTS = {
    "`": "\u0300", "´": "\u0301", "ˆ": "\u0302", "˜": "\u0303", "¯": "\u0304", "˘": "\u0306", "˙": "\u0307",
    "¨": "\u0308", "˚": "\u030a", "˝": "\u030b", "ˇ": "\u030c", "¸": "\u0327", "˛": "\u0328",
}  # fmt: skip
# TeX sets the accent as a glyph of its own before (or over) its letter; a backquote alone is a quote.
_ACCENTED = re.compile(r"(?<!/)([´ˆ˜¯˘˙¨˚˝ˇ¸˛]) ?([A-Za-zıȷα-ωϑϕϖϱϵ])(?![\u0300-\u036f])")
# What hangs below a letter comes after it.
_HANGING = re.compile(r"([CcSsTt]¸|[AaEeIiUu]˛)")
_OVER_SYMBOLS = frozenset("ˆ˜¯˙¨")
_DOTLESS = str.maketrans("ıȷ", "ij")
_PLAIN = {
    **dict.fromkeys((*range(9), *range(0x0E, 0x1C), *range(0x7F, 0xA0))),
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff\ufffe\uffff"), None),
    **dict.fromkeys((0x0B, 0x0C), " "),
    ord("ʼ"): "’",
    ord("‐"): "-",
    ord("‑"): "-",
    ord("\u2028"): " ",
    ord("\u2029"): " ",
}
_LOST_LIGATURE = re.compile(rf"([^\W\d_]*){UNKNOWN}([^\W\d_]{{2,}})")
_WORD = re.compile(r"[^\W\d_]{3}")
_STRAY = re.compile(rf"[{ODD.pattern[1:-1]}\u02bc\u02c6-\u02dd\u200b-\u200d\u2010\u2011\u2060\ufeff]")


def clean(text: str) -> str:
    """`text` with composed accents, no ligatures, no invisible characters, and single spaces.

    Superscripts and subscripts stay what they are; private characters of unknown meaning become U+FFFD. Idempotent.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    if not is_normalized("NFKC", text) or _STRAY.search(text):
        text = legible(text.translate(_PLAIN), "")
        text = _COMPATIBLE.sub(lambda m: normalize("NFKC", m[0]), text).translate(_PLAIN)
        if UNKNOWN in text:
            text = _LOST_LIGATURE.sub(_with_ligature, text)
        text = _HANGING.sub(lambda m: normalize("NFC", m[0][0] + _SPACING_ACCENTS[m[0][1]]), " ".join(text.split()))
        text = _ACCENTED.sub(_accented, text)
    return " ".join(text.split())


def raised(text: str, *, mathematical: bool) -> str:
    """A superscript in Unicode; its letters only in mathematics, and where all of them can be raised."""
    if _RAISABLE.issuperset(text.strip()):
        return text.translate(RAISED)
    if not mathematical or not _is_script(text, _RAISED_LETTERS):
        return text
    return text.translate(RAISED).translate(_RAISED_LETTERS)


def lowered(text: str) -> str:
    """A subscript in Unicode, where all its letters can be lowered."""
    return text.translate(_SUNK) if _is_script(text, _SUNK) else text


def _is_script(text: str, letters: dict[int, int]) -> bool:
    """Whether `text` can stand in `letters` and still be read: words cannot."""
    whole = all(ord(c) in letters for c in text if c.isalpha()) and text.count("(") == text.count(")")
    return whole and not _WORD.search(text)


def _accented(match: re.Match[str]) -> str:
    accent, letter = match[1], match[2].translate(_DOTLESS)
    composed = normalize("NFC", letter + _SPACING_ACCENTS[accent])
    if len(composed) == 1 or accent in _OVER_SYMBOLS:
        return composed
    return f"’{letter}" if accent == "´" else match[0]


def _with_ligature(match: re.Match[str]) -> str:
    """The word with the ligature that alone makes it English."""
    words = [f"{match[1]}{ligature}{match[2]}" for ligature in ("fi", "fl", "ff", "ffi", "ffl")]
    english = [word for word in words if is_english(word)]
    return english[0] if len(english) == 1 else match[0]
