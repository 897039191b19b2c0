"""'A byte-level tokeniser has 256 symbols' -> 'How many symbols does a byte-level tokeniser have?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.clauses import Clause
from augment.rules import Draft, question, rule
from augment.words import FUNCTION_WORDS, NUMBERS, is_plural, third_person

_VERBS = "have|contain|use|need|require|store|take|offer|provide|support|cover|comprise|include|involve|train"
_FORMS = {form: verb for verb in _VERBS.split("|") for form in (verb, third_person(verb))}
_FORMS |= {"consist of": "consist of", "consists of": "consist of"}
_NUMBER = rf"(?:\d+(?:[.,]\d+)*(?: (?:million|billion|trillion|thousand))?|{'|'.join(sorted(NUMBERS - {'one'}))})"
_ABOUT = r"(?:about|around|roughly|approximately|nearly|almost|over|exactly|only|just|up to|at least|at most|more than)"
_HAS = re.compile(
    rf"^(?P<subject>[^,;:]+?) (?P<verb>{'|'.join(sorted(_FORMS, key=len, reverse=True))})"
    rf" (?P<number>(?:{_ABOUT} )*{_NUMBER}) (?P<things>(?:[a-z-]+ ){{0,3}}?[a-z-]+s)(?P<after>$| .+| ?[,:(].*)$"
)
_TYPES = re.compile(
    rf"^There are (?P<kinds>{_NUMBER} (?:(?:main|major|basic|different|common|principal) )?"
    r"(?:types|kinds|forms|classes|families|variants|stages|phases|parts|components|ways|categories) (?:of|in))"
    r" (?P<whole>[^,;:]+): (?P<list>.+)$"
)
_COLLECTIVE = frozenset({"times", "percent", "types", "kinds", "sets", "pairs", "groups", "lists", "ways", "forms"})
_NOT_ALL = re.compile(rf"\band {_NUMBER}\b|\b(?:each|every|per)\b")


@rule("quantity")
def quantity(clause: Clause) -> Iterator[Draft]:
    """How many of its parts something has."""
    found = _HAS.match(clause.text)
    subject = found and clause.subject(found["subject"])
    if not found or not subject or (found["verb"] == _FORMS[found["verb"]]) != subject.plural:
        return
    things, after = found["things"].split(), found["after"].split()
    if FUNCTION_WORDS.intersection(things) or not is_plural(things[-1]) or things[-1] in _COLLECTIVE:
        return
    if _NOT_ALL.search(found["after"]) or (after and after[0].isalpha() and after[0] not in FUNCTION_WORDS | {"used"}):
        return
    asked = f"How many {found['things']} {subject.do} {subject.text} {_FORMS[found['verb']]}"
    yield Draft(question(asked), *found.span("number"), "number")


@rule("types")
def types(clause: Clause) -> Iterator[Draft]:
    """Which types of something there are, where a list follows."""
    found = _TYPES.match(clause.text)
    if found and clause.subject(found["whole"], opens=False):
        yield Draft(question(f"What are the {found['kinds']} {found['whole']}"), *found.span("list"), "phrase")
