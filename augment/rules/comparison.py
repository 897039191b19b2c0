"""'Adam is more robust than SGD' -> 'What is Adam more robust than?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause, object_end
from augment.language.predicates import predicates
from augment.rules import Draft, question, rule

_THAN = re.compile(
    r"(?P<than>(?:(?:much|far|slightly|significantly|considerably) )?(?:(?:more|less) [a-z-]+|[a-z]{2,}er) than) (?=\S)"
)
_OPEN = re.compile(
    r"(?:that|those|it|them|when|in|if|for|with|the (?:others?|rest|former|latter)|\d|any|before|ever|usual)\b"
)


@rule("comparison")
def comparison(clause: Clause) -> Iterator[Draft]:
    """What something is faster than, or more robust than."""
    for said in predicates(clause):
        found = _THAN.match(said.rest) if said.base == "be" else None
        if found and not _OPEN.match(said.rest[found.end() :]):
            start = said.start + found.end()
            end = min(object_end(clause.text, start, plural=said.subject.plural), said.end)
            yield Draft(question(said.asked(found["than"])), start, end, "phrase")
