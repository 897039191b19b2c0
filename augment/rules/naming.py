"""'The number of sequences kept is called the beam width' -> 'What is the number of sequences kept called?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause
from augment.language.words import PREPOSITIONS
from augment.rules import Draft, question, rule

_CALLED = re.compile(
    r"^(?P<subject>[^,;:]+?) (?P<be>is|are) (?:(?:often|usually|commonly|sometimes) )?"
    r"(?P<called>called|known as|referred to as|named) (?P<name>[^,;:()]+)$"
)
_ALSO = re.compile(
    r"^(?P<subject>[^,;:]+?), (?:which (?:is|are) )?(?P<called>also (?:called|known as|referred to as))"
    r" (?P<name>[^,;:()]+), "
)


@rule("name")
def name(clause: Clause) -> Iterator[Draft]:
    """What something is called, or is also known as."""
    if found := _CALLED.match(clause.text):
        subject = clause.subject(found["subject"], found["be"])
        if subject and len(subject.text.split()) > 2 and found["name"].split()[0] not in PREPOSITIONS:
            asked = f"What {found['be']} {subject.text} {found['called']}"
            yield Draft(question(asked), *found.span("name"), "term")
    elif (found := _ALSO.match(clause.text)) and (subject := clause.subject(found["subject"])):
        asked = f"What {'are' if subject.plural else 'is'} {subject.text} {found['called']}"
        yield Draft(question(asked), *found.span("name"), "term")
