"""The question word asks for what the answer is: 'who' for a name, 'when' for a time, 'how many' for a number."""

from __future__ import annotations

import re

from augment.gates import Verdict, gate
from augment.language.words import NUMBERS, PEOPLE, PREPOSITIONS, QUESTION_WORDS, WORD, singular
from augment.records import Passage, QAPair
from augment.settings import AskSettings

_TIME = re.compile(
    r"\b\d{1,4}(?:s|st|nd|rd|th)?\b|\b(?:January|February|March|April|May|June|July|August|September|October|November|December|century"
    r"|centurie|decade|year|month|week|weekend|day|hour|minute|second|early|late|later|before|after|during|when|once"
    r"|until|while|time|start|end|beginning|phase|step|stage|epoch|since|recently|today|now)s?\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    rf"\d|\b(?:{'|'.join(sorted(NUMBERS))}|dozen|once|twice|no|none|several|few|many|much|little|half|third|quarter"
    r"|double|twofold|all|most|every|each|until|never|rarely|always|daily|weekly)s?\b",
    re.IGNORECASE,
)
_SPANS_OF_TIME = frozenset({"year", "years", "decade", "decades", "century", "month"})
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_BARE_NUMBER = re.compile(r"[\d\s.,%]+")
_DEGREES = frozenset({"many", "much", "long", "large", "big", "often", "fast", "far", "old", "high", "deep", "wide"})
_FRONTED = re.compile(rf", (?:[a-z]+ )?(?={'|'.join(sorted(QUESTION_WORDS))}\b)")
"""Where the question begins after a clause of its own: 'When the loss diverges, what …'."""


@gate("kind of answer")
def kind_of_answer(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    asking = _FRONTED.split(pair.question)[-1]
    words = [word.lower() for word in WORD.findall(asking)]
    while len(words) > 1 and words[0] in PREPOSITIONS and words[1] in QUESTION_WORDS:
        words = words[1:]
    words += ["", ""]
    asked = words[0] if words[0] not in ("what", "which") or words[1] not in _SPANS_OF_TIME else "when"
    if asked == "how" and words[1] in _DEGREES:
        asked = "how many"
    return Verdict(1.0) if _fits(asked, pair.answer_span, words) else Verdict(0.0, f"not an answer to '{asked}'")


def _fits(asked: str, span: str, words: list[str]) -> bool:
    match asked:
        case "who" | "whom" | "whose":
            named = any(character.isupper() for character in span) and not _BARE_NUMBER.fullmatch(span)
            return named or any(singular(word) in PEOPLE for word in WORD.findall(span))
        case "when":
            return bool(_TIME.search(span))
        case "how many":
            return bool(_NUMBER.search(span))
        case "where" | "how":
            return not _BARE_NUMBER.fullmatch(span)
        case "why":
            return len(span.split()) > 1
        case "what":
            return not _YEAR.fullmatch(span) or bool({"year", "number", "size", "date", "value"}.intersection(words))
        case _:
            return True
