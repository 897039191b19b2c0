"""'MinHash is a technique that …' -> 'What is MinHash?' and 'Which technique …?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause, predicate_end
from augment.language.phrases import Subject
from augment.language.standing import dangling
from augment.language.words import CLASS_NOUNS, FUNCTION_WORDS, RELATIONAL, UNSETTLED, is_name, is_plural, singular
from augment.rules import Draft, question, rule

_IS = re.compile(r"^(?P<subject>[^,;:]+?)(?:, (?:which|who) (?:was|were|is|are) [^,]+,)? (?P<be>is|are) (?P<said>.+)$")
_KIND = re.compile(
    r"^(?:(?P<article>an?|the) )?(?P<words>(?:[\w/’'.-]+ )*?[\w-]+)"
    r",? (?P<link>that|which|who|where|whose|in which|by which|at which|of|for|in|to|used|between|with|from|on|at"
    r"|during|over|based|designed|developed|trained|introduced|proposed|consisting|containing)\b .+$"
)
_NAMED_IS = re.compile(
    r"(?:an?|the) (?:(?:\w+ly )?[a-z-]+,? (?:and |yet |but )?){0,4}?(?!(?:\w+est|same|way|lot|bit|case|matter|problem"
    r"|challenge|choice|result|example|number|baseline)\b)[a-z-]+(?: \([A-Z]\w+\))?"
    r" (?:for|that|which|to|of|based|used|developed|designed|trained) "
)
_ALTERNATIVE = re.compile(r" or an? [\w-]+(?= (?:that|which|of)\b)")
_RELATIVE = re.compile(r"^(?P<kind>[^,]+?) (?:that|which) (?P<does>(?:\w+ly )?\w+.*)$")
_SETS = frozenset({"set", "pair", "series", "group", "form", "type", "kind"})
_VAGUE = _SETS | frozenset(
    {"sort", "lot", "variety", "couple", "bit", "means", "example", "instance", "matter", "topic", "result", "reason"}
    | {"thing", "way", "case", "compromise"}
)
_TELLING = frozenset(
    ["difference", "observation", "ability", "practice", "use", "property", "effect", "extent", "work", "part"]
)
_TELLING_MORE = frozenset({"simple", "new", "popular", "specific", "special", "general", "alternative", "single"})
_JUDGING = frozenset({"rough", "arguably", "probably", "perhaps", "important", "powerful"})
_PEOPLE = re.compile(
    r"\b(?:founder|initiator|author|inventor|creator|researcher|professor|scientist|engineer|director|president|chair"
    r"|leader|mathematician|physicist|statistician|linguist|physician|philosopher|chief|CEO)\b"
)
_FEWEST_TOLD = 4
"""Words of an answer to 'what is': with fewer it sets nothing apart."""


@rule("definition")
def definition(clause: Clause) -> Iterator[Draft]:
    """What X is, where the sentence says which kind of thing, and what sets it apart."""
    found = _IS.match(clause.text)
    subject = found and (clause.phrase(found["subject"]) or clause.subject(found["subject"]))
    if not found or not subject or not _defines(subject, found["be"], found["said"]):
        return
    start = found.start("said")
    end = predicate_end(clause.text, start, colon=True)
    if len(clause.text[start:end].split()) >= _FEWEST_TOLD:
        person = subject.named and _PEOPLE.search(found["said"].split(" of ")[0])
        yield Draft(question(f"{'Who' if person else 'What'} {found['be']} {subject.text}"), start, end, "phrase")


@rule("kind")
def kind(clause: Clause) -> Iterator[Draft]:
    """The same read backwards: which technique does what, where one name answers."""
    found = _IS.match(clause.text)
    subject = found and clause.phrase(found["subject"])
    if not found or not subject or found["be"] != "is" or not _defines(subject, "is", found["said"]):
        return
    article, _, said = found["said"].partition(" ")
    relative = _RELATIVE.match(said[: predicate_end(said, 0)])
    if article not in ("a", "an") or not relative or re.search(r"\b(?:who|where|as|or)\b", relative["kind"]):
        return
    asked = question(f"Which {relative['kind']} {relative['does']}")
    leaning = re.search(r"\b(?:it|its|they|their|them)\b", asked) or dangling(asked[:-1] + ".")
    if 7 <= len(asked.split()) <= 28 and not leaning and _is_verb(relative["does"].split()[0]):
        yield Draft(asked, 0, found.end("subject"), "name" if subject.named else "term")


def _is_verb(first: str) -> bool:
    """Whether 'that' is the subject of what follows, not its object as in 'a method that many models use'."""
    if first in ("is", "was", "can", "has", "may", "must", "will", "had", "should", "does"):
        return True
    return (first.endswith("s") and not first.endswith("ss")) or first.endswith("ly")


def _defines(subject: Subject, be: str, said: str) -> bool:
    """Whether 'subject be said' tells what the subject is, and does not judge it or say where it stands."""
    found = _KIND.match(_ALTERNATIVE.sub("", said, count=1))
    if subject.bare or not subject.agrees(be) or found is None:
        return False
    if subject.named and be == "is" and subject.settled and _NAMED_IS.match(said):
        return not (UNSETTLED - _TELLING_MORE).intersection(said.split(" of ")[0].split()[:4])
    words = found["words"].split()
    head, article = words[-1], found["article"]
    noun = singular(head).split("-")[-1]
    leaning = FUNCTION_WORDS | UNSETTLED | _JUDGING
    if len(words) > 6 or is_name(head) or any(word.endswith(("ly", "est")) for word in words):
        return False
    if leaning.intersection(words[:-1]) or head in FUNCTION_WORDS | _JUDGING or _JUDGING.intersection(said.split()):
        return False
    if article == "the":
        apart = found["link"] in ("of", "that", "in which", "by which", "at which", "between", "for")
        return apart and noun not in _VAGUE and (noun in _TELLING or noun not in RELATIONAL | UNSETTLED)
    if noun in _VAGUE and (noun not in _SETS or found["link"] != "of"):
        return False
    if be == "are":
        return noun in CLASS_NOUNS and not article and is_plural(head)
    return noun in CLASS_NOUNS | _SETS and article is not None
