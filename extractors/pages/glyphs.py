"""What the glyphs of a font mean where the file gives them no Unicode value, or a private one."""

from __future__ import annotations

import re

UNKNOWN = "\ufffd"

MATHEMATICAL = re.compile(
    r"cm(mi|sy|ex|bsy|mib)|ms[ab]m|tx(mi|sy|ex|b)|px(mi|sy|ex)|mt(mi|sy|ex)|math|symbol|rsfs|eu[fs]m|stmary|esint|"
    r"euex|line10|lcircle",
    re.IGNORECASE,
)
EXTENSION = re.compile(r"(cm|tx|px|mt|eu)ex|lmmathextension", re.IGNORECASE)
"""TeX's fonts of large operators and delimiters, whose glyphs have names that only TeX knows."""

ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\ue000-\uf8ff\ufff0-\uffff\U000f0000-\U0010ffff]")
"""Characters that no font draws as they are."""

# The Symbol font from 0x20 and from 0xA1, after Adobe's encoding; applications add 0xF000 to its codes.
_SYMBOL: dict[int, str] = dict(
    zip(
        (*range(0x20, 0x7F), *range(0xA1, 0xF0), *range(0xF1, 0xFF)),
        " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"
        "ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊⟨®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪"
        "⟩∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
        strict=True,
    )
)
_UNNAMED: dict[int, str] = _SYMBOL | {0xA0: " ", 0xA7: "▪", 0xD8: "➢", 0xFC: "✓"}
_WINGDINGS: dict[int, str] = {
    0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "❑", 0x75: "◆", 0x76: "❖", 0x9F: "•", 0xA7: "▪", 0xA8: "◻", 0xD8: "➢",
    0xDF: "←", 0xE0: "→", 0xE8: "➔", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
# Zapf Dingbats names its glyphs a1 to a206, and MuPDF takes the number for the character.
_DINGBATS: dict[int, str] = {
    0x13: "✓", 0x14: "✔", 0x15: "✕", 0x16: "✖", 0x17: "✗", 0x18: "✘",
    **{0x78 + n: chr(0x2460 + n) for n in range(10)},
    **{0x82 + n: chr(0x2776 + n) for n in range(10)},
}  # fmt: skip
# Adobe's corporate use area: pieces of delimiters, ligatures, old-style figures, small capitals.
_PRIVATE: dict[int, str] = {
    **{0xF8E5 + n: c for n, c in enumerate("‾⏐⎯®©™⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪⎮⎞⎟⎠⎤⎥⎦⎫⎬⎭")},
    **{0xF730 + n: str(n) for n in range(10)},
    **{0xF761 + n: chr(0x41 + n) for n in range(26)},
    0xF001: "fi", 0xF002: "fl", 0xF6BE: "j",
}  # fmt: skip
# TeX's bitmap fonts name their glyphs by their codes: OT1 has its ligatures from 0x0B, T1 from 0x1B. Between the two
# the dashes and quotes of T1 are commoner in papers than the letters that OT1 has there.
_LIGATURES: dict[int, str] = dict(
    zip((*range(0x0B, 0x10), *range(0x1B, 0x20)), ("ff", "fi", "fl", "ffi", "ffl") * 2, strict=True)
)
_TEX: dict[int, str] = {
    0x10: "“", 0x11: "”", 0x12: "`", 0x13: "´", 0x14: "ˇ", 0x15: "–", 0x16: "—", 0x17: "˚", 0x18: "¸", 0x19: "ß",
    0x88: "•",
}  # fmt: skip

# The extension fonts from 0x00 to 0x7F, after the OMX encoding of TeX.
_OMX = (
    "()[]⌊⌋⌈⌉{}⟨⟩|‖/\\()()[]⌊⌋⌈⌉{}⟨⟩/\\()[]⌊⌋⌈⌉{}⟨⟩/\\/\\⎛⎞⎡⎤⎣⎦⎢⎥⎧⎫⎩⎭⎨⎬⎪⏐⎝⎠⎜⎟⟨⟩⨆⨆∮∮⨀⨀⨁⨁⨂⨂∑∏∫⋃⋂⨄⋀⋁∑∏∫⋃⋂⨄⋀⋁∐∐ˆˆˆ˜˜˜"
    "[]⌊⌋⌈⌉{}√√√√√√√‖↑↓⏞⏞⏟⏟⇑⇓"
)


def legible(text: str, font: str) -> str:
    """`text` of `font` with its private characters as what they stand for, and U+FFFD for those that are not known."""
    return ODD.sub(lambda odd: _meaning(odd[0], font.lower(), text[max(odd.start() - 1, 0) : odd.end() + 1]), text)


def _meaning(character: str, font: str, around: str) -> str:
    code = ord(character)
    if character == "\u00ad":
        return character
    if "dingbat" in font and code in _DINGBATS:
        return _DINGBATS[code]
    if code in _LIGATURES and any(map(str.isalpha, around)):
        return _LIGATURES[code]
    if 0xF020 <= code <= 0xF0FE:
        known = _WINGDINGS if "wing" in font else _SYMBOL if "symbol" in font else _UNNAMED
        return known.get(code - 0xF000, UNKNOWN)
    if code == 0x7F:
        return "¨" if around[-1].isalpha() else "-"
    if character.isspace():
        return " "
    if 0x80 <= code <= 0x9F and code not in _TEX:
        return bytes((code,)).decode("cp1252", errors="replace")
    return _TEX.get(code) or _PRIVATE.get(code, UNKNOWN)


def extension(codes: str) -> str:
    """The operators and delimiters that an extension font of TeX has at `codes`; a bar in pieces is one."""
    known = "".join(_OMX[ord(code)] if ord(code) < len(_OMX) else code for code in codes)
    return re.sub(r"([|‖])\1+", r"\1", known)
