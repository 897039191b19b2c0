"""'The training objective is to maximise …' -> 'What is the training objective?', of a document that is named."""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause, clause_end
from augment.language.words import REPORTED, UNSETTLED, VERBS
from augment.rules import Draft, question, rule

_IS = re.compile(r"^(?P<subject>[^,;:]+?) (?P<be>is|are|was|were|would be) (?P<said>(?:an?|the|to|that) .+)$")
_JUDGED = UNSETTLED | frozenset(
    {"challenging", "crucial", "hard", "lot", "number", "ongoing", "powerful", "promising", "rough", "significant"}
    | {"strong", "valuable", "widely"}
)
_SAYS_LITTLE = frozenset(
    {"area", "challenge", "concern", "field", "issue", "phenomenon", "problem", "question", "source", "topic"}
)
_CHOSEN = re.compile(r"the (?:chosen|considered|given|obtained|required|resulting|used) ")
_FEWEST_TOLD = 4


@rule("identity")
def identity(clause: Clause) -> Iterator[Draft]:
    """What something of the document is, as its sentence says it."""
    found = _IS.match(clause.text) if clause.titled else None
    subject = found and clause.subject(found["subject"], found["be"])
    if not found or not subject or subject.bare or len(subject.text.split()) < 3 or _CHOSEN.match(subject.text):
        return
    opens, *said = found["said"].split()
    if opens == "to" and said[0] not in VERBS:
        return
    if opens in ("a", "an", "the") and (_JUDGED.intersection(said[:2]) or REPORTED.intersection(said[:3])):
        return
    if opens in ("a", "an") and _SAYS_LITTLE.intersection(said[:4]):
        return
    start = found.start("said")
    end = clause_end(clause.text, start)
    if len(clause.text[start:end].split()) >= _FEWEST_TOLD:
        auxiliary, _, be = found["be"].partition(" ")
        yield Draft(question(f"What {auxiliary} {subject.text} {be}".rstrip()), start, end, "phrase")
