"""'ROUGE-L is based on …' -> 'What is ROUGE-L based on?', 'X is used to …' -> 'What is X used for?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.clauses import Clause, object_end, predicate_end
from augment.phrases import Subject
from augment.rules import Draft, question, rule
from augment.words import VERBS

_PARTNERS = {
    "about": "concerned",
    "as": "known regarded interpreted treated represented expressed seen viewed modelled implemented",
    "by": "followed limited multiplied replaced divided controlled determined caused given influenced affected driven"
    " governed parameterised parameterized bounded defined measured characterised characterized",
    "for": "used needed required known designed intended responsible suited suitable useful necessary",
    "from": "derived sampled drawn learned learnt computed taken made estimated built obtained constructed",
    "in": "written implemented measured expressed",
    "into": "divided split grouped converted merged turned organised organized translated broken cut transformed",
    "of": "made composed independent capable",
    "on": "based trained built pre-trained pretrained evaluated conditioned dependent fine-tuned",
    "to": "applied mapped added assigned converted attached connected equal equivalent similar sensitive robust"
    " proportional identical related limited restricted prone invariant due",
    "with": "equipped associated compatible initialised initialized combined",
}
_SUBJECT = r"^(?P<subject>[^,;:]+?)(?:, which (?:was|were) [^,]+,)? (?P<be>is|are|was|were) "
_OFTEN = r"(?:(?:often|usually|mainly|mostly|commonly|typically|widely|also|especially) )?"
_PAIRS = "|".join(f"(?:{'|'.join(words.split())}) {link}(?= )" for link, words in _PARTNERS.items())
_PARTNER = re.compile(rf"{_SUBJECT}{_OFTEN}(?P<pair>{_PAIRS}) (?P<object>.+)$")
_PURPOSE = re.compile(rf"{_SUBJECT}{_OFTEN}(?P<how>used|trained|designed|intended|built|meant) (?P<what>to [a-z-]+.*)$")
_MANNER = re.compile(
    rf"{_SUBJECT}{_OFTEN}(?P<done>found|computed|calculated|estimated|trained|obtained|measured|built|created|learned"
    r"|learnt|represented|detected|removed|selected|initialised|initialized|updated|optimised|optimized|evaluated"
    r"|generated|solved|reduced|achieved|implemented|defined|chosen|produced|constructed|formed|made|encoded|masked"
    r"|sorted|approximated|determined|performed|identified|avoided|prevented|corrected|combined|adapted|tuned"
    r"|fine-tuned) (?P<means>(?:by (?:\w+ly )?\w+ing|using|with|through|via|by means of) .+)$"
)
_GERUND = re.compile(r"(?:\w+ly )?\w+ing\b")
_POINTING = frozenset({"that", "those", "it", "them", "this", "one", "what", "how", "both"})


@rule("partner")
def partner(clause: Clause) -> Iterator[Draft]:
    """What something is based on, derived from, divided into…: participles and adjectives with their preposition."""
    found = _PARTNER.match(clause.text)
    if found is None or (subject := _subject(clause, found)) is None:
        return
    preposition, first = found["pair"].split()[1], found["object"].split()[0]
    acting = preposition in ("by", "of", "on", "in") and _GERUND.match(found["object"])
    if acting or first in _POINTING or (preposition == "to" and first in VERBS):
        return
    start = found.start("object")
    end = object_end(clause.text, start)
    if agent := re.match(r"((?!that |which )[a-z-]+ )+?(?=by [A-Z])", clause.text[start:end]):
        end = start + agent.end() - 1
    yield Draft(question(f"What {found['be']} {subject.text} {found['pair']}"), start, end, "phrase")


@rule("purpose")
def purpose(clause: Clause) -> Iterator[Draft]:
    """What something is used for, or trained to do."""
    found = _PURPOSE.match(clause.text)
    if found is None or (subject := _subject(clause, found)) is None:
        return
    used = found["how"] == "used"
    start = found.start("what") + (0 if used else len("to "))
    asked = f"What {found['be']} {subject.text} {'used for' if used else found['how'] + ' to do'}"
    yield Draft(question(asked), start, predicate_end(clause.text, start), "clause")


@rule("manner")
def manner(clause: Clause) -> Iterator[Draft]:
    """How something is found, computed, trained…"""
    found = _MANNER.match(clause.text)
    if found is None or (subject := _subject(clause, found)) is None:
        return
    start = found.start("means")
    asked = f"How {found['be']} {subject.text} {found['done']}"
    yield Draft(question(asked), start, predicate_end(clause.text, start), "clause")


def _subject(clause: Clause, found: re.Match[str]) -> Subject | None:
    """The subject of a passive. 'A mode was added' tells of one event, and is left alone."""
    subject = clause.subject(found["subject"], found["be"])
    return None if subject is None or (found["be"] == "was" and re.match(r"an? ", subject.text)) else subject
