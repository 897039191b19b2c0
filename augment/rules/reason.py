"""'Duplicates waste computation, because …' -> 'Why do duplicates waste computation?'"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from augment.language.clauses import Clause
from augment.language.standing import dangling
from augment.language.words import FINITE, PAST, RAISING, VERBS, is_participle
from augment.rules import Draft, question, rule

_BECAUSE = re.compile(r"^(?P<said>[^,;:]+),? (?P<why>(?:because|(?<=, )since|due to|owing to) .+)$")
_SINCE = re.compile(
    r"^(?:Because(?! of\b)|Since(?! (?:the )?\d| then)|As(?! (?:an?|the \w+|in|for|of|with|to|\w+ing|shown|such|is"
    r"|are)\b))"
    r" (?P<why>[^,;:]*?\b(?:is|are|was|were|can|cannot|has|have|does|do)\b[^,;:]*), (?P<said>[^,;:]+)$"
)
_DUE = re.compile(r"^(?P<why>(?:Due to|Because of|Owing to|Thanks to) [^,;:]+), (?P<said>[^,;:]+)(?:$|, .*$)")
_INVERTED = re.compile(r"^(?P<subject>.+?) (?P<auxiliary>is|are|was|were|can|cannot|could|should|must) (?P<rest>.+)$")
_LEANING = re.compile(
    r"\b(?:it|they|them|its|their|this|these|those|therefore|also|thus|hence|both|such|may|might)\b"
    r"| (?:not|only|partly|mainly|simply|largely|probably|perhaps|just)$"
)
_IN_ORDER = re.compile(
    r"^(?P<why>(?:In order )?[Tt]o (?P<verb>[a-z-]+) [^,;:]+), (?P<said>[^,;:]+ (?:is|are|was|were) (?:\w+ly )?"
    r"(?P<done>[a-z-]+)\b[^,;:]*)$"
)
_NOUN_PHRASE = re.compile(r" (?:an?|the|all|each|every|its|their|\w+s)\b")
_MOST_WORDS = 18


@rule("reason")
def reason(clause: Clause) -> Iterator[Draft]:
    """Why a simple main clause holds, or what something was done for."""
    found = _BECAUSE.match(clause.text) or _SINCE.match(clause.text) or _DUE.match(clause.text)
    aim = _IN_ORDER.match(clause.text)
    if (
        aim
        and not _LEANING.search(aim["why"])
        and aim["verb"] in VERBS
        and is_participle(aim["done"])
        and aim["done"] not in RAISING
    ):
        found = aim
    if found is None or _LEANING.search(found["said"]) or len(found["said"].split()) > _MOST_WORDS:
        return
    asked = asked_of(replace(clause, start=clause.start + found.start("said")), found["said"])
    if asked:
        yield Draft(question(f"Why {asked}"), *found.span("why"), "clause")


def asked_of(clause: Clause, said: str) -> str:
    """What `said`, which opens `clause`, is after a question word: 'A is slow' -> 'is A slow', 'A slows B' -> 'does A
    slow B'; empty where that is not sure."""
    return _inverted(clause, said) if _INVERTED.match(said) else _with_do(clause, said)


def _inverted(clause: Clause, said: str) -> str:
    """'A is slow' -> 'is A slow'; empty where that is not sure."""
    found = _INVERTED.match(said)
    subject = found and clause.subject(found["subject"], found["auxiliary"])
    if not found or not subject:
        return ""
    if found["auxiliary"] in ("is", "was") and re.match(r"(?:an?|the)\b", found["rest"]) and not subject.named:
        return ""  # 'Why is padding the problem' may only sum up what was said before
    if re.search(r" and [a-z]+s (?:the|an?|its|their)\b", found["rest"]):
        return ""
    if found["auxiliary"] == "cannot":
        return f"can {subject.text} not {found['rest']}"
    return f"{found['auxiliary']} {subject.text} {found['rest']}"


def _with_do(clause: Clause, said: str) -> str:
    """'Duplicates waste computation' -> 'do duplicates waste computation'; empty where that is not sure."""
    for found in re.finditer(r"(?<= )[\w-]+", said):
        base = FINITE.get(found[0], PAST.get(found[0], found[0]))
        rest = said[found.end() :]
        if base == "have" and re.match(r" (?:been|\w+ed)\b", rest):
            return ""
        if base not in VERBS or ("*" in VERBS[base] and not _NOUN_PHRASE.match(rest)):
            continue
        subject = clause.subject(said[: found.start() - 1])
        past = found[0] in PAST and found[0] not in FINITE
        if subject is None or (not past and (found[0] == base) != subject.plural):
            continue
        joined = re.search(r"\b(?:and|but|or) \w+s\b", rest)
        whole = rest and not joined and not dangling(f"Things of some sort {base}{rest}.")
        return f"{'did' if past else subject.do} {subject.text} {base}{rest}" if whole else ""
    return ""
