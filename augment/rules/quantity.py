"""'GPT-2 small has 12 layers' -> 'How many layers does GPT-2 small have?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.rules import Clause, Draft, question, rule
from augment.words import FUNCTION_WORDS, NUMBERS, is_plural, third_person

_HOLD = "have contain use need require store take offer provide support cover comprise include involve train"
_FORMS = {form: verb for verb in _HOLD.split() for form in (verb, third_person(verb))} | {"consists of": "consist of"}
_FORMS |= {"consist of": "consist of"}
NUMBER = rf"(?:\d+(?:[.,]\d+)*(?: (?:million|billion|trillion|thousand))?|{'|'.join(sorted(NUMBERS - {'one'}))})"
_ABOUT = r"(?:about|around|roughly|approximately|nearly|almost|over|exactly|only|just|up to|at least|at most|more than)"
_HAS = re.compile(
    rf"^(?P<subject>[^,;:]+?) (?P<verb>{'|'.join(sorted(_FORMS, key=len, reverse=True))})"
    rf" (?P<number>(?:{_ABOUT} )*{NUMBER}) (?P<things>(?:[a-z-]+ ){{0,3}}?[a-z-]+s)(?P<after>$| .+| ?[,:(].*)$"
)
_TYPES = re.compile(
    rf"^There are (?P<number>{NUMBER}) (?P<mods>(?:main |major |basic |different |common |principal )?)"
    r"(?P<kinds>types|kinds|forms|classes|families|variants|stages|phases|parts|components|ways|categories)"
    r" (?P<link>of|in) (?P<whole>[^,;:]+): (?P<list>.+)$"
)


@rule("quantity")
def quantity(clause: Clause) -> Iterator[Draft]:
    """How many of its parts something has."""
    found = _HAS.match(clause.text)
    if not found:
        return
    subject = clause.subject(found["subject"])
    base = _FORMS[found["verb"]]
    if subject is None or not subject.settled or (found["verb"] == base) != subject.plural:
        return
    things = found["things"].split()
    after = found["after"].strip()
    if any(word in FUNCTION_WORDS for word in things) or not is_plural(things[-1]) or things[-1] in ("times", "percent"):
        return
    if after and after.split()[0].isalpha() and after.split()[0] not in FUNCTION_WORDS | {"used"}:
        return
    if after.startswith(("and ", "or ")) and base == "consist of":
        return
    asked = f"How many {' '.join(things)} {'do' if subject.plural else 'does'} {subject.text} {base}"
    yield Draft(question(asked), *found.span("number"), "number")


@rule("types")
def types(clause: Clause) -> Iterator[Draft]:
    """Which types of something there are, where a list follows."""
    found = _TYPES.match(clause.text)
    if not found:
        return
    whole = clause.subject(found["whole"])
    if whole is None or not (whole.settled or whole.named) or re.search(r"[.!?] ", found["list"]):
        return
    asked = f"What are the {found['number']} {found['mods']}{found['kinds']} {found['link']} {whole.text}"
    yield Draft(question(asked), *found.span("list"), "phrase")
