"""'Adam combines momentum with …' -> 'What does Adam combine …?', 'X depends on Y' -> 'What does X depend on?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.clauses import Clause, object_end
from augment.phrases import Subject
from augment.rules import Draft, question, rule
from augment.words import ARTICLES, FINITE, NUMBERS, PREPOSITIONS, UNSETTLED, VERBS, third_person

_PARTICLES = {
    "consist": "of", "depend": "on", "rely": "on", "refer": "to", "lead": "to", "result": "in", "belong": "to",
    "correspond": "to", "suffer": "from", "deal": "with", "focus": "on", "start": "from", "begin": "with", "aim": "at",
    "benefit": "from", "operate": "on", "account": "for", "improve": "on", "stem": "from", "originate": "from",
    "range": "from", "specialise": "in", "specialize": "in", "act": "as", "serve": "as", "rest": "on", "look": "at",
    "work": "on", "point": "at", "apply": "to", "arise": "from", "occur": "in", "end": "in", "build": "on",
    "contribute": "to", "react": "to", "attend": "to", "translate": "to", "need": "", "lack": "", "mean": "",
}  # fmt: skip
_MOVED = {
    "add": "to", "apply": "to", "assign": "to", "combine": "with", "compare": "with to", "compress": "into to",
    "convert": "into to", "cut": "into", "derive": "from", "distinguish": "from", "divide": "into by", "map": "to onto",
    "multiply": "by with", "prevent": "from", "project": "onto to", "protect": "from against", "reduce": "to",
    "remove": "from", "replace": "with by", "separate": "from into", "split": "into", "transform": "into to",
    "translate": "into to", "turn": "into",
}  # fmt: skip
"""Verbs that take a thing somewhere: 'maps text to vectors' is asked as 'what does it map text to'."""

_PLAIN = {form: verb for verb, marks in VERBS.items() if "!" not in marks for form in (verb, third_person(verb))}
_WITH_PARTICLE = {form: verb for verb in _PARTICLES for form in (verb, third_person(verb))}
_WORD = re.compile(r"[\w-]+")
_DETERMINERS = ARTICLES | NUMBERS | {"its", "their", "each", "every", "all", "several", "many"}
_NO_OBJECT = re.compile(
    r"(?:it|them|him|us|itself|themselves|both|this|that|these|those|such|one|well|only|not|as|how|what|whether|why|when"
    r"|to|no|nothing|neither|much|more|less|best|better|a lot|the same|another|others?|together|up|out|down|off|away"
    r"|so|slower|very|too|part|place|use|advantage|longer|faster|top|the best of"
    r"|the (?:technique|method|approach)|\w+ly)\b"
    r"|(?:two|three|four|five)$|\d"
)
_NOT_MOVED = re.compile(r"\b(?:the|and|its|their|that|which|\w+ly)\b")


@rule("particle")
def particle(clause: Clause) -> Iterator[Draft]:
    """What something consists of, depends on, leads to, needs…"""
    for subject, form, start in _predicates(clause, _WITH_PARTICLE):
        base = _WITH_PARTICLE[form]
        phrase = f"{base} {_PARTICLES[base]}".strip()
        if clause.text.startswith(_PARTICLES[base] and f"{_PARTICLES[base]} ", start):
            yield from _asked(clause, subject, phrase, start + len(phrase) - len(base))
            return


@rule("object")
def plain_object(clause: Clause) -> Iterator[Draft]:
    """What something reduces, predicts, contains; what it maps text to."""
    for subject, form, start in _predicates(clause, _PLAIN):
        base = _PLAIN[form]
        first = _first_word(clause.text, start)
        if not first or first in PREPOSITIONS or ("*" in VERBS[base] and first not in _DETERMINERS):
            continue
        links = "|".join(_MOVED.get(base, "").split())
        moved = re.match(rf"(?P<thing>(?:[\w-]+ ){{1,5}}?)(?P<link>{links or '(?!)'}) (?=\S)", clause.text[start:])
        if moved is None:
            if not links or not re.search(rf" (?:{links}) ", clause.text[start:]):
                yield from _asked(clause, subject, base, start)
        elif _may_move(moved["thing"]) and _first_word(clause.text, start + moved.end()) not in VERBS:
            yield from _asked(clause, subject, f"{base} {moved['thing']}{moved['link']}", start + moved.end())
        return


def _first_word(text: str, start: int) -> str:
    found = _WORD.match(text, start)
    return found[0] if found else ""


def _may_move(thing: str) -> bool:
    """Whether 'a document', which goes with the verb into the question, is plain and points at nothing."""
    return not (_NOT_MOVED.search(thing) or _NO_OBJECT.match(thing) or set(thing.split()) & (PREPOSITIONS - {"of"}))


def _predicates(clause: Clause, forms: dict[str, str]) -> Iterator[tuple[Subject, str, int]]:
    """Each of `forms` that may be the finite verb of a subject that stands alone, with where its object begins."""
    for found in _WORD.finditer(clause.text, 1):
        if found[0] in forms and clause.text[found.start() - 1] == " ":
            subject = clause.subject(clause.text[: found.start() - 1])
            if subject is not None and (found[0] in FINITE) != subject.plural:
                yield subject, found[0], found.end() + 1


def _asked(clause: Clause, subject: Subject, verb: str, start: int) -> Iterator[Draft]:
    end = object_end(clause.text, start, plural=subject.plural, colon=verb == "consist of")
    said = clause.text[start:end]
    if not said or _NO_OBJECT.match(said) or " more than " in said or (verb in ("define", "use") and " as " in said):
        return
    if said.startswith("the ") and said.split()[1:2] and said.split()[1] in UNSETTLED:
        return
    yield Draft(question(f"What {subject.do} {subject.text} {verb}"), start, end, "phrase")
