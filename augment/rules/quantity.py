"""'A byte-level tokeniser has 256 symbols' -> 'How many symbols does a byte-level tokeniser have?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause, object_end
from augment.language.predicates import predicates
from augment.language.standing import unresolved
from augment.language.words import FUNCTION_WORDS, NUMBERS, REPORTING, is_participle, is_plural
from augment.rules import Draft, question, rule

NUMBER = (
    rf"(?:\d+(?:[.,]\d+)*(?:[ -](?:million|billion|trillion|thousand))?|(?i:{'|'.join(sorted(NUMBERS - {'one'}))}))"
)
ABOUT = (
    r"(?:about|around|roughly|approximately|nearly|almost|over|exactly|only|just|up to|at least|at most|more than"
    r"|fewer than|less than|a total of|as many as)"
)
_COUNT = rf"(?P<number>(?:{ABOUT} )*{NUMBER}) (?P<things>(?:[a-z-]+ ){{0,3}}?[a-z-]+s)(?P<after>$| .+| ?[,:(].*)$"
_HAS = re.compile(rf"(?:(?P<link>for|with|on|in|by|into|to|from|over|of|at) )?{_COUNT}")
_THERE = re.compile(rf"^There (?P<be>are|were) {_COUNT}")
_WHERE = re.compile(r" (?P<where>(?:in|on|at|of|for) (?:the|each|every|an?|[A-Z])[^,;:()]*)")
_COUNTED = re.compile(
    rf"^(?:In total, |Overall, )?(?P<number>(?:{ABOUT} )*{NUMBER}) (?P<things>(?:[a-z-]+ ){{0,3}}?[a-z-]+s)"
    r" (?P<be>are|were|have been|can be) (?P<adverb>\w+ly )?(?P<done>[a-z-]+)\b"
)
_TYPES = re.compile(
    rf"^There are (?P<kinds>{NUMBER} (?:(?:main|major|basic|different|common|principal) )?"
    r"(?:types|kinds|forms|classes|families|variants|stages|phases|parts|components|ways|categories) (?:of|in))"
    r" (?P<whole>[^,;:]+): (?P<list>.+)$"
)
_COLLECTIVE = frozenset({"times", "percent", "types", "kinds", "sets", "pairs", "groups", "lists", "ways", "forms"})
_NOT_ALL = re.compile(rf"\band {NUMBER}\b")
_OF_EACH = re.compile(r"\b(?:each|every|per)\b")
_WITH_LINK = frozenset({"consist", "depend", "operate", "rely"})


@rule("quantity")
def quantity(clause: Clause) -> Iterator[Draft]:
    """How many of its parts something has, for how many steps it was trained."""
    for said in predicates(clause):
        found = _HAS.match(said.rest)
        if found is None or said.base == "be" or (found["link"] is None and said.passive):
            continue
        if found["link"] is not None and not said.passive and said.verb not in _WITH_LINK:
            continue
        if _counts(found):
            start = said.start
            link = f"{found['link']} " if found["link"] else ""
            if link and not said.passive:
                asked = said.asked(link.strip(), word=f"How many {found['things']}")
            else:
                asked = said.asked(word=f"{link}how many {found['things']}")
            yield Draft(question(asked), start + found.start("number"), start + found.end("number"), "number")


@rule("there")
def there(clause: Clause) -> Iterator[Draft]:
    """How many there are somewhere."""
    found = _THERE.match(clause.text)
    where = found and _WHERE.match(found["after"])
    if not found or not where or not _counts(found, each=True):
        return
    place = clause.phrase(where["where"].split(maxsplit=1)[1], opens=False)
    if place is not None and (place.settled or place.named or clause.titled):
        asked = f"How many {found['things']} {found['be']} there {where['where']}"
        yield Draft(question(asked), *found.span("number"), "number")


@rule("counted")
def counted(clause: Clause) -> Iterator[Draft]:
    """How many things were made, trained or used, in a document that the question names."""
    found = _COUNTED.match(clause.text) if clause.titled else None
    if found is None or not is_participle(found["done"]) or found["done"] in REPORTING:
        return
    things = found["things"].split()
    if FUNCTION_WORDS.intersection(things) or not is_plural(things[-1]) or things[-1] in _COLLECTIVE:
        return
    end = object_end(clause.text, found.end("done"), plural=True)
    rest = clause.text[found.end("things") + 1 : end]
    asked = f"How many {found['things']} {rest}"
    if not unresolved(f"{asked}?", definite=False) and len(asked.split()) > 4:
        yield Draft(question(asked), *found.span("number"), "number")


def _counts(found: re.Match[str], *, each: bool = False) -> bool:
    """Whether the things counted are things, and all of them, or those of `each`."""
    things, after = found["things"].split(), found["after"].split()
    if FUNCTION_WORDS.intersection(things) or not is_plural(things[-1]) or things[-1] in _COLLECTIVE:
        return False
    return not (
        _NOT_ALL.search(found["after"])
        or (not each and _OF_EACH.search(found["after"]))
        or (after and after[0].isalpha() and after[0] not in FUNCTION_WORDS | {"used", "using", "per"})
    )


@rule("types")
def types(clause: Clause) -> Iterator[Draft]:
    """Which types of something there are, where a list follows."""
    found = _TYPES.match(clause.text)
    if found and clause.subject(found["whole"], opens=False):
        yield Draft(question(f"What are the {found['kinds']} {found['whole']}"), *found.span("list"), "phrase")
