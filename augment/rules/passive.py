"""'ROUGE-L is based on …' -> 'What is ROUGE-L based on?', 'X is used to …' -> 'What is X used for?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.rules import Clause, Draft, question, rule, trimmed
from augment.words import third_person, verbs

PARTNERS = {
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
_PAIRS = "|".join(
    rf"(?:{'|'.join(words.split())}) {preposition}(?= )" for preposition, words in PARTNERS.items()
)  # fmt: skip
_BE = re.compile(
    rf"^(?P<subject>[^,;:]+?) (?P<be>is|are|was|were) (?:(?:often|usually|mainly|mostly|commonly|typically|also) )?"
    rf"(?P<partners>{_PAIRS}) (?P<object>.+)$"
)
_PURPOSE = re.compile(
    r"^(?P<subject>[^,;:]+?)(?:, which (?:was|were) [^,]+,)? (?P<be>is|are|was|were)"
    r" (?:(?:often|usually|mainly|mostly|commonly|typically|widely|also) )?"
    r"(?P<how>used|trained|designed|intended|built|meant) to (?P<verb>[a-z-]+)(?P<rest>.*)$"
)
_MANNER = re.compile(
    r"^(?P<subject>[^,;:]+?) (?P<be>is|are|was|were) (?:often |usually |typically |commonly )?"
    r"(?P<done>found|computed|calculated|estimated|trained|obtained|measured|built|created|learned|learnt|represented"
    r"|detected|removed|selected|initialised|initialized|updated|optimised|optimized|evaluated|generated|solved|reduced"
    r"|achieved|implemented|defined|chosen|produced|constructed|formed|made|encoded|masked|sorted|approximated"
    r"|determined|performed|identified|avoided|prevented|corrected|combined|adapted|tuned|fine-tuned)"
    r" (?P<means>(?:by (?:\w+ly )?\w+ing|using|with|through|via|by means of) .+)$"
)


@rule("partner")
def partner(clause: Clause) -> Iterator[Draft]:
    """What something is based on, derived from, divided into…: participles and adjectives with their preposition."""
    found = _BE.match(clause.text)
    if not found or re.match(r"(?:by|of|on|in|for) (?:\w+ly )?\w+ing\b", found["partners"] + " " + found["object"]):
        return
    subject = clause.subject(found["subject"])
    if subject is None or not subject.settled or (found["be"] in ("are", "were")) != subject.plural:
        return
    word, preposition = found["partners"].split()
    first = found["object"].split()[0]
    if preposition == "to" and first in verbs() or preposition == "by" and first.endswith("ing"):
        return
    if word == "used" and preposition == "in":
        return
    start = found.start("object")
    end = trimmed(clause.text, start)
    yield Draft(question(f"What {found['be']} {subject.text} {found['partners']}"), start, end, "phrase")


@rule("purpose")
def purpose(clause: Clause) -> Iterator[Draft]:
    """What something is used for, or trained to do."""
    found = _PURPOSE.match(clause.text)
    if not found or third_person(found["verb"]).startswith("it"):
        return
    subject = clause.subject(found["subject"])
    if subject is None or not subject.settled or (found["be"] in ("are", "were")) != subject.plural:
        return
    asked = "used for" if found["how"] == "used" else f"{found['how']} to do"
    start = found.start("verb") - (3 if found["how"] == "used" else 0)
    end = trimmed(clause.text, start)
    yield Draft(question(f"What {found['be']} {subject.text} {asked}"), start, end, "clause")


@rule("manner")
def manner(clause: Clause) -> Iterator[Draft]:
    """How something is found, computed, trained…"""
    found = _MANNER.match(clause.text)
    if not found:
        return
    subject = clause.subject(found["subject"])
    if subject is None or not subject.settled or (found["be"] in ("are", "were")) != subject.plural:
        return
    start = found.start("means")
    end = trimmed(clause.text, start)
    yield Draft(question(f"How {found['be']} {subject.text} {found['done']}"), start, end, "clause")
