"""Does a question follow from a sentence by wh-movement alone?

The movement is undone: the answer goes back to its place and the auxiliary behind its subject, and the words that come
out must stand in the sentence one after the other, from the start of a clause to where something ends. Such a question
is grammatical where the sentence is, and its answer is true where the sentence is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from augment.language.phrases import subject
from augment.language.spelling import Spelling
from augment.language.words import (
    ARTICLES,
    AUXILIARIES,
    CONJUNCTIONS,
    FINITE,
    PREPOSITIONS,
    QUESTION_WORDS,
    UNSETTLED,
    VERBS,
    is_name,
    is_participle,
    third_person,
)
from augment.rules.origin import are_people

_TOKEN = re.compile(r"[^\W_](?:[\w'’.+&/-]*\w)?|[,;:()]")
_ANSWER = "<answer>"
_OPEN = "<open>"
_SUBORDINATE = frozenset({"because", "since", "so", "while", "when", "if", "where", "although", "but", "which"})
_ENDS = _SUBORDINATE | {_OPEN, ":", "(", ")"}
_RELATIVES = frozenset({"that", "which", "who", "whose", "whom"})
_LINKING = frozenset({"therefore", "thus", "hence", "also", "however", "then"})
"""Words that tie a sentence to the one before."""
_DO, _BE = frozenset({"do", "does", "did"}), frozenset({"is", "are", "was", "were"})
_COLLECTIVES = frozenset({"set", "variety", "number", "range", "kind", "sort", "type", "lot"})
_REACH = 8
"""Words that may stand between a clause and the time, place or reason asked for."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """A statement that a question may come from. `subject` is empty where the answer is the subject; `adjoined` answers
    (a time, a place, a reason) may follow at a distance."""

    words: tuple[str, ...]
    auxiliary: str = ""
    subject: tuple[str, ...] = ()
    adjoined: bool = False


def derivation(question: str, sentence: str, span: str, spelling: Spelling) -> float:
    """How much of `question`, its movement undone, stands in `sentence` as one run, from 0 to 1; 1 only where that run
    is whole, and its subject names something that stands alone. `span` is the answer as the sentence has it."""
    asked = _TOKEN.findall(question)
    if len(asked) < 3 or (asked[0] == "Who" and not are_people(span)) or _LINKING.intersection(asked):
        return 0.0
    origins = list(_origins(asked, span))
    indefinite = span.split()[0].lower() in ("a", "an")
    statements = [_said(sentence, *found.span()) for found in re.finditer(re.escape(span), sentence)]
    return max((_share(origin, said, indefinite, spelling) for origin in origins for said in statements), default=0.0)


def _said(sentence: str, start: int, end: int) -> list[str]:
    """The words of `sentence` with the answer at `start` to `end`, its article with it, and all openings marked."""
    before = _TOKEN.findall(sentence[:start])
    if before and before[-1].lower() in ARTICLES:
        before.pop()
    words = [*before, _ANSWER, *_TOKEN.findall(sentence[end:])]
    return [_OPEN, *(_OPEN if word == ";" else word for word in words), _OPEN]


def _origins(asked: list[str], span: str) -> Iterator[_Origin]:
    word, rest = asked[0].lower(), asked[1:]
    if word not in QUESTION_WORDS:
        return
    if word in ("who", "what") and not UNSETTLED.intersection(rest) and any(map(_is_named, rest)) and _tells(span):
        yield _Origin((_OPEN, _ANSWER, *rest))  # 'What is slow?' could ask for anything
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
            yield _Origin((*head, *tail), rest[0], name, adjoined=True)
        else:
            if "able" in tail[-2:] and tail[-1] == "to":
                continue
            if rest[0] in _BE and not tail and span.split()[0].endswith("ly"):
                continue  # 'computationally intensive' says how it is, and not what
            if not (rest[0] in _DO and tail and tail[-1] not in PREPOSITIONS):  # 'What does LoRA add a product?'
                yield _Origin((*head, *tail, _ANSWER, *counted), rest[0], name)
            yield _Origin((*head, _ANSWER, *counted, *tail), rest[0], name)


def _tells(span: str) -> bool:
    """Whether `span`, the subject of its sentence, means something by itself: 'the top block' does not."""
    words = span.split()
    return len(words) > 3 or words[0].lower() not in {"the", "each", "this", "these", "every"}


def _is_named(word: str) -> bool:
    return word[0].isupper() or is_name(word)


def _inversions(auxiliary: str, rest: list[str]) -> Iterator[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    """Subject, finite verb and what follows it, for each place where the subject may end."""
    for cut in range(1, len(rest) + 1):
        name, tail = tuple(rest[:cut]), tuple(rest[cut:])
        if auxiliary not in _DO:
            yield name, auxiliary, tail
        elif tail and (tail[0] == "have" or (tail[0] in VERBS and tail[0] not in FINITE.keys() | AUXILIARIES)):
            base, following = tail[0], "".join(tail[1:2])
            if base == "like" or (base == "have" and (following == "been" or is_participle(following))):
                continue  # 'strong models like X' like nothing, 'does it have been proved' is no question
            past = (base + "ed", base + "d", base[:-1] + "ied")
            for verb in {"do": (base,), "does": (third_person(base),), "did": past}[auxiliary]:
                yield name, verb, tail[1:]


def _share(origin: _Origin, said: list[str], indefinite: bool, spelling: Spelling) -> float:
    """The longest run of the origin's words in the sentence, as a share of them; less than 1 where it is cut off, such
    as an `indefinite` answer that the sentence goes on describing, or its subject cannot be asked about."""
    small = [token.lower() for token in said]
    words = [token.lower() for token in origin.words]
    run = SequenceMatcher(None, small, words, autojunk=False).find_longest_match()
    if run.size < len(words):
        return run.size / len(words)
    following = small[run.a + run.size :][:_REACH]
    ends = following[0] in _ENDS or (following[0] == "," and following[1] in _SUBORDINATE)
    whole = ends
    if words[-1] == _ANSWER:
        whole = _extractable(origin) and not (indefinite and _goes_on(following))
    if origin.adjoined:
        whole = _ANSWER in following and (ends or following[0] in PREPOSITIONS or following[0] == _ANSWER)
    return 1.0 if whole and _askable(origin, said, run.a, spelling) else 1 - 1 / len(words)


def _extractable(origin: _Origin) -> bool:
    """Whether an answer at the end may be asked for: not one of two things joined (Ross 1967, the coordinate structure
    constraint), nor what a collective noun is made of."""
    before = [word.lower() for word in origin.words[len(origin.subject) + 2 : -1]]
    return not CONJUNCTIONS.intersection(before) and not (
        before[-1:] == ["of"] and _COLLECTIVES.intersection(before[-2:])
    )


def _goes_on(following: list[str]) -> bool:
    """Whether what follows 'a powerful tool' still describes it."""
    first, second = following[0], following[1] if len(following) > 1 else _OPEN
    relative = first in _RELATIVES or (first in PREPOSITIONS and second in _RELATIVES)
    return first == "of" or relative or (first == "," and second not in _SUBORDINATE | CONJUNCTIONS)


def _askable(origin: _Origin, said: list[str], start: int, spelling: Spelling) -> bool:
    """Whether the subject in the question is the sentence's, in its spelling and number, and stands alone."""
    if not origin.subject:
        return True
    written = " ".join(said[start + 1 : start + 1 + len(origin.subject)])
    found = subject(written, spelling, opens=start == 0)
    if found is None or not found.settled or found.text != " ".join(origin.subject):
        return False
    number = {"do": "are", "does": "is", "have": "are", "has": "is"}
    return found.agrees(number.get(origin.auxiliary, origin.auxiliary))
