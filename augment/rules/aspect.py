"""'The main advantage of X is …' -> 'What is the main advantage of X?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.rules import Clause, Draft, question, rule, trimmed

ASPECTS = (
    "advantage|disadvantage|drawback|weakness|strength|benefit|goal|aim|purpose|objective|task|role|function|job|idea"
    "|intuition|limitation|downside|upside|price|danger|risk|cause|reason|effect|meaning|result|output|input|name"
    "|motivation|definition|difference|difficulty|challenge|problem|property|feature|use|application|essence|opposite"
    "|inverse|alternative"
)
_ASPECT = re.compile(
    rf"^The (?P<mods>(?:main|key|biggest|greatest|chief|central|basic|primary|principal|most \w+|only|core|ultimate"
    rf"|usual|best-known|original) )?(?P<aspect>{ASPECTS}) (?P<link>of|behind|for|between|in|with) (?P<whole>[^,;:]+?)"
    r" is (?P<rest>.+)$"
)
_OPENS = re.compile(r"^(?:that|to|a|an|the|its|their|[a-z-]+ing|how|whether|simplicity|speed)\b")
_NAMED = re.compile(
    r"^(?P<subject>[^,;:]+?)(?:, | is |, which is | are )?(?P<called>also called|also known as|also referred to as"
    r"|called|known as|referred to as|commonly known as|commonly called) (?P<name>[^,;:()]+?)(?P<after>,.+)?$"
)


@rule("aspect")
def aspect(clause: Clause) -> Iterator[Draft]:
    """What the purpose, the advantage, the idea… of something is."""
    found = _ASPECT.match(clause.text)
    if not found or not _OPENS.match(found["rest"]):
        return
    wholes = found["whole"].split(" and ") if found["link"] == "between" else [found["whole"]]
    parts = [clause.spelling and clause.subject(part) for part in wholes]
    if any(part is None or not (part.settled or part.named) for part in parts) or len(parts) > 2:
        return
    if re.match(r"(?:the same|a (?:problem|matter|challenge|mystery))\b", found["rest"]):
        return
    start = found.start("rest")
    end = trimmed(clause.text, start)
    asked = f"What is the {found['mods'] or ''}{found['aspect']} {found['link']} {found['whole']}"
    yield Draft(question(asked), start, end, "clause")


@rule("name")
def name(clause: Clause) -> Iterator[Draft]:
    """What something is called, or is also known as."""
    found = re.match(
        r"^(?P<subject>[^,;:]+?) (?P<be>is|are) (?:(?:often|usually|commonly|sometimes|also) )?"
        r"(?P<called>called|known as|referred to as|named) (?P<name>[^,;:()]+)$",
        clause.text,
    )
    if found:
        subject = clause.subject(found["subject"])
        settled = subject is not None and subject.settled and len(found["subject"].split()) > 2
        if subject is not None and settled and subject.plural == (found["be"] == "are"):
            if found["called"] in ("called", "named"):
                asked = f"What {found['be']} {subject.text} {found['called']}"
            else:
                asked = f"What {found['be']} {subject.text} {found['called']}"
            yield Draft(question(asked), *found.span("name"), "term")
        return
    found = re.match(
        r"^(?P<subject>[^,;:]+?), (?:which (?P<be>is|are) )?also (?P<called>called|known as|referred to as) "
        r"(?P<name>[^,;:()]+), ",
        clause.text,
    )
    if found:
        subject = clause.subject(found["subject"])
        if subject is not None and (subject.settled or subject.named):
            asked = f"What {'are' if subject.plural else 'is'} {subject.text} also {found['called']}"
            yield Draft(question(asked), *found.span("name"), "term")
