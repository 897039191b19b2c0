"""'Adam combines momentum with …' -> 'What does Adam combine …?', 'X depends on Y' -> 'What does X depend on?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause, object_end, predicate_end
from augment.language.predicates import Predicate, predicates
from augment.language.standing import deictic
from augment.language.words import DETERMINERS, FINITE, PREPOSITIONS, UNSETTLED, VERBS, is_participle
from augment.rules import COUNTED, Draft, question, rule

_PARTICLES = {
    "account": "for", "act": "as", "adapt": "to", "adhere": "to", "aim": "at", "apply": "to", "arise": "from",
    "attend": "to", "become": "", "begin": "with", "belong": "to", "benefit": "from", "build": "on upon",
    "come": "from", "conform": "to", "consist": "of", "contribute": "to", "converge": "to", "correspond": "to",
    "deal": "with", "depend": "on upon", "differ": "from", "emerge": "from", "end": "in", "evolve": "from",
    "excel": "at in", "focus": "on", "generalise": "to", "generalize": "to", "have": "", "improve": "on upon",
    "interact": "with", "lack": "", "lead": "to", "lie": "in", "look": "at", "mean": "", "need": "", "occur": "in",
    "operate": "on", "originate": "from", "participate": "in", "point": "at", "range": "from", "react": "to",
    "refer": "to", "rely": "on upon", "rest": "on", "result": "in", "scale": "with", "serve": "as",
    "specialise": "in", "specialize": "in", "start": "from", "stem": "from", "struggle": "with", "suffer": "from",
    "translate": "to", "vary": "with", "work": "on",
}  # fmt: skip
_MOVED = {
    "add": "to", "apply": "to", "assign": "to", "combine": "with", "compare": "with to", "compress": "into to",
    "convert": "into to", "cut": "into", "derive": "from", "distinguish": "from", "divide": "into by", "map": "to onto",
    "multiply": "by with", "prevent": "from", "project": "onto to", "protect": "from against", "reduce": "to",
    "remove": "from", "replace": "with by", "separate": "from into", "split": "into", "transform": "into to",
    "translate": "into to", "turn": "into",
}  # fmt: skip
"""Verbs that take a thing somewhere: 'maps text to vectors' is asked as 'what does it map text to'."""

_WORD = re.compile(r"[\w-]+")
_NO_OBJECT = re.compile(
    r"(?:it|them|him|us|itself|themselves|both|this|that|these|those|such|one(?! [a-z]+ (?:and|with)\b)|well|only|not"
    r"|as|how|what|whether|why|when|to|no|nothing|neither|much|more|less|best|better|a lot|the same|the ones?"
    r"|another|others?|together|up|out|down|off|away|so|slower|very|too|part|place|use|advantage|longer|faster|top"
    r"|the best of|each other|the (?:technique|method|approach)|\w+ly(?! [a-z-]+(?:ed|al|ive|ous|nt|ic|able|ible)\b))\b"
    r"|(?:two|three|four|five)$|\d"
)
_HOW_MUCH = re.compile(
    r" by (?:(?:about|around|roughly|approximately|nearly|almost|over|up to|at least|more than) )*(?:\d|a factor)"
    r"[^,;]*$"
    r"| (?:substantially|significantly|greatly|considerably|dramatically|drastically|consistently|effectively|slightly"
    r"|efficiently|well|further|better|faster|worse)$"
)
_ADVERB = re.compile(r"[a-z]+ly ")
_NOT_MOVED = re.compile(r"\b(?:the|and|its|their|that|which|\w+ly)\b")
_HAD = re.compile(r"an? (?!(?:\w+ )?(?:\w+ of\b|chance|look|lot|ability|effect|impact|influence|role|way|look))")
_SAYS = frozenset(
    {
        "argue",
        "assume",
        "conclude",
        "demonstrate",
        "ensure",
        "find",
        "imply",
        "indicate",
        "mean",
        "postulate",
        "require",
    }
    | {"reveal", "show", "state", "suggest"}
)
_EMPTY = re.compile(
    r"(?:(?:an? |the )?(?:[\w-]+ ){0,2}(?:results?|experiments?|performances?|improvements?|effectiveness|efficacy"
    r"|superiority|usefulness|feasibility|potential|evidence|attention|success|promise|interest))"
    r"(?=$|,| (?:of|in|on|for|over|from|across|to|with|when|as|that|than|by)\b)"
)
"""Objects that say nothing: 'What does BERT show?' 'The effectiveness.'"""


@rule("particle")
def particle(clause: Clause) -> Iterator[Draft]:
    """What something consists of, depends on, leads to, needs…"""
    for said in predicates(clause):
        if said.passive or said.base not in _PARTICLES or not _fits(said):
            continue
        links = _PARTICLES[said.base].split()
        adverb = _ADVERB.match(said.rest)
        begin = adverb.end() if adverb and links else 0
        link = next((link for link in links if said.rest.startswith(f"{link} ", begin)), "")
        if link or not links:
            yield from _asked(said, link, said.start + (begin + len(link) + 1 if link else 0))


def _fits(said: Predicate) -> bool:
    """Whether what follows 'have' and 'become' is a thing that tells something."""
    return said.base not in ("have", "become") or _HAD.match(said.rest) is not None


@rule("claim")
def claim(clause: Clause) -> Iterator[Draft]:
    """What something shows, suggests or assumes to be so."""
    for said in predicates(clause):
        if said.base in _SAYS and not said.passive and said.rest.startswith("that ") and not said.subject.bare:
            end = min(predicate_end(clause.text, said.start), said.end)
            yield Draft(question(said.asked()), said.start, end, "clause")


@rule("object")
def plain_object(clause: Clause) -> Iterator[Draft]:
    """What something reduces, predicts, contains; what it maps text to."""
    for said in predicates(clause):
        first = _first_word(said.rest)
        links = _PARTICLES.get(said.base, "-").split()
        if said.passive or "!" in VERBS.get(said.base, "!") or not links or first in links:
            continue
        if not first or first in PREPOSITIONS or ("*" in VERBS[said.base] and first not in DETERMINERS):
            continue
        ways = "|".join(_MOVED.get(said.base, "").split())
        moved = re.match(rf"(?P<thing>(?:[\w-]+ ){{1,5}}?)(?P<link>{ways or '(?!)'}) (?=\S)", said.rest)
        if moved is None:
            if not ways or not re.search(rf" (?:{ways}) ", said.rest):
                yield from _asked(said, "", said.start)
        elif _may_move(moved["thing"]) and _first_word(said.rest[moved.end() :]) not in VERBS:
            yield from _asked(said, moved["thing"] + moved["link"], said.start + moved.end())


def _first_word(text: str) -> str:
    found = _WORD.match(text)
    return found[0] if found else ""


def _may_move(thing: str) -> bool:
    """Whether 'a document', which goes with the verb into the question, is plain and points at nothing."""
    return not (_NOT_MOVED.search(thing) or _NO_OBJECT.match(thing) or set(thing.split()) & (PREPOSITIONS - {"of"}))


def _asked(said: Predicate, tail: str, start: int) -> Iterator[Draft]:
    text = said.clause.text
    colon = said.base == "consist" or COUNTED.match(text, start) is not None
    end = min(object_end(text, start, plural=said.subject.plural, colon=colon), said.end)
    while how := _HOW_MUCH.search(text, start, end):
        end = how.start()
    thing = text[start:end]
    if text[end : end + 3] in (" - ", " – "):
        return
    if is_participle(thing) or thing.split()[:1] == ["and"] or deictic(thing):
        return
    if not thing or _NO_OBJECT.match(thing) or _EMPTY.match(thing) or " more than " in thing:
        return
    if said.base in ("define", "use") and " as " in thing:
        return
    if thing.startswith("the ") and thing.split()[1:2] and thing.split()[1] in UNSETTLED:
        return
    if FINITE.keys() & {thing.split()[0]} and len(thing.split()) == 1:
        return
    yield Draft(question(said.asked(tail)), start, end, "phrase")
