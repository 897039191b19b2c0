"""Characters as a reader means them: ligatures, accents, spaces, and the hyphens at line ends."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ"
RAISED = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
LOWERED = str.maketrans(SUPERSCRIPTS, "0123456789+-=()ni")

# NFKC would make "M2" of "M²" and "H2O" of "H₂O".
_COMPATIBLE = re.compile(r"[^⁰-₟²³¹]+")
_SPACING_ACCENTS = {
    "`": "\u0300", "´": "\u0301", "ˆ": "\u0302", "˜": "\u0303", "¯": "\u0304", "˘": "\u0306", "˙": "\u0307",
    "¨": "\u0308", "˚": "\u030a", "˝": "\u030b", "ˇ": "\u030c", "¸": "\u0327", "˛": "\u0328",
}  # fmt: skip
# TeX sets the accent as a glyph of its own before (or over) its letter; a backquote alone is a quote.
_ACCENTED = re.compile(r"([´ˆ˜¯˘˙¨˚˝ˇ¸˛]) ?([A-Za-zıȷ])")
_DOTLESS = str.maketrans("ıȷ", "ij")
_PLAIN = {
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff\ufffe\uffff"), None),
    ord("ʼ"): "’",
    ord("‐"): "-",
    ord("‑"): "-",
    ord("\u2028"): " ",
    ord("\u2029"): " ",
}
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\U000f0000-\U0010ffff]")
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LINE_END_HYPHEN = re.compile(r"([^\W\d_]+)-$")
_LINE_START_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def clean(text: str) -> str:
    """`text` with composed accents, no ligatures, no invisible characters, and single spaces.

    Superscripts and subscripts stay what they are. Idempotent.
    """
    if text.isascii() and text.isprintable():
        return _SPACES.sub(" ", text).strip()
    text = text.translate(_PLAIN)
    text = _ACCENTED.sub(lambda m: m[2].translate(_DOTLESS) + _SPACING_ACCENTS[m[1]], text)
    text = _COMPATIBLE.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text).translate(_PLAIN)
    return _SPACES.sub(" ", _UNSEEN.sub("", text)).strip()


def vocabulary(lines: Iterable[str]) -> Counter[str]:
    """How often each word stands in `lines`, lower-cased, words broken at a line end left out."""
    words: Counter[str] = Counter()
    broken = False
    for line in lines:
        found = _WORD.findall(line.lower())
        if found and broken:
            found = found[1:]
        broken = line.endswith("-")
        words.update(found[:-1] if broken else found)
    return words


def joint(before: str, after: str, words: Counter[str]) -> tuple[str, str]:
    """How line `before` runs on into line `after`: what to keep of `before`, and what to put between them.

    A hyphen at the line end stays if the document writes the compound with one elsewhere; where it writes the word
    nowhere else, the hyphen stays between two English words that do not make one together, and otherwise it was the
    typesetter's.
    """
    broken = _LINE_END_HYPHEN.search(before)
    if not broken:
        return before, "" if before.endswith(("—", "–", "/")) else " "
    following = _LINE_START_WORD.match(after)
    if not following or not following[0][0].islower():
        return before, ""
    head = _WORD.findall(before[:-1].lower())[-1]
    first, rest = head.rsplit("-", 1)[-1], following[0].lower()
    next_part = rest.split("-", 1)[0]
    together = words[head + rest] + words[first + next_part]
    apart = words[f"{head}-{rest}"] + words[f"{first}-{next_part}"]
    if together != apart:
        keep = apart > together
    elif first != head or first == "self":
        keep = True
    else:
        known = _english()
        name = broken[1][0].isupper()
        keep = not name and first + next_part not in known and first in known and next_part in known
    return (before, "") if keep else (before[:-1], "")


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    from spellchecker import SpellChecker

    return frozenset(SpellChecker(language="en", distance=1).word_frequency.words())
