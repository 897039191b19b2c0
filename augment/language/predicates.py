"""What a sentence says of its subject: the verb group between them, and how to ask with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from augment.language.clauses import Clause
from augment.language.phrases import Subject, last_phrase
from augment.language.words import (
    AUXILIARIES,
    DETERMINERS,
    FINITE,
    IRREGULAR,
    PAST,
    PREPOSITIONS,
    VERBS,
    is_participle,
)

_WORD = re.compile(r"[^\s,;:()]+")
_BE = frozenset({"is", "are", "was", "were"})
_HAVE = frozenset({"has", "have", "had"})
_MODALS = frozenset({"can", "cannot", "could", "may", "might", "must", "should", "will", "would"})
_ADVERB = re.compile(
    r"(?:\w+ly|again|also|already|always|first|further|just|never|now|often|only|sometimes|still|then|therefore|thus"
    r"|usually)$"
)
_CHAINED = frozenset(
    {"aim", "attempt", "continue", "fail", "help", "learn", "manage", "need", "seek", "serve", "strive", "struggle"}
    | {"tend", "try"}
)
"""Verbs that take another with 'to': 'SOLA aims to obtain …'."""
_TAKES = {"benefit": "from", "deal": "with", "end": "in", "focus": "on", "lead": "to", "result": "in", "work": "on"}
"""Verbs that are nouns as well, known by what goes with them."""
_BEFORE_VERB = re.compile(
    r" (?:also|further|often|then|thus|(?!family\b|assembly\b|anomaly\b|only\b|early\b)[a-z]+ly)$"
)
_WHICH = re.compile(r", (?:which|who) (?=[a-z])")
_ASIDE = re.compile(
    r"(?P<subject>[^,;:]{2,60}), (?:an?|the|which|who|also|based|called|introduced|known|like|or|proposed|similar"
    r"|such as|unlike)\b [^,;:]{3,80}, (?=[a-z])(?!and\b|or\b)"
)
_UPTO = re.compile(r"[,;:]|$")
_LISTED = re.compile(r", (?:[\w-]+ ){0,4}[\w-]+,? (?:and|or) |, (?:[\w-]+ ){0,3}[\w-]+, ")
_MOST_WORDS = 14


@dataclass(frozen=True, slots=True)
class Predicate:
    """What follows the verb is `clause.text[start:end]`. `auxiliary` and `verb` frame the subject of a question: 'What
    *does* BERT *predict*', 'What *are* weights *multiplied* by', 'What *has* attention *been used* for'. A copula,
    whose complement is no participle, has no `verb`. `base` is the verb without what goes with it, 'be' of a copula."""

    clause: Clause
    subject: Subject
    auxiliary: str
    verb: str
    base: str
    start: int
    end: int
    passive: bool = False

    @property
    def rest(self) -> str:
        return self.clause.text[self.start : self.end]

    def asked(self, tail: str = "", *, word: str = "What") -> str:
        """'What does BERT predict', with `tail` behind it."""
        return " ".join(part for part in (word, self.auxiliary, self.subject.text, self.verb, tail) if part)


@lru_cache(256)
def predicates(clause: Clause) -> tuple[Predicate, ...]:
    """What is said of the subject of `clause`, and of the names in it by relative clauses that only add something."""
    return tuple(_predicates(clause))


def _predicates(clause: Clause) -> Iterator[Predicate]:
    words = list(_WORD.finditer(clause.text))
    if aside := _ASIDE.match(clause.text):
        subject = clause.subject(aside["subject"])
        told = [word for word in words if word.start() >= aside.end()]
        if subject and len(told) > 1 and _may_be_finite(told, 0):
            said = _verb_group(clause, subject, told, len(clause.text))
            if said:
                yield said
    for place in range(1, min(len(words), _MOST_WORDS)):
        head = clause.text[: words[place].start()].rstrip()
        if head[-1] in ",;:":
            break
        said_of = _BEFORE_VERB.sub("", head)
        stops = clause.text[words[place].end() : words[place].end() + 1] in (",", ";", ":")
        finite = not stops and _may_be_finite(words, place)
        subject = (clause.subject(said_of) or clause.gerund(said_of)) if finite else None
        found = subject and _verb_group(clause, subject, words[place:], len(clause.text))
        if found:
            yield found
            break
    for link in _WHICH.finditer(clause.text):
        begin = last_phrase(clause.text[: link.start()])
        subject = clause.phrase(clause.text[begin : link.start()], opens=begin == 0)
        ends = _UPTO.search(clause.text, link.end())
        if subject and subject.named and ends and not _LISTED.match(clause.text, ends.start()):
            told = list(_WORD.finditer(clause.text, link.end(), ends.start()))
            found = _verb_group(clause, subject, told, ends.start())
            if found:
                yield found


def _may_be_finite(words: Sequence[re.Match[str]], place: int) -> bool:
    """Whether the word is an auxiliary, or a form of a verb that the next word does not show to be a noun: of 'language
    models use text' 'models' is one."""
    word = words[place][0]
    following = words[place + 1][0] if place + 1 < len(words) else ""
    if word in AUXILIARIES:
        return True
    if word in PAST and word not in FINITE and not (place and words[place - 1][0].endswith("ly")):
        return following in DETERMINERS or following[:1].isupper() or following[:1].isdigit()
    base = FINITE.get(word, word)
    chained = (base in _CHAINED and following == "to") or (base == "make" and following == "use")
    noun = "*" in VERBS.get(base, "*") and following not in DETERMINERS and _TAKES.get(base) != following
    if base not in VERBS or (noun and not chained):
        return False
    after = words[place + 2][0] if place + 2 < len(words) else ""
    reduced = following in PAST and (not after or after in PREPOSITIONS)
    verbal = following in AUXILIARIES or following in FINITE or VERBS.get(following) in ("", "!") or reduced
    return chained or (not verbal and not _ADVERB.match(following))


