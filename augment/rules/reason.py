"""'Duplicates waste computation, because …' -> 'Why do duplicates waste computation?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.rules import Clause, Draft, question, rule
from augment.standing import dangling
from augment.words import AUXILIARIES, finite_verbs, verbs

_BECAUSE = re.compile(r"^(?P<main>[^,;:]+),? (?P<why>(?:because|(?<=, )since)(?! of\b) .+)$")
_INVERTED = re.compile(
    r"^(?P<subject>.+?) (?P<auxiliary>is|are|was|were|can|cannot|could|should|must|may|might) (?P<rest>.+)$"
)
_OF = re.compile(r"\b(?:it|they|them|its|their|this|these|those|therefore|also|thus|hence|both|such)\b")


@rule("reason")
def reason(clause: Clause) -> Iterator[Draft]:
    """Why a simple main clause holds."""
    found = _BECAUSE.match(clause.text)
    if not found or _OF.search(found["main"]) or len(found["main"].split()) > 18:
        return
    if re.search(r" (?:not|only|partly|mainly|simply|largely|probably|perhaps|just)$", found["main"]):
        return
    start, end = found.span("why")
    if inverted := _INVERTED.match(found["main"]):
        subject = clause.subject(inverted["subject"])
        auxiliary, rest = inverted["auxiliary"], inverted["rest"]
        if auxiliary == "cannot":
            auxiliary, rest = "can", f"not {rest}"
        plural = auxiliary in ("are", "were")
        if subject is None or not subject.settled or auxiliary in ("may", "might"):
            return
        if auxiliary in ("is", "are", "was", "were") and plural != subject.plural:
            return
        if rest.split()[0] in ("a", "an", "the") and auxiliary in ("is", "was") and not subject.named:
            return
        yield Draft(question(f"Why {auxiliary} {subject.text} {rest}"), start, end, "clause")
        return
    yield from _with_do(clause, found["main"], start, end)


def _with_do(clause: Clause, main: str, start: int, end: int) -> Iterator[Draft]:
    for found in re.finditer(r"[\w-]+", main):
        form = found[0]
        base = finite_verbs().get(form) or (form if form in verbs() else None)
        if found.start() == 0 or base is None or form in AUXILIARIES:
            continue
        subject = clause.subject(main[: found.start()].rstrip())
        if subject is None or not subject.settled or (form != base) == subject.plural:
            continue
        rest = main[found.end() :]
        if verbs()[base] and not re.match(r" (?:an?|the|all|each|every|its|their|\w+s)\b", rest):
            continue
        if not rest.strip() or re.search(r"\b(?:and|but|or) \w+s\b", rest) or dangling(f"Models {base}{rest}."):
            continue
        yield Draft(question(f"Why {'do' if subject.plural else 'does'} {subject.text} {base}{rest}"), start, end, "clause")
        return
