"""Which words a document writes large, so that a phrase can be moved away from the start of a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from augment.language.words import ARTICLES, EPONYMS, OPENERS, QUANTIFIERS, WORD, is_name, is_plural, singular

_RUN = re.compile(r"[A-ZÀ-Ž][\w’'-]*(?: [A-ZÀ-Ž][a-zà-ž’'-]+)*")
_WITHIN = re.compile(r"(?<=[a-z0-9,)] )[A-ZÀ-Ž][\w’'-]*(?: [A-ZÀ-Ž][a-zà-ž’'-]+)*")
_DETERMINERS = ARTICLES | QUANTIFIERS
_COMMON = re.compile(
    r"(?:tions?|sions?|ings?|ity|ities|ments?|ness|ances?|ences?|isms?|cy|cies|ology|ics|ed|ive|ous|ful|less|able|ible"
    r"|ary|al|ally|ised|ized|gression|entropy)$"
)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a document writes its words within sentences: `small` those it writes small, `large` those it only writes
    large, `names` its runs of words written large."""

    small: frozenset[str]
    large: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Spelling:
        small: set[str] = set()
        large: set[str] = set()
        names: set[str] = set()
        for text in texts:
            small.update(word for word in set(WORD.findall(text)) if word[0].islower())
            for run in _WITHIN.finditer(text):
                names.add(run[0])
                if " " not in run[0]:
                    large.add(run[0])
        return cls(frozenset(small), frozenset(w for w in large if w.lower() not in small), frozenset(names))

    def within(self, phrase: str) -> str | None:
        """A phrase that opens a sentence as it is written within one; None where that is not sure."""
        word = phrase.split(maxsplit=1)[0] if phrase.split() else ""
        if not word or not word[0].isupper():
            return phrase or None
        small = word[0].lower() + word[1:] + phrase[len(word) :]
        if word.lower() in _DETERMINERS or word in ("Each", "Every", "Both"):
            return small
        run = _RUN.match(phrase)
        stem = word.split("-")[0]
        if is_name(stem) or {word, stem} & self.large or (run and run[0] in self.names):
            return phrase
        if re.search(r"-[A-Z]", word) or singular(stem).lower() in EPONYMS:
            return phrase
        lower = word.lower()
        known = {lower, singular(lower), lower + "s", stem.lower()}
        common = known & self.small or known & OPENERS or _COMMON.search(stem)
        if run and " " in run[0]:
            return phrase if not common or run[0].count(" ") > 1 else None
        return small if common or "-" in word or is_plural(word) else None
