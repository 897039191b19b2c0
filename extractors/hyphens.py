"""The hyphens at line ends: which are the writer's, and which the typesetter's."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BEFORE = re.compile(r"[^\W_]+(?:-[^\W_]+)*(?=-$)")
_AFTER = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_DASH = re.compile(r"(?<!\S)-$")
_SUSPENDED = re.compile(r"(?:and|or|nor|to|versus|vs)\b(?!-)|&")

# Counted in 250,000 abstracts, over words that no dictionary has. Three in ten with a hyphen are enough for the first,
# since a line breaks at a hyphen sooner than just behind the prefix of a whole word.
_HYPHENED = frozenset(
    _WORD.findall(
        "all anti best co counter cross electro ever far geo half high ill infra inter intra least long low macro meta "
        "mid mini multi near non off on over photo post pre proto pseudo quasi re self semi short side socio spatio "
        "sub super thermo ultra under vice well"
    )
)
_SOLID = frozenset(
    _WORD.findall(
        "auto back bi bio de dis down ex fore hydro hyper micro mis mono nano neuro poly pro tele trans tri un uni up"
    )
)
_SECOND_PARTS = frozenset(
    _WORD.findall(
        "agnostic aware based bound capable centric complete dependent driven efficient free friendly guided hard "
        "informed invariant level like only oriented related rich scale shot side specific style to type value valued "
        "wide wise world"
    )
)
_ENDINGS = frozenset({"able", "ability", "less"})
_LONG = 7
"""Letters of a word that is not likely to be the end of another."""


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

    `words` is the vocabulary of the document, which knows best how it writes a compound.
    """
    if not before.endswith(("-", "–", "—", "/")):
        return before, " "
    broken = _BEFORE.search(before)
    if not broken:
        return before, " " if _DASH.search(before) else ""
    if _SUSPENDED.match(after):
        return before, " "
    following = _AFTER.match(after)
    if not following or _is_compound(broken[0], following[0], words):
        return before, ""
    return before[:-1], ""


def _is_compound(head: str, tail: str, words: Counter[str]) -> bool:
    """Whether the hyphen between `head` and `tail` stays in the middle of a line as well."""
    first, rest = head.rsplit("-", 1)[-1], tail.split("-", 1)[0]
    letters = _WORD.match(rest)
    if not first.isalpha() or not letters:
        return True
    one, two = first.lower(), letters[0].lower()
    solid, hyphened = _written(one, two, words)
    if head != first:
        hyphened += words[f"{head.lower()}-{two}"]
    if solid != hyphened:
        return hyphened > solid
    if head != first or tail != letters[0] or one == "self":
        return True
    if len(first) == 1 or (first.isupper() and not rest.isupper()) or (rest[0].isupper() and not first.isupper()):
        return True
    known = _english()
    if one != "non":
        if one + two in known or two in _ENDINGS:
            return False
        if two in _SECOND_PARTS and len(one) > 2:
            return True
    if one in _HYPHENED or one in _SOLID:
        solid, hyphened = _habit(one, words)
        return hyphened > solid if hyphened != solid else one in _HYPHENED
    return two in known and (one in known or len(two) >= _LONG)


def _written(one: str, two: str, words: Counter[str]) -> tuple[int, int]:
    """How often the document writes the two as one word, and how often with a hyphen, in the singular or plural."""
    forms = {two, f"{two}s", two.removesuffix("s"), two.removesuffix("es")}
    return sum(words[one + form] for form in forms), sum(words[f"{one}-{form}"] for form in forms)


def _habit(prefix: str, words: Counter[str]) -> tuple[int, int]:
    """How often the document writes words with `prefix` as one, and how often with a hyphen."""
    known = _english()
    begun = [word for word in words if word.startswith(prefix)]
    plain = (word for word in begun if len(word) > len(prefix) + 3 and word[len(prefix) :] in known)
    return (
        sum(words[word] for word in plain if prefix == "non" or word not in known),
        sum(words[word] for word in begun if word[len(prefix) :].startswith("-")),
    )


def is_english(word: str) -> bool:
    """Whether a word list has `word`."""
    return word.lower() in _english()


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    # SpellChecker itself would hold 150 MB for what a set of the words tells.
    listed = files("spellchecker") / "resources" / "en.json.gz"
    return frozenset(json.loads(gzip.decompress(listed.read_bytes())))
