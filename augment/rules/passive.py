"""'ROUGE-L is based on …' -> 'What is ROUGE-L based on?', 'X is used to …' -> 'What is X used for?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause, clause_end, object_end
from augment.language.predicates import Predicate, predicates
from augment.language.standing import dangling
from augment.language.words import DETERMINERS, PEOPLE, PREPOSITIONS, RAISING, REPORTING, VERBS, singular
from augment.rules import COUNTED, Draft, question, rule
from augment.rules.origin import PEOPLE as NAMES
from augment.rules.origin import are_people

_LINKS = "as|by|for|from|in|into|of|on|onto|over|through|to|upon|with"
_LINK = re.compile(rf"(?:(?P<adverb>\w+ly|well) )?(?P<link>{_LINKS}) (?=\S)")
_ADJECTIVES = {
    "for": "accountable adequate appropriate beneficial critical crucial essential famous fundamental helpful important"
    " indispensable invaluable necessary notorious optimal popular responsible sufficient suitable useful valuable"
    " vital well-suited",
    "from": "absent different distinct free",
    "in": "abundant inherent interested present prevalent rich similar successful",
    "of": "aware capable characteristic composed free independent indicative made representative typical",
    "on": "conditional dependent reliant",
    "to": "agnostic akin analogous applicable available central close comparable critical crucial due equal equivalent"
    " essential fundamental identical immune inherent insensitive invariant key orthogonal prone proportional related"
    " relevant resilient resistant robust sensitive similar specific subject suitable superior susceptible tolerant"
    " unique vulnerable",
    "with": "compatible comparable concerned consistent familiar",
}
_ADJECTIVE = re.compile(
    "|".join(f"(?P<{link}>(?:{'|'.join(words.split())})) {link} (?=\\S)" for link, words in _ADJECTIVES.items())
)
_POINTING = frozenset({"that", "those", "it", "them", "this", "one", "what", "how", "both", "whether", "which", "as"})
_ADVERBIAL = re.compile(
    r"(?:in (?:detail|practice|general|parallel|order|terms|turn|this|that|contrast|addition|advance|recent|the past"
    r"|the literature|many|most|some|several|such|various|different|(?:[A-Z][a-z]+ )?(?:19|20)\d\d|two|three|four)"
    r"|in (?:combination|conjunction|comparison)"
    r"|in an? \w+ (?:way|manner|fashion|order)|as (?:follows|well|shown|described|in|an? (?:result|consequence|whole))"
    r"|by (?:default|hand|far|means|\d|\w+ing)|for (?:example|instance|this|that|the first|each|all|\d)"
    r"|on (?:average|the other|top|this|the one)|to (?:be|date|this|that)|with (?:respect|regard|the help|this)"
    r"|over (?:the|time|\d)|through(?:out)? (?:this|these)|from (?:scratch|each other)|of (?:course|these))\b"
)
_OF_REPORTS = frozenset({"by", "on", "upon", "with"})
_DONE = frozenset(
    {"analysed", "analyzed", "compared", "constructed", "derived", "evaluated", "examined", "obtained", "performed"}
    | {"tested", "validated", "verified"}
)
"""What is evaluated on a set is told of it; what is presented in a form is said of the paper."""
_FOR = frozenset({"required", "needed"})
_TAKEN_TO = frozenset({"added", "applied", "attached", "compared", "converted", "limited", "mapped", "related"})
_DETERMINED = re.compile(rf"(?:{'|'.join(sorted(DETERMINERS))})\b")
_MADE_TO = frozenset({"trained", "designed", "intended", "built", "meant", "optimised", "optimized", "tuned"})
_MEANS = re.compile(r"(?:by (?:\w+ly )?\w+ing|using|via|by means of|with the help of) (?=\S)")
_ACTIVE_MEANS = re.compile(r"(?P<done>(?!that\b|to\b|and\b)[^,;:]{3,70}?),? (?P<means>by (?:\w+ly )?\w+ing (?=\S).+)$")
_PASSIVE_MEANS = re.compile(
    r"(?P<done>(?:for|in|on|from|to (?=an?\b|the\b)|into|with|as|at|of) (?!order\b)[^,;:]{3,60}?),?"
    r" (?P<means>(?:by (?:\w+ly )?\w+ing|using|by means of) (?=\S).+)$"
)
_DATED = re.compile(r" in (?:[A-Z][a-z]+ )?(?:1[89]|20)\d\d\b")
_SPECIFIC = re.compile(r"(?:the|an?) (?:\w+ ){0,2}(?:way|manner|fashion|case|cases|time|times|detail|details)\b")


@rule("partner")
def partner(clause: Clause) -> Iterator[Draft]:
    """What something is based on, derived from, divided into, useful for…: participles and adjectives with their
    preposition."""
    for said in predicates(clause):
        adjective = _ADJECTIVE.match(said.rest) if said.base == "be" else None
        if adjective:
            yield from _with(said, adjective[0].strip(), said.start + adjective.end())
        elif said.passive and (found := _LINK.match(said.rest)) and not _ADVERBIAL.match(said.rest):
            link = found["link"]
            done = said.base in _DONE and link in _OF_REPORTS
            told = said.base in REPORTING and not said.subject.named and not done
            if told or (link == "to" and (said.base == "used" or said.base in RAISING)):
                continue
            yield from _with(said, found[0].strip(), said.start + found.end())


def _with(said: Predicate, tail: str, start: int) -> Iterator[Draft]:
    text = said.clause.text
    first = text[start:].split(maxsplit=1)[0].strip(",;")
    second = text[start:].split(maxsplit=2)[1:2]
    verb = first in VERBS or first in ("further", "better")
    verb = verb or (first.endswith("ly") and (said.passive or not second or second[0] in VERBS))
    if (
        first in _POINTING
        or second in (["one"], ["ones"])
        or first in PREPOSITIONS
        or (tail.endswith("to") and verb)
        or _one_event(said)
    ):
        return
    who = re.match(NAMES, text[start:]) if tail.endswith("by") else None
    if who and are_people(who[0]):
        return
    gerund = re.match(r"(?:\w+ly )?\w+ing\b", text[start:])
    if gerund and not tail.endswith(("for", "to", "from", "as")):
        return
    counted = COUNTED.match(text, start) is not None
    end = min(object_end(text, start, plural=said.subject.plural, colon=counted), said.end)
    if agent := re.match(r"((?!that |which )[a-z-]+ )+?(?=by [A-Z])", text[start:end]):
        end = start + agent.end() - 1
    if tail.endswith("by") and (dated := _DATED.search(text, start, end)):
        end = dated.start()
    if not _SPECIFIC.match(text[start:end]):
        yield Draft(question(said.asked(tail)), start, end, "phrase")


@rule("purpose")
def purpose(clause: Clause) -> Iterator[Draft]:
    """What something is used for, or trained to do; why it is applied."""
    for said in predicates(clause):
        found = re.match(r"(?:in order )?to (?:\w+ly )?(?P<verb>[a-z-]+) ", said.rest)
        if not said.passive or not found or said.base in RAISING - _FOR or said.verb.startswith("not "):
            continue
        if _one_event(said):
            continue
        if said.base in _FOR and singular(said.subject.text.split()[-1]) in PEOPLE:
            continue
        verb = VERBS.get(found["verb"])
        if verb is None or (verb == "*" and said.base in _TAKEN_TO and not _DETERMINED.match(said.rest, found.end())):
            continue
        used = said.base in ("used", "employed", "required", "needed")
        done = said.base in _MADE_TO or (not used and said.auxiliary in ("can", "could", "may", "might"))
        start = said.start + (len("to ") if done and said.rest.startswith("to ") else 0)
        word, tail = ("What", "for") if used else ("What", "to do") if done else ("Why", "")
        yield Draft(question(said.asked(tail, word=word)), start, _end(said, start), "clause")


@rule("manner")
def manner(clause: Clause) -> Iterator[Draft]:
    """How something is found, computed, trained…"""
    for said in predicates(clause):
        if said.verb.startswith("not "):
            continue
        if said.passive and _MEANS.match(said.rest) and not _one_event(said):
            yield Draft(question(said.asked(word="How")), said.start, _end(said, said.start), "clause")
        if said.base == "work" and said.rest.startswith("by ") and _MEANS.match(said.rest):
            yield Draft(question(said.asked(word="How")), said.start, _end(said, said.start), "clause")
        pattern = _PASSIVE_MEANS if said.passive else _ACTIVE_MEANS
        done = pattern.match(said.rest) if said.base != "be" and not _one_event(said) else None
        if done and not dangling(f"Things of some sort have {done['done']}."):
            start = said.start + done.start("means")
            yield Draft(question(said.asked(done["done"], word="How")), start, _end(said, start), "clause")


def _end(said: Predicate, start: int) -> int:
    return min(clause_end(said.clause.text, start), said.end)


def _one_event(said: Predicate) -> bool:
    """'A mode was added' and 'a filter is proposed' tell of one event or of one paper, and are left alone."""
    told = said.auxiliary in ("was", "were") and said.subject.text.startswith("the ") and not said.subject.named
    if told and not said.clause.titled:
        return True
    once = (said.auxiliary in ("was", "has") and not said.clause.titled) or said.base in REPORTING
    told = said.base in REPORTING and said.auxiliary in ("is", "are") and not said.subject.named
    return (once and re.match(r"an? ", said.subject.text) is not None) or (told and not said.clause.titled)
