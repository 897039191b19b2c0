"""Does a question follow from a sentence by wh-movement alone?

The movement is undone: the answer goes back to its place and the auxiliary behind its subject, and the words that come
out must stand in the sentence one after the other, from its start or from a semicolon. Such a question is grammatical
where the sentence is, and its answer is true where the sentence is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from augment.phrases import subject
from augment.spelling import Spelling
from augment.words import AUXILIARIES, QUESTION_WORDS, third_person

_TOKEN = re.compile(r"[^\W_](?:[\w'’.+&/-]*\w)?|;")
_ANSWER = "<answer>"
_OPEN = "<open>"
_REACH = 8
"""Words that may stand between a clause and the time, place or reason asked for."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """A statement that a question may come from. `subject` is empty where the answer is the subject; `adjoined` answers
    (a time, a place, a reason) may follow at a distance."""

    words: tuple[str, ...]
    subject: tuple[str, ...] = ()
    adjoined: bool = False


def derivation(question: str, sentence: str, span: str, spelling: Spelling) -> float:
    """How much of `question`, its movement undone, stands in `sentence` as one run, from 0 to 1; 1 only where its
    subject also names something that stands alone. `span` is the answer within the sentence, as it is written there."""
    place = sentence.find(span)
    if place < 0:
        return 0.0
    after = sentence[place + len(span) :]
    said = [_OPEN, *_TOKEN.findall(sentence[:place]), _ANSWER, *_TOKEN.findall(after)]
    said = [_OPEN if token == ";" else token for token in said]
    return max((_share(origin, said, spelling) for origin in _origins(_TOKEN.findall(question))), default=0.0)


def _origins(asked: list[str]) -> Iterator[_Origin]:
    if len(asked) < 3 or asked[0].lower() not in QUESTION_WORDS:
        return
    word, rest = asked[0].lower(), asked[1:]
    if word in ("who", "what"):
        yield _Origin((_OPEN, _ANSWER, *rest))
    if word == "how" and rest[0] in ("many", "much"):
        word, rest = "how many", rest[1:]
    counted: tuple[str, ...] = ()
    if word in ("how many", "what", "which"):
        start = next((index for index, token in enumerate(rest) if token in AUXILIARIES), len(rest))
        counted, rest = tuple(rest[:start]), rest[start:]
    if len(rest) < 2 or rest[0] not in AUXILIARIES:
        return
    adjoined = word in ("when", "where", "why", "how")
    for name, verb, tail in _inversions(rest[0], rest[1:]):
        head = (_OPEN, *name, verb)
        if adjoined:
            yield _Origin((*head, *tail), name, adjoined=True)
        else:
            yield _Origin((*head, *tail, _ANSWER, *counted), name)
            yield _Origin((*head, _ANSWER, *counted, *tail), name)


def _inversions(auxiliary: str, rest: list[str]) -> Iterator[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    """Subject, finite verb and what follows it, for each place where the subject may end."""
    for cut in range(1, len(rest) + 1):
        name, tail = tuple(rest[:cut]), tuple(rest[cut:])
        if auxiliary not in ("do", "does", "did"):
            yield name, auxiliary, tail
        elif tail:
            base = tail[0]
            past = (base + "ed", base + "d", base[:-1] + "ied")
            for verb in {"do": (base,), "does": (third_person(base),), "did": past}[auxiliary]:
                yield name, verb, tail[1:]


def _share(origin: _Origin, said: list[str], spelling: Spelling) -> float:
    """The longest run of the origin's words in the sentence, as a share of them."""
    small = [token if token in (_OPEN, _ANSWER) else token.lower() for token in said]
    words = [token if token in (_OPEN, _ANSWER) else token.lower() for token in origin.words]
    run = SequenceMatcher(None, small, words, autojunk=False).find_longest_match()
    share = run.size / len(words)
    if share < 1:
        return share
    reach = small[run.a + run.size :][:_REACH]
    if origin.adjoined and _ANSWER not in reach:
        return 1 - 1 / len(words)
    if origin.subject:
        written = " ".join(said[run.a + 1 : run.a + 1 + len(origin.subject)])
        asked = " ".join(origin.subject)
        found = subject(written, spelling, opens=run.a == 0)
        if found is None or not found.settled or found.text != asked:
            return 1 - 1 / len(words)
    return 1.0
