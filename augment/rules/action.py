"""'Adam combines momentum with …' -> 'What does Adam combine?', 'X depends on Y' -> 'What does X depend on?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.phrases import Subject
from augment.rules import Clause, Draft, question, rule, trimmed
from augment.words import ARTICLES, NUMBERS, PREPOSITIONS, finite_verbs, third_person, verbs

PHRASAL = (
    "consist of,depend on,rely on,refer to,lead to,result in,belong to,correspond to,suffer from,deal with,focus on,"
    "start from,begin with,aim at,benefit from,operate on,correct for,account for,improve on,differ in,stem from,"
    "originate from,range from,specialise in,specialize in,act as,serve as,look at,work on,stand for,point at,apply to,"
    "arise from,occur in,end in,build on,contribute to,react to,attend to,translate to,lack,mean,need"
)
_PHRASAL = {
    form: base
    for base in PHRASAL.split(",")
    for form in (base, f"{third_person(base.split()[0])}{base[len(base.split()[0]) :]}")
}
_PLAIN = {form: base for verb in verbs() for form, base in ((verb, verb), (third_person(verb), verb))}
_SPLIT = {
    "convert": "into to", "transform": "into to", "turn": "into", "map": "to onto", "translate": "into to",
    "divide": "into by", "split": "into", "cut": "into", "project": "onto to", "compress": "into to",
    "replace": "with by", "compare": "with to", "distinguish": "from", "separate": "from into", "assign": "to",
    "add": "to", "apply": "to", "multiply": "by with", "combine": "with", "protect": "from against",
    "prevent": "from", "derive": "from", "remove": "from", "reduce": "to",
}  # fmt: skip
_SPLIT_FORMS = {form: base for base in _SPLIT for form in (base, third_person(base))}
_WORD = re.compile(r"[\w-]+")
_AND_VERB = re.compile(r",? (?:and|but|or) (?:(?:also|then|therefore|thus|\w+ly) )?(?P<verb>[a-z-]+)\b")
_ADVERBIAL = re.compile(
    r",? (?:when|if|before|after|whenever|until|once|where|as well as|as long as|in order to|to avoid|rather than"
    r"|instead of|even|just as|just like|such that|at the cost|at the price|at the expense|at no)\b.*"
)
_BAD_OBJECT = re.compile(
    r"^(?:it|them|him|us|itself|themselves|both|this|that|these|those|such|one|well|only|not|as|how|what|whether|why"
    r"|when|to|no|nothing|neither|much|more|less|best|better|better|a lot|the same|another|other|others|together|up"
    r"|out|down|off|away|so|very|too|part|place|use|advantage|longer|faster|slower|very)\b"
)


@rule("phrasal")
def phrasal(clause: Clause) -> Iterator[Draft]:
    """What something consists of, depends on, leads to…"""
    for subject, form, start in _verbs(clause):
        for width in (2, 1):
            words = " ".join(clause.text[start:].split()[:0])
            del words, width
        verb = clause.text[start:]
        for phrase in (f"{form} {verb.split()[0]}" if verb.split() else "", form):
            if phrase in _PHRASAL and _agrees(subject, form):
                base = _PHRASAL[phrase]
                begin = start + (len(phrase) - len(form))
                begin += len(clause.text[begin:]) - len(clause.text[begin:].lstrip())
                yield from _draft(clause, subject, form, base, begin)
                return


@rule("object")
def plain_object(clause: Clause) -> Iterator[Draft]:
    """What something reduces, predicts, contains…"""
    for subject, form, start in _verbs(clause):
        if form not in _PLAIN or not _agrees(subject, form):
            continue
        base = _PLAIN[form]
        first = (_WORD.search(clause.text, start) or [""])[0]
        if verbs()[base] and first not in ARTICLES | NUMBERS | {"its", "their", "each", "every", "all"}:
            continue
        if base in _SPLIT and _divided(clause, base, start):
            yield from _divided_draft(clause, subject, base, start)
        else:
            yield from _draft(clause, subject, form, base, start)
        return


def _verbs(clause: Clause) -> Iterator[tuple[Subject, str, int]]:
    """Each word that may be the finite verb after a subject that stands alone, with where its object begins."""
    for found in _WORD.finditer(clause.text):
        form = found[0]
        if found.start() == 0 or (form not in _PLAIN and form not in _FORMS):
            continue
        subject = clause.subject(clause.text[: found.start()].rstrip())
        if subject is not None and subject.settled:
            yield subject, form, found.end() + 1


_FORMS = frozenset(form.split()[0] for form in _PHRASAL)


def _agrees(subject: Subject, form: str) -> bool:
    return (form in finite_verbs() or form.endswith("s")) != subject.plural


def _draft(clause: Clause, subject: Subject, form: str, base: str, start: int) -> Iterator[Draft]:
    end = object_end(clause.text, start)
    words = clause.text[start:end].split()
    if not words or _BAD_OBJECT.match(clause.text[start:end]) or words[0] in PREPOSITIONS and base in _PLAIN:
        return
    if words[0].endswith("ly") or (len(words) == 1 and words[0] in ("data",)):
        return
    yield Draft(question(f"What {_do(subject)} {subject.text} {base}"), start, end, "phrase")


def _divided(clause: Clause, base: str, start: int) -> re.Match[str] | None:
    prepositions = "|".join(_SPLIT[base].split())
    found = re.match(rf"(?P<object>(?:[\w-]+ ){{1,5}})(?P<link>{prepositions}) (?P<rest>[^,;]+)", clause.text[start:])
    if not found or set(found["object"].split()) & (PREPOSITIONS - {"of"}) or _BAD_OBJECT.match(found["object"]):
        return None
    if re.search(r"\b(?:and|its|their|that|which)\b", found["object"]):
        return None
    return found


def _divided_draft(clause: Clause, subject: Subject, base: str, start: int) -> Iterator[Draft]:
    found = _divided(clause, base, start)
    if not found or found["rest"].split()[0] in verbs():
        return
    begin = start + found.start("rest")
    end = object_end(clause.text, begin)
    asked = f"What {_do(subject)} {subject.text} {base} {found['object']}{found['link']}"
    yield Draft(question(asked), begin, end, "phrase")


def object_end(text: str, start: int) -> int:
    """Where the object that begins at `start` ends: before a second verb, a subordinate clause or an adverbial."""
    end = trimmed(text, start)
    for found in _AND_VERB.finditer(text, start, end):
        if found["verb"] in finite_verbs() or found["verb"] in ("is", "are", "has", "can", "makes", "gives", "keeps", "leaves"):
            end = found.start()
            break
    if found := _ADVERBIAL.search(text, start, end):
        end = found.start()
    if found := re.search(r", [a-z]+ing\b.*", text[start:end]):
        end = start + found.start()
    return end


def _do(subject: Subject) -> str:
    return "do" if subject.plural else "does"
