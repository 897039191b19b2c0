"""'If the loss diverges, …' -> 'What happens if the loss diverges?', 'X is slow when …' -> 'When is X slow?'"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from augment.language.clauses import Clause, predicate_end
from augment.language.predicates import predicates
from augment.language.standing import dangling, unresolved
from augment.language.words import ADVERBS, AUXILIARIES, CONJUNCTIONS, FINITE, PAST, PRONOUNS, REPORTING
from augment.rules import Draft, question, rule
from augment.rules.reason import asked_of

_IF = re.compile(
    r"^(?P<link>If|When|Whenever|Once|As soon as|As(?=.* (?:becomes?|grows?|increases?|decreases?|progress(?:es)?"
    r"|scales?|approach(?:es)?)\b)) (?P<case>[^,;:]+), (?:then )?(?P<then>.+)$"
)
_WHEN = re.compile(
    r"^(?P<said>[^,;:]+?),? (?P<when>(?:only )?(?:when|once(?! (?:by|an?|per|in|every|more|again)\b)|whenever"
    r"|as soon as) [^,;:]+)$"
)
_SAID_OTHERWISE = re.compile(
    r"\b(?:that|which|however|due to|because)\b|(?:case|time|moment|point|situation|especially|even|just|except)s?$"
)
_PAST = frozenset({"did", "was", "were", "had"})
_LEANS = (PRONOUNS | CONJUNCTIONS | ADVERBS) - {"each", "everything", "nothing", "no"}
_FEWEST_CASE, _MOST_CASE, _FEWEST_THEN = 3, 18, 4


@rule("condition")
def condition(clause: Clause) -> Iterator[Draft]:
    """What happens in some case, and in which case something is so."""
    if found := _IF.match(clause.text):
        yield from _happens(clause, found)
    elif (found := _WHEN.match(clause.text)) and not clause.front:
        case = found["when"].split(maxsplit=1)[1]
        main = replace(clause, end=clause.start + found.end("said"))
        told = _leans(case) or len(case.split()) < _FEWEST_CASE or _SAID_OTHERWISE.search(found["said"])
        asked = "" if told or REPORTING.intersection(found["said"].split()) else asked_of(main, found["said"])
        if asked and not unresolved(f"When {asked}?", definite=not clause.titled):
            yield Draft(question(f"When {asked}"), *found.span("when"), "clause")


def _happens(clause: Clause, found: re.Match[str]) -> Iterator[Draft]:
    case, start = found["case"], found.start("then")
    end = predicate_end(clause.text, start)
    then = clause.text[start:end].split()
    if not _FEWEST_CASE <= len(case.split()) <= _MOST_CASE or len(then) < _FEWEST_THEN or then[0].lower() in _LEANS:
        return
    if not any(word in AUXILIARIES or word in FINITE or word in PAST for word in then[1:]):
        return
    supposed = replace(clause, start=clause.start + found.start("case"), end=clause.start + found.end("case"))
    said = next(iter(predicates(supposed)), None)
    if said is None or _leans(case):
        return
    happens = "happened" if said.auxiliary in _PAST else "happens"
    asked = f"What {happens} {found['link'].lower()} {case}"
    if not unresolved(f"{asked}?", definite=not clause.titled):
        yield Draft(question(asked), start, end, "clause")


def _leans(case: str) -> bool:
    """Whether a case points back at what was said before."""
    return case.split()[0].lower() in _LEANS or bool(dangling(f"Things of some sort show that {case}."))
