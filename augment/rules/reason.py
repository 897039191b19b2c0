"""'Duplicates waste computation, because …' -> 'Why do duplicates waste computation?'"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from augment.clauses import Clause
from augment.rules import Draft, question, rule
from augment.standing import dangling
from augment.words import FINITE, VERBS

_BECAUSE = re.compile(r"^(?P<said>[^,;:]+),? (?P<why>(?:because|(?<=, )since|due to|owing to) .+)$")
_SINCE = re.compile(
    r"^(?:Because(?! of\b)|Since(?! (?:the )?\d| then)|As(?! (?:an?|the \w+|in|for|of|with|to|\w+ing|shown|such|is"
    r"|are)\b))"
    r" (?P<why>[^,;:]*?\b(?:is|are|was|were|can|cannot|has|have|does|do)\b[^,;:]*), (?P<said>[^,;:]+)$"
)
_INVERTED = re.compile(r"^(?P<subject>.+?) (?P<auxiliary>is|are|was|were|can|cannot|could|should|must) (?P<rest>.+)$")
_LEANING = re.compile(
    r"\b(?:it|they|them|its|their|this|these|those|therefore|also|thus|hence|both|such|may|might)\b"
    r"| (?:not|only|partly|mainly|simply|largely|probably|perhaps|just)$"
)
_NOUN_PHRASE = re.compile(r" (?:an?|the|all|each|every|its|their|\w+s)\b")
_MOST_WORDS = 18


@rule("reason")
def reason(clause: Clause) -> Iterator[Draft]:
    """Why a simple main clause holds."""
    found = _BECAUSE.match(clause.text) or _SINCE.match(clause.text)
    if found is None or _LEANING.search(found["said"]) or len(found["said"].split()) > _MOST_WORDS:
        return
    main = replace(clause, start=clause.start + found.start("said"))
    asked = _inverted(main, found["said"]) if _INVERTED.match(found["said"]) else _with_do(main, found["said"])
    if asked:
        yield Draft(question(f"Why {asked}"), *found.span("why"), "clause")


def _inverted(clause: Clause, said: str) -> str:
    """'A is slow' -> 'is A slow'; empty where that is not sure."""
    found = _INVERTED.match(said)
    subject = found and clause.subject(found["subject"], found["auxiliary"])
    if not found or not subject:
        return ""
    if found["auxiliary"] in ("is", "was") and re.match(r"(?:an?|the)\b", found["rest"]) and not subject.named:
        return ""  # 'Why is padding the problem' may only sum up what was said before
    if found["auxiliary"] == "cannot":
        return f"can {subject.text} not {found['rest']}"
    return f"{found['auxiliary']} {subject.text} {found['rest']}"


def _with_do(clause: Clause, said: str) -> str:
    """'Duplicates waste computation' -> 'do duplicates waste computation'; empty where that is not sure."""
    for found in re.finditer(r"(?<= )[\w-]+", said):
        base = FINITE.get(found[0], found[0])
        rest = said[found.end() :]
        if base not in VERBS or ("*" in VERBS[base] and not _NOUN_PHRASE.match(rest)):
            continue
        subject = clause.subject(said[: found.start() - 1])
        if subject is None or (found[0] == base) != subject.plural:
            continue
        joined = re.search(r"\b(?:and|but|or) \w+s\b", rest)
        whole = rest and not joined and not dangling(f"Things of some sort {base}{rest}.")
        return f"{subject.do} {subject.text} {base}{rest}" if whole else ""
    return ""
