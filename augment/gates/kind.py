"""The question word asks for what the answer is: 'who' for a name, 'when' for a time, 'how many' for a number."""

from __future__ import annotations

import re

from augment.gates import Verdict, gate
from augment.records import Passage, QAPair
from augment.settings import AskSettings
from augment.words import NUMBERS, WORD

_TIME = re.compile(
    r"\b(?:1[5-9]|20)\d\ds?\b|\b(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|century|decade|year|month|week|day|hour|minute|second|early|late|before|after|during|when|once|until|while|time"
    r"|start|end|beginning|phase|step|stage|epoch)s?\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r"\b(?:in|at|on|within|inside|under|from|near|between|to)\b|[A-Z]")
_WHY = re.compile(r"^(?:because|since|as|to|so|in order|for|due|by|owing)\b", re.IGNORECASE)
_DEGREES = {
    "many": r"{number}",
    "much": r"{number}|\b(?:much|little|half|third|quarter|all|most|none|double|twice)\b",
    "long": r"{number}",
    "large": r"{number}",
    "big": r"{number}",
    "often": r"{number}|\b(?:every|each|once|twice|times|daily|weekly|rarely|always|never|per)\b",
    "fast": r"{number}",
    "far": r"{number}",
    "old": r"{number}",
    "high": r"{number}",
    "deep": r"{number}",
}
_NUMBER = rf"\d|\b(?:{'|'.join(sorted(NUMBERS))}|dozen|twice|once|no|several|few|many)s?\b"


@gate("kind of answer")
def kind_of_answer(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    words = [word.lower() for word in WORD.findall(pair.question)]
    span = pair.answer_span
    fits = True
    match words[:2]:
        case ["who" | "whom" | "whose", *_]:
            fits = any(character.isupper() for character in span) and not re.fullmatch(r"[\d\s.,%]+", span)
        case ["when", *_] | ["what" | "which", "year" | "decade" | "date" | "century"]:
            fits = bool(_TIME.search(span))
        case ["where", *_]:
            fits = bool(_PLACE.search(span))
        case ["why", *_]:
            fits = bool(_WHY.match(span)) or len(span.split()) >= 3
        case ["how", degree] if degree in _DEGREES:
            fits = bool(re.search(_DEGREES[degree].format(number=_NUMBER), span, re.IGNORECASE))
        case ["how", *_]:
            fits = len(span.split()) >= 2
        case ["what", *_]:
            fits = not re.fullmatch(r"(?:1[5-9]|20)\d\d", span) or "year" in words or "number" in words
        case _:
            pass
    return Verdict(1.0) if fits else Verdict(0.0, f"not an answer to '{words[0]}'")
