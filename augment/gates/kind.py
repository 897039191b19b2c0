"""The question word asks for what the answer is: 'who' for a name, 'when' for a time, 'how many' for a number."""

from __future__ import annotations

import re

from augment.gates import Verdict, gate
from augment.records import Passage, QAPair
from augment.settings import AskSettings
from augment.words import NUMBERS, WORD

_TIME = re.compile(
    r"\b\d{3,4}s?\b|\b(?:January|February|March|April|May|June|July|August|September|October|November|December|century"
    r"|decade|year|month|week|day|hour|minute|second|early|late|before|after|during|when|once|until|while|time|start|end"
    r"|beginning|phase|step|stage|epoch)s?\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    rf"\d|\b(?:{'|'.join(sorted(NUMBERS))}|dozen|once|twice|no|none|several|few|many|much|little|half|third|quarter"
    r"|double|all|most|every|each)s?\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_BARE_NUMBER = re.compile(r"[\d\s.,%]+")
_DEGREES = frozenset({"many", "much", "long", "large", "big", "often", "fast", "far", "old", "high", "deep", "wide"})


@gate("kind of answer")
def kind_of_answer(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    words = [word.lower() for word in WORD.findall(pair.question)] + ["", ""]
    asked = words[0] if words[0] not in ("what", "which") or words[1] != "year" else "when"
    if asked == "how" and words[1] in _DEGREES:
        asked = "how many"
    return Verdict(1.0) if _fits(asked, pair.answer_span, words) else Verdict(0.0, f"not an answer to '{asked}'")


def _fits(asked: str, span: str, words: list[str]) -> bool:
    match asked:
        case "who" | "whom" | "whose":
            return any(character.isupper() for character in span) and not _BARE_NUMBER.fullmatch(span)
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
