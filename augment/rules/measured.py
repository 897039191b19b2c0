"""'Adam is used with a learning rate of 0.001' -> 'What learning rate is Adam used with?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause
from augment.language.predicates import predicates
from augment.language.standing import dangling, unresolved
from augment.language.words import AUXILIARIES
from augment.rules import Draft, question, rule
from augment.rules.quantity import ABOUT, NUMBER

_MEASURED = (
    rf"(?:{NUMBER}(?:[-–]\d+(?:\.\d+)?)?(?:[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+|e-?\d+)?(?: ?[×x] ?10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"
    r"(?: ?%| ?[A-Za-zμ°/²³]{1,6}\b)?)"
)
_MEASURE = re.compile(
    rf"an? (?P<what>(?:[a-z-]+ ){{0,2}}[a-z-]+) of (?P<number>(?:{ABOUT} )*{NUMBER}(?: ?%| ?[A-Za-zμ°/²³]{{1,6}}\b)?)"
    r"(?=$|,| and | with | on | in )"
)
_TAKES = re.compile(
    rf"^(?P<subject>[^,;:]+?) (?P<verb>takes|take|took) (?P<time>(?:{ABOUT} )*(?:{NUMBER}|an?|one|half an)"
    r" (?:milli|micro|nano)?(?:second|minute|hour|day|week|month|year)s?)\b"
)
_UNIT = (
    r"(?: ?%|-?fold| ?×|x"
    r"| (?:percent(?:age points)?|points?|times|orders of magnitude|dB|BLEU|perplexity|F1|ms|GB|MB)\b)"
)
_AMOUNT = rf"(?:{ABOUT} )*(?:a factor of {NUMBER}|{NUMBER}(?:[-–]\d+(?:\.\d+)?)?{_UNIT}{{1,2}})"
_WITH_MEASURE = re.compile(
    rf"(?:^|(?<= ))(?P<link>with|at|to|using) an? (?P<what>(?:[a-zA-Z-]+ ){{0,3}}(?:rate|size|ratio|dimension|length"
    rf"|decay|dropout|temperature|probability|threshold|number|depth|width|factor|variance|resolution|coefficient|patience"
    rf"|budget|momentum|stride|weight|rank|seed|maximum)) of (?P<number>(?:{ABOUT} )*{_MEASURED})"
    r"(?=$|,|\.$| and | with | on | in | for | using )"
)
_REACHED = re.compile(
    rf"(?:an? )?(?P<number>(?:{ABOUT} )*{NUMBER} ?%) (?P<what>(?:(?:top-\d+|[a-z-]+|F1|[A-Z]+) ){{0,2}}(?:accuracy"
    r"|precision|recall|coverage|sparsity|agreement|F1|score))(?P<where> (?:on|in|for) (?:the |an? )?[^,;:]+)?(?=$|,)"
)
_MARGIN = re.compile(
    rf"(?P<thing>(?:(?!by\b)[^\s,;:]+ )*?)by (?P<number>{_AMOUNT})(?=$|,| on | in | for | over | compared | when | to )"
)
_FAR = re.compile(r"[,;:]|\b(?:using|by|that|which|and)\b")
_MOST_BETWEEN = 6


@rule("measure")
def measure(clause: Clause) -> Iterator[Draft]:
    """Which temperature, vocabulary size, share… something has."""
    for said in predicates(clause):
        found = _MEASURE.match(said.rest) if said.base in ("have", "use", "achieve", "reach", "obtain") else None
        if found:
            start = said.start
            asked = said.asked(word=f"What {found['what']}")
            yield Draft(question(asked), start + found.start("number"), start + found.end("number"), "number")


@rule("rate")
def rate(clause: Clause) -> Iterator[Draft]:
    """Which learning rate something is trained with, and which accuracy it achieves."""
    for said in predicates(clause):
        found = _WITH_MEASURE.search(said.rest) if said.passive else None
        before = said.rest[: found.start()].strip() if found else ""
        if found and len(before.split()) <= _MOST_BETWEEN and not _FAR.search(before):
            asked = said.asked(f"{before} {found['link']}".strip(), word=f"What {found['what']}")
            yield Draft(question(asked), said.start + found.start("number"), said.start + found.end("number"), "number")
        reached = (
            _REACHED.match(said.rest) if said.base in ("achieve", "reach", "obtain") and not said.passive else None
        )
        if reached:
            asked = said.asked((reached["where"] or "").strip(), word=f"What {reached['what']}")
            start = said.start
            yield Draft(question(asked), start + reached.start("number"), start + reached.end("number"), "number")


@rule("margin")
def margin(clause: Clause) -> Iterator[Draft]:
    """By how much something is better, faster, reduced."""
    for said in predicates(clause):
        found = _MARGIN.match(said.rest)
        if found is None or said.base == "be":
            continue
        thing = found["thing"].strip()
        if (
            bool(thing) == said.passive
            or re.search(r"\bthat\b", thing)
            or dangling(f"Things of some sort have {thing or 'something'} now.")
        ):
            continue
        asked = said.asked(thing, word="By how much")
        yield Draft(question(asked), said.start + found.start("number"), said.start + found.end("number"), "number")


@rule("duration")
def duration(clause: Clause) -> Iterator[Draft]:
    """How long something takes."""
    found = _TAKES.match(clause.text)
    if found is None:
        return
    gerund = (
        clause.within(found["subject"])
        if re.match(r"[A-Z][a-z]+ing (?:an?|the|[A-Z]|\w+s\b)", found["subject"])
        else None
    )
    subject = clause.subject(found["subject"])
    name = subject.text if subject else gerund if clause.titled or " " in found["subject"] else None
    if (
        name is None
        or AUXILIARIES.intersection(name.split())
        or unresolved(f"How long is {name}?", definite=not clause.titled)
    ):
        return
    do = "did" if found["verb"] == "took" else subject.do if subject else "does"
    yield Draft(question(f"How long {do} {name} take"), *found.span("time"), "number")
