"""'Attention allows the decoder to look at every word' -> 'What does attention allow the decoder to do?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause, predicate_end
from augment.language.predicates import predicates
from augment.language.words import FUNCTION_WORDS, VERBS
from augment.rules import Draft, question, rule

_VERBS = frozenset({"allow", "cause", "enable", "encourage", "force", "help", "lead", "permit", "teach"})
_WHOM = re.compile(r"(?P<whom>(?:(?:the|an?|its) )?(?:[\w-]+ ){1,4}?)to (?:\w+ly )?(?P<verb>[a-z-]+)\b")
_ABILITY = re.compile(
    r"(?P<ability>the (?:\w+ )?(?:ability|capability|capacity|potential|power|tendency)) to (?:\w+ly )?"
    r"(?P<verb>[a-z-]+)\b"
)
_DOES = re.compile(r"(?:to )?(?P<verb>[a-z-]+) (?=\S)")


@rule("enabling")
def enabling(clause: Clause) -> Iterator[Draft]:
    """What something allows another to do, helps to do, or has the ability to do."""
    for said in predicates(clause):
        if said.base == "have" and (able := _ABILITY.match(said.rest)) and able["verb"] in VERBS:
            end = min(predicate_end(clause.text, said.start), said.end)
            asked = said.asked(f"{able['ability']} to do")
            yield Draft(question(asked), said.start + able.start("verb"), end, "clause")
        if said.base not in _VERBS or said.passive:
            continue
        found = _WHOM.match(said.rest)
        if found and found["verb"] in VERBS and not FUNCTION_WORDS.intersection(found["whom"].split()[1:]):
            start = said.start + found.end("whom") + len("to ")
            end = min(predicate_end(clause.text, start), said.end)
            yield Draft(question(said.asked(f"{found['whom']}to do")), start, end, "clause")
        elif said.base == "help" and (found := _DOES.match(said.rest)) and found["verb"] in VERBS:
            start = said.start + found.start("verb")
            end = min(predicate_end(clause.text, start), said.end)
            yield Draft(question(said.asked("to do")), start, end, "clause")
