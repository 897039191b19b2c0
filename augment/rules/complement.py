"""'FAISS is a library for similarity search' -> 'What is FAISS a library for?'; 'X plays a role in Y' likewise."""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause, object_end
from augment.language.predicates import predicates
from augment.language.words import EMPTY, FUNCTION_WORDS, VERBS, is_participle
from augment.rules import Draft, question, rule
from augment.rules.definition import definition

_NOUN = r"(?:(?:\w+ly )?[a-z-]+ ){0,3}?"
_IS = re.compile(
    rf"(?P<noun>(?:an?|the) {_NOUN}(?P<head>[a-z-]+)|part|parts|one|members?|examples?|instances?|variants?) "
    r"(?P<link>of|for|to|in|between|with) (?=\S)"
)
_LIGHT = {
    "play": "role part",
    "have": "effect impact influence advantage access",
    "provide": "tool framework basis means overview alternative solution benchmark platform guarantee interface",
    "offer": "alternative solution framework platform",
    "form": "basis part foundation",
    "pose": "challenge threat risk problem",
    "give": "insight rise access",
    "require": "knowledge",
    "make": "use",
    "take": "advantage",
}
_DOES = re.compile(rf"(?P<noun>(?:(?:an?|the) )?{_NOUN}(?P<head>[a-z-]+)) (?P<link>of|for|to|in|on|into|over) (?=\S)")
_JUDGING = frozenset(
    {"bad", "best", "better", "common", "first", "good", "least", "main", "most", "natural", "new", "novel", "obvious"}
    | {"only", "right", "same", "second", "typical", "usual", "worst", "wrong"}
)
_POINTING = frozenset({"that", "those", "it", "them", "this", "these", "which", "both", "each", "its", "their", "the"})


@rule("complement")
def complement(clause: Clause) -> Iterator[Draft]:
    """What something is a library for, a part of, an alternative to; what it plays a role in."""
    for said in predicates(clause):
        if said.passive:
            continue
        if said.base == "be" and any(definition(clause)):
            return
        pattern, heads = (_IS, None) if said.base == "be" else (_DOES, _LIGHT.get(said.base, "").split())
        found = pattern.match(said.rest)
        if found is None or (heads is not None and found["head"] not in heads):
            continue
        words = found["noun"].split()
        head = found.groupdict()["head"] or words[-1]
        open_noun = FUNCTION_WORDS.intersection(words[1:]) or head.endswith("ing") or is_participle(head)
        judged = _JUDGING.intersection(words) or any(word.endswith("est") for word in words)
        if head in EMPTY or open_noun or judged:
            continue
        start = said.start + found.end()
        first = clause.text[start:].split(maxsplit=1)[0].strip(",;")
        if (first in _POINTING and first != "the") or (found["link"] == "to" and first in VERBS):
            continue
        end = min(object_end(clause.text, start, plural=said.subject.plural), said.end)
        yield Draft(question(said.asked(f"{found['noun']} {found['link']}")), start, end, "phrase")
