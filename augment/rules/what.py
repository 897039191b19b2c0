"""'Pauli repulsion keeps white dwarfs from collapsing' -> 'What keeps white dwarfs from collapsing?'"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from augment.language.clauses import Clause, predicate_end
from augment.language.standing import dangling, deictic, unresolved
from augment.language.stems import content
from augment.language.words import (
    ADVERBS,
    AUXILIARIES,
    CATCH_ALL,
    CONJUNCTIONS,
    CONTEXTUAL,
    DETERMINERS,
    DRAWN,
    FINITE,
    FUNCTION_WORDS,
    PEOPLE,
    POINTING,
    PREPOSITIONS,
    RELATIONAL,
    REPORTED,
    REPORTING,
    VERBS,
    is_name,
    is_participle,
    singular,
)
from augment.rules import Draft, closed, question, rule

_WORD = re.compile(r"[^\s,;:]+")
_SINGULAR = frozenset({"is", "was", "has", "can", "could", "may", "might", "should", "must", "will", "would"})
_OPENS_A_CLAUSE = frozenset({"that", "which", "who", "whose", "where", "when", "whether", "how", "what", "why"})
_LEANING = re.compile(
    r"\b(?:it|its|they|their|them|he|she|his|her|this|these|those|such|same|also|not|therefore|thus|then|both|another"
    r"|other|above|below|follows|important|interesting|necessary|clear|likely|possible|there|here|however)\b|\.\.\.|[=≥≤\[]"
)
_EQUATES = re.compile(
    r"\w+(?: be)? (?:an? (?:common|frequent|good|natural|popular|typical|usual)|to|that|what|with|how|whether|when"
    r"|where|because) "
)
_COMMA = re.compile(r",(?!\d)")
_LISTED = re.compile(r", (?:[^\s,]+ ){0,4}[^\s,]+, (?:(?:and|or) )?|, (?:and|or) [^\s,]+(?:,|$)")
_PLACES = frozenset({"top", "bottom", "middle", "left", "right"})
_NEW = frozenset({"a", "an", "the", "two", "novel", "new", "simple", "efficient", "effective", "general", "different"})
_CATCH_ALL = CATCH_ALL | {"algorithm", "architecture", "framework", "model", "network"}
_PROPOSED = frozenset({"designed", "developed", "introduced", "presented", "proposed"})
_NO_SUBJECT = PREPOSITIONS | CONJUNCTIONS | ADVERBS
_NOT_NAMED = POINTING | _OPENS_A_CLAUSE | _PLACES
_NOT_ASKED_FOR = PEOPLE | REPORTED | DRAWN | RELATIONAL
_MOST_WORDS, _FEWEST_TOLD, _MOST_TOLD = 12, 4, 22
_FEWEST_TOLD_ALONE = 5


@rule("what")
def what(clause: Clause) -> Iterator[Draft]:
    """What it is of which so much is said that nothing else may be meant: the subject of a long predicate."""
    words = list(_WORD.finditer(clause.text))
    place = next((at for at, word in enumerate(words) if at and _finite(words, at)), 0)
    if not 1 <= place <= _MOST_WORDS or "," in clause.text[: words[place].start()]:
        return
    start = words[place].start()
    subject = clause.text[:start].rstrip()
    end = predicate_end(clause.text, start)
    comma = _COMMA.search(clause.text, start, end)
    if comma and _LISTED.match(clause.text, comma.start()):
        return
    own = clause.statement.authors
    told = closed(clause.text[start : comma.start() if comma else end])
    if not _names_something(subject.split()) or not _tells(told, alone=not clause.titled, own=own):
        return
    if not clause.titled and clause.subject(subject) is None:
        return
    if not unresolved(f"What {told}?", definite=not clause.titled):
        yield Draft(question(f"What {told}"), 0, len(subject), "phrase")


def _finite(words: Sequence[re.Match[str]], place: int) -> bool:
    word = words[place][0]
    if word in AUXILIARIES or VERBS.get(FINITE.get(word, "")) == "":
        return True
    following = words[place + 1][0] if place + 1 < len(words) else ""
    return word in FINITE and following in DETERMINERS


def _names_something(words: list[str]) -> bool:
    """Whether `words` may be a subject: no clause in it, nothing that points back, and not what papers speak of."""
    small = [word.lower().strip("()") for word in words]
    if small[0] in _NO_SUBJECT or not _NOT_NAMED.isdisjoint(small):
        return False
    bare = len(small) == 2 and small[0] == "the" and words[1].islower()
    if small[0] in ("only", "even", "just", "using") or small[-1].isdigit() or bare:
        return False
    if small[-1] in FUNCTION_WORDS or small[-1].endswith("ly") or "—" in " ".join(words):
        return False
    if words[-1] in _CATCH_ALL and _NEW.issuperset(small[:-1]):
        return False
    head = singular(next((before for before, word in pairwise([*small, "of"]) if word in PREPOSITIONS), small[-1]))
    if head in _NOT_ASKED_FOR or (len(small) < 3 and head in CONTEXTUAL):
        return False
    return any(len(word) > 2 and word.isalpha() for word in small)


def _tells(told: str, *, alone: bool, own: bool) -> bool:
    """Whether a predicate says enough to find its subject by. `own`: it tells what authors did."""
    words = told.split()
    if (
        not 2 <= len(words) <= _MOST_TOLD
        or words[0] in AUXILIARIES - _SINGULAR
        or _LEANING.search(told)
        or deictic(told)
    ):
        return False
    proposed = own and words[1] in _PROPOSED and words[2:3] in (["to"], ["for"])
    if (
        (REPORTING.intersection(words[1:4]) and not proposed)
        or words[1] in PREPOSITIONS | {"called", "known", "named"}
        or _EQUATES.match(told)
        or dangling(f"Something of some sort {told}.")
    ):
        return False
    if words[0] == "has" and not is_participle(words[1]) and words[1] not in ("a", "an"):
        return False
    named = any(is_name(word) or word[0].isupper() for word in words)
    enough = len(content(told)) >= (_FEWEST_TOLD_ALONE if alone else _FEWEST_TOLD - own)
    return enough and (named or not alone)
