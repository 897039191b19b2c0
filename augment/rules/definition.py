"""'MinHash is a technique that …' -> 'What is MinHash?' and 'Which technique …?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.phrases import Subject
from augment.rules import Clause, Draft, question, rule, trimmed
from augment.standing import dangling
from augment.words import CLASS_NOUNS, RELATIONAL, UNSETTLED, is_name, singular

_IS = re.compile(r"^(?P<subject>[^,;:]+?)(?:, (?:which|who) (?:was|were|is|are) [^,]+,)? (?P<verb>is|are) (?P<predicate>.+)$")
_PREDICATE = re.compile(
    r"^(?P<article>an?|the)? ?(?P<words>(?:[\w/’'.-]+ )*?[\w-]+)"
    r"(?P<link>,? (?:that|which|who|where|whose|in which|by which|at which|of|for|in|to|used|between|with|from|on|based"
    r"|designed|developed|trained|introduced|proposed|consisting|containing)\b)(?P<rest> .+)$"
)
_VAGUE = frozenset(
    "kind sort type lot number variety couple bit means part example instance matter series form topic result reason"
    " thing set way case pair group".split()
)


@rule("definition")
def definition(clause: Clause) -> Iterator[Draft]:
    """What is X, where the sentence says which kind of thing it is and what sets it apart."""
    found = _IS.match(clause.text)
    if not found:
        return
    subject = clause.subject(found["subject"])
    if subject is None or not _defines(subject, found["verb"], found["predicate"]):
        return
    start = found.start("predicate")
    end = trimmed(clause.text, start)
    if len(clause.text[start:end].split()) >= 4:
        yield Draft(question(f"What {found['verb']} {subject.text}"), start, end, "phrase")


@rule("kind")
def kind(clause: Clause) -> Iterator[Draft]:
    """The same read backwards: which technique does what, where one name answers."""
    found = _IS.match(clause.text)
    if not found or found["verb"] != "is":
        return
    subject = clause.subject(found["subject"])
    predicate = _PREDICATE.match(found["predicate"])
    if subject is None or predicate is None or not _defines(subject, "is", found["predicate"]):
        return
    if predicate["article"] not in ("a", "an") or len(subject.text.split()) > 8:
        return
    what = found["predicate"][len(predicate["article"]) + 1 :]
    what = what[: trimmed(what, 0)]
    relative = re.match(r"(?P<head>[^,]+?) (?:that|which) (?P<rest>(?:\w+ly )?\w+.*)$", what)
    if not relative or re.search(r"\b(?:that|which|who|where|as)\b", relative["head"]):
        return
    asked = f"Which {relative['head']} {relative['rest']}"
    if len(asked.split()) < 7 or len(asked.split()) > 28 or dangling(question(asked)[:-1] + "."):
        return
    if re.search(r"\b(?:it|its|they|their|them)\b", asked) or _opens_clause(relative["rest"]):
        return
    yield Draft(question(asked), 0, found.end("subject"), "name" if subject.named else "term")


def _opens_clause(rest: str) -> bool:
    """Whether 'that' had a subject of its own: 'a method that many models use'."""
    first = rest.split()[0]
    if first in ("is", "was", "can", "has", "may", "must", "will", "had", "should", "does"):
        return False
    return not (first.endswith("s") and not first.endswith("ss")) and not first.endswith("ly")


def _defines(subject: Subject, verb: str, predicate: str) -> bool:
    """Whether 'subject verb predicate' says what the subject is."""
    if (verb == "are") != subject.plural and not (subject.named and verb == "is"):
        return False
    found = _PREDICATE.match(predicate)
    if not found:
        return False
    words = found["words"].split()
    head = words[-1]
    if any(word in UNSETTLED or word.endswith("est") for word in words[:-1]) or len(words) > 6:
        return False
    if any(re.search(r"ed$|ly$", word) and word == head for word in words):
        return False
    noun = singular(head).split("-")[-1]
    if noun in _VAGUE or is_name(head):
        return noun in ("pair", "set", "series", "group", "form", "type", "kind") and found["link"].strip() == "of"
    if found["article"] == "the":
        link = found["link"].strip(", ")
        return noun not in RELATIONAL | UNSETTLED and link in (
            "of", "that", "in which", "by which", "at which", "between", "for"
        )  # fmt: skip
    plural = verb == "are"
    if plural == bool(found["article"]) and not (plural and found["article"]):
        return False
    return noun in CLASS_NOUNS and (not plural or singular(head) != head)
