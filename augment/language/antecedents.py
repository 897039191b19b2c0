"""What 'it' or 'they' at the head of a sentence stands for: the subject of the sentence before.

A pronoun that is a subject takes up the subject before it far more often than anything else (Grosz, Joshi and
Weinstein's centring, 1995). Its sentence can then be asked about, and is answered together with the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from augment.language.clauses import clauses
from augment.language.phrases import Subject
from augment.language.predicates import predicates
from augment.language.spelling import Spelling
from augment.language.statements import Statement
from augment.language.words import AUXILIARIES, FINITE, PAST, PEOPLE, VERBS, singular

_PRONOUN = re.compile(r"(?P<pronoun>It|They)(?: (?:also|further|then|thus|therefore))? (?P<verb>[a-z]+) \w+")
_BE = r"(?:is|was|has been|(?:can|could|may|might|must|should|will|would) be)"
_IMPERSONAL = re.compile(
    r"It (?:\w+ )?(?:(?:seem|appear|follow|turn|happen|remain|matter|take|require|cost)s?|took|makes? sense|does not"
    rf"|{_BE} (?:(?:not|also|thus|then|therefore|well|often|very|more|only|\w+ly) )*"
    r"(?:[a-z]+(?:ed|own|ought|een|aid|uld) (?:that|to|how|if|whether|in|by \w+ing)\b"
    r"|[a-z-]+ (?:to|that|for|if|when|how|whether|since|because)\b"
    r"|(?:worth|because|only when|the case|clear|up to|time)\b))"
)
"""'It' that stands for nothing, or for what follows: 'It is known that …'."""


def resolved(told: Statement, before: Statement, spelling: Spelling) -> Statement | None:
    """`told`, which opens with 'It' or 'They', with the subject of the sentence `before` for it; None
    where it opens otherwise, or where that subject does not agree. Its answer is both sentences as they stand."""
    found = _PRONOUN.match(told.text)
    if found is None or _IMPERSONAL.match(told.text):
        return None
    verb, base = found["verb"], PAST.get(found["verb"], FINITE.get(found["verb"], found["verb"]))
    if verb not in AUXILIARIES and base not in VERBS:
        return None
    for subject, start, titled in _subjects(before, spelling):
        head = singular(subject.text.split(" of ")[0].split()[-1])
        if subject.plural != (found["pronoun"] == "They") or subject.bare or head in PEOPLE:
            return None
        end = start + len(subject.text)
        said = told.text[found.end("pronoun") :]
        thing = subject.text[0].upper() + subject.text[1:]
        return replace(
            told,
            text=thing + said,
            places=before.places[start:end] + told.places[found.end("pronoun") :],
            authors=titled or before.authors,
            whole=f"{before.text} {told.text}",
        )
    return None


def _subjects(told: Statement, spelling: Spelling) -> Iterator[tuple[Subject, int, bool]]:
    """The subject of the first clause of `told`, where it begins, and whether only the document tells which it is."""
    for titled in (True,) if told.authors else (False, True):
        for clause in clauses(told, spelling, titled=titled):
            for said in predicates(clause):
                text = said.subject.text
                if clause.text[: len(text)].lower() == text.lower():
                    yield said.subject, clause.start, titled
