"""'Accuracy degrades as the batch grows' -> 'What happens to accuracy as the batch grows?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause
from augment.language.standing import unresolved
from augment.rules import Draft, question, rule

_MOVES = (
    "improve|increase|decrease|degrade|drop|rise|fall|grow|shrink|deteriorate|decline|saturate|plateau|vanish|collapse"
    "|converge|diverge|worsen|explode|disappear|slow down|speed up|level off"
)
_PAST = "improved|increased|decreased|degraded|dropped|rose|fell|grew|shrank|deteriorated|declined|saturated|plateaued"
_TREND = re.compile(
    rf"^(?P<subject>[^,;:]+?) (?P<moves>(?:\w+ly )?(?:(?P<past>{_PAST})|(?:{_MOVES.replace('|', '(?:e?s)?|')}(?:e?s)?))"
    r"(?: \w+ly| monotonically| further)?) (?P<case>(?:as|when|once|if|after)"
    r" (?!expected\b|shown\b|well\b|a (?:result|whole)\b)[^,;:]+)$"
)
_FEWEST_CASE = 3


@rule("trend")
def trend(clause: Clause) -> Iterator[Draft]:
    """What happens to something in some case."""
    found = _TREND.match(clause.text)
    subject = found and clause.subject(found["subject"])
    if not found or not subject or len(found["case"].split()) <= _FEWEST_CASE:
        return
    happens = "happened" if found["past"] else "happens"
    asked = f"What {happens} to {subject.text} {found['case']}"
    if not unresolved(f"{asked}?", definite=not clause.titled):
        yield Draft(question(asked), *found.span("moves"), "phrase")
