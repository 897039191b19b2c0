"""Whether the text of a page is what a reader sees on it, or whether the picture has to be read instead."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
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
_USUAL_LETTERS = "etaoinsr"

FAINTEST = 0.003
"""Share of a page that is inked where it holds more than a few words."""
SHORT = 1000
"""Characters that may be no more than what was stamped on a page."""
MUCH_INK = 0.05
"""Share of a page that is inked where it holds far more than 250 characters."""

NO_TEXT = "no text"
LITTLE_TEXT = "a picture with little text"
OTHER_SCRIPT = "text in no Latin script"
SHAPES = "little text, and much that is drawn"
UNREAD = frozenset({NO_TEXT, LITTLE_TEXT, SHAPES})
"""The reasons that doubt whether the text of a page is all that stands on it, not whether it is right."""


@dataclass(frozen=True, slots=True)
class Legibility:
    """What `text` is made of: shares, 0 to 1, of `strange` unmapped and control characters, `latin` letters among
    letters, `alphanumeric` among all characters, `function_words` among words. `characters` counts all but spaces."""

    text: str
    characters: int
    words: int
    strange: float
    latin: float
    alphanumeric: float
    function_words: float

    @property
    def usual(self) -> float:
        """The share that the eight letters most frequent in languages of Latin script have of the letters a to z."""
        lower = self.text.lower()
        basic = sum(map(lower.count, string.ascii_lowercase))
        return sum(map(lower.count, _USUAL_LETTERS)) / max(1, basic)

    @property
    def score(self) -> float:
        """0 for noise to about 1 for running English text."""
        if not self.words:
            return 0.0
        language = min(1.0, self.function_words / 0.3)
        vowelled = sum(bool(_VOWEL.search(word)) for word in _WORD.findall(self.text.lower())) / self.words
        return max(0.0, (language + vowelled * self.alphanumeric) / 2 - self.strange)


def legibility(text: str) -> Legibility:
    """Measure `text`, the text layer of one page."""
    characters = Counter("".join(text.split()))
    words = Counter(_WORD.findall(text.lower()))
    of_words = max(1, words.total())
    solid = max(1, characters.total())
    letters = {c: n for c, n in characters.items() if c.isalpha()}
    latin = sum(n for c, n in letters.items() if c < "\u0250" or "\u1e00" <= c <= "\u1eff" or "\ufb00" <= c <= "\ufb06")
    return Legibility(
        text=text,
        characters=characters.total(),
        words=words.total(),
        strange=sum(n for c, n in characters.items() if _is_strange(c)) / solid,
        latin=latin / sum(letters.values()) if letters else 1.0,
        alphanumeric=sum(n for c, n in characters.items() if c.isalnum()) / solid,
        function_words=sum(words.get(word, 0) for word in _FUNCTION_WORDS) / of_words,
    )


def _is_strange(character: str) -> bool:
    return character == "\ufffd" or (
        not " " <= character <= "~" and unicodedata.category(character) in ("Co", "Cc", "Cn")
    )


def doubt(text: Legibility, picture: float, ink: float = 0.0, hidden: float = 0.0) -> str:
    """Why the text of a page is perhaps not what stands on it, or "". `picture` is the share of the page under
    pictures, `ink` the share that is not white, `hidden` the share of the text that is not to be seen."""
    if text.characters < 20:
        return NO_TEXT if max(picture, ink) > FAINTEST else ""
    if picture >= 0.5 and hidden > 0.5:
        return "a picture with an invisible text layer"
    if (text.characters < 250 and picture >= 0.5) or (text.characters < SHORT and picture >= 0.8):
        return LITTLE_TEXT
    if text.characters < 250 and ink > MUCH_INK:
        return SHAPES
    if text.strange > 0.03:
        return "characters without a Unicode value"
    if text.latin < 0.5:
        return OTHER_SCRIPT
    if text.words >= 40 and text.function_words < 0.06 and text.usual < 0.48:
        return "text that is no language"
    if picture >= 0.6 and text.words >= 20 and text.function_words < 0.15:
        return "a picture with a poor text layer"
    if picture >= 0.5 and text.alphanumeric < 0.6:
        return "a picture with a broken text layer"
    return ""
