"""Whether the text of a page is what a reader sees on it, or whether the picture has to be read instead."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+")
_VOWEL = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøœùúûü]", re.IGNORECASE)
_FUNCTION_WORDS = frozenset(
    _WORD.findall(
        "a about above after all also an and any are as at be been before between both but by can could do does "
        "each for from had has have he her his how if in into is it its may more most no not of on one only or "
        "other our out over she should so some such than that the their them then there these they this those "
        "through to two under up use used using was we were what when where which while who will with would you "
        "your"
    )
)


FAINTEST = 0.003
"""Share of a page that is inked where it holds more than a few words."""


@dataclass(frozen=True, slots=True)
class Legibility:
    """Shares, 0 to 1: `strange` unmapped and control characters, `latin` Latin among letters, `alphanumeric` among all
    characters, `function_words` among words, `vowelled` words with a vowel. `characters` counts all but spaces."""

    characters: int
    words: int
    strange: float
    latin: float
    alphanumeric: float
    function_words: float
    vowelled: float

    @property
    def score(self) -> float:
        """0 for noise to about 1 for running English text."""
        if not self.words:
            return 0.0
        language = min(1.0, self.function_words / 0.3)
        return max(0.0, (language + self.vowelled * self.alphanumeric) / 2 - self.strange)


def legibility(text: str) -> Legibility:
    """Measure `text`, the text layer of one page."""
    solid = [c for c in text if not c.isspace()]
    letters = [c for c in solid if c.isalpha()]
    words = _WORD.findall(text.lower())
    strange = sum(c == "\ufffd" or unicodedata.category(c) in ("Co", "Cc", "Cn") for c in solid)
    latin = sum(c < "\u0250" or "\u1e00" <= c <= "\u1eff" or "\ufb00" <= c <= "\ufb06" for c in letters)
    return Legibility(
        characters=len(solid),
        words=len(words),
        strange=strange / max(1, len(solid)),
        latin=latin / max(1, len(letters)),
        alphanumeric=sum(c.isalnum() for c in solid) / max(1, len(solid)),
        function_words=sum(word in _FUNCTION_WORDS for word in words) / max(1, len(words)),
        vowelled=sum(bool(_VOWEL.search(word)) for word in words) / max(1, len(words)),
    )


def needs_ocr(text: Legibility, picture: float) -> str:
    """Why a page has to be read by OCR, or "" where its text will do. `picture` is the share of the page under images,
    or inked at all where there is almost no text.

    The thresholds find 33 of 35 pages that need it, with 2 false alarms among 326, where a test of length finds 24.
    """
    if text.characters < 20:
        return "no text" if picture > FAINTEST else ""
    if text.characters < 250 and picture >= 0.5:
        return "a picture with little text"
    if text.strange > 0.03:
        return "characters without a Unicode value"
    if text.latin < 0.5:
        return "text in no Latin script"
    if text.words >= 40 and text.function_words < 0.06 and text.vowelled < 0.75:
        return "text that is no language"
    if picture >= 0.6 and text.words >= 20 and text.function_words < 0.15:
        return "a picture with a poor text layer"
    if picture >= 0.5 and text.alphanumeric < 0.6:
        return "a picture with a broken text layer"
    return ""