def _verb_group(clause: Clause, subject: Subject, words: Sequence[re.Match[str]], end: int) -> Predicate | None:
    """The verb that `words` begin with, and its auxiliaries; None where it does not agree with `subject`."""
    said = [word[0] for word in words]
    if not said:
        return None
    first, place, not_ = said[0], 1, ""
    if subject.title:
        many = first in ("are", "were", "have") or (first in VERBS and first not in FINITE)
        subject = replace(subject, plural=many)

    def skip(place: int) -> int:
        while place < len(said) and _ADVERB.match(said[place]):
            place += 1
        return place

    def found(auxiliary: str, verb: str, base: str, following: int, *, passive: bool = False) -> Predicate | None:
        if following >= len(words):
            return None
        return Predicate(clause, subject, auxiliary, verb, base, words[following].start(), end, passive)

    place = skip(1)
    second = said[place] if place < len(said) else ""
    if first in _BE:
        if not subject.agrees(first):
            return None
        if second in ("able", "unable") and said[place + 1 : place + 2] == ["to"] and said[place + 2 : place + 3]:
            able = said[place + 2]
            return found(first, f"{second} to {able}", able, place + 3) if able in VERBS else None
        if second == "not" and place + 1 < len(said) and is_participle(said[place + 1]):
            place, not_ = place + 1, "not "
            second = said[place]
        passive = is_participle(second)
        if passive:
            return found(first, not_ + second, second, place + 1, passive=True)
        return found(first, "", "be", place)
    if first in _HAVE | _MODALS:
        if first in ("has", "have") and (first == "have") != subject.plural:
            return None
        been = "been" if first in _HAVE else "be"
        if first == "cannot":
            first, been, not_ = "can", "not be", "not "
        if second == been.split()[-1]:
            place = skip(place + 1)
            third = said[place] if place < len(said) else ""
            if is_participle(third):
                return found(first, f"{been} {third}", third, place + 1, passive=True)
            able = said[place + 2] if third in ("able", "unable") and place + 2 < len(said) else ""
            if able in VERBS:
                return found(first, f"{been} {third} to {able}", able, place + 3)
            return found(first, been, "be", place)
        fits = is_participle(second) if first in _HAVE else second in VERBS
        if fits:
            return found(first, not_ + second, PAST.get(second, IRREGULAR.get(second, second)), place + 1)
        if first == "had" or first in _MODALS or second in VERBS or second == "not":
            return None
        return found(subject.do, "have", "have", 1)
    if first in PAST and first not in FINITE:
        return found("did", PAST[first], PAST[first], 1)
    base = FINITE.get(first, first)
    if base not in VERBS or (first in FINITE) == subject.plural:
        return None
    chained = said[2] if len(said) > 2 and said[1] == "to" else ""
    if base in _CHAINED and chained in VERBS:
        return found(subject.do, f"{base} to {chained}", chained, 3)
    return found(subject.do, base, base, 1)
