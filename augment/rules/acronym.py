"""'Dense Passage Retrieval (DPR)' -> 'What does DPR stand for?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause
from augment.language.words import AUXILIARIES, FINITE, VERBS, is_name
from augment.rules import Draft, question, rule

_AFTER = re.compile(r"\((?P<short>[A-Za-z][A-Za-z0-9-]{1,9})\)")
_BEFORE = re.compile(r"\b(?P<short>[A-Z][A-Za-z0-9-]{1,9}) \((?P<long>[^()]{6,80})\)")
_STANDS = re.compile(
    r"^(?P<subject>(?:[Tt]he )?(?:(?:acronym|abbreviation|name|term) )?(?P<short>[\w-]+)) (?:stands for|is short for"
    r"|is an? (?:acronym|abbreviation) (?:for|of)) (?P<long>[^,;:]+)$"
)
_PREDICATES = AUXILIARIES | FINITE.keys() | {verb for verb, marks in VERBS.items() if not marks}
_SMALL = frozenset(["of", "for", "the", "and", "in", "to", "by", "with", "on", "a", "an", "from", "as"])


@rule("acronym")
def acronym(clause: Clause) -> Iterator[Draft]:
    """What an acronym stands for, where its letters begin the words beside it."""
    text = clause.text
    if not _PREDICATES.intersection(text.split()):
        return
    for found in _AFTER.finditer(text):
        before = text[: found.start()].rstrip()
        start = long_form(before, found["short"])
        if start is not None:
            yield Draft(_stand_for(found["short"]), start, len(before), "acronym")
    for found in _BEFORE.finditer(text):
        if long_form(found["long"], found["short"]) == 0:
            yield Draft(_stand_for(found["short"]), *found.span("long"), "acronym")
    said = _STANDS.match(text)
    subject = said and is_name(said["short"]) and clause.within(said["subject"])
    if said and subject:
        yield Draft(question(f"What does {subject} stand for"), *said.span("long"), "acronym")


def _stand_for(short: str) -> str:
    plural = short.endswith("s") and short[:-1].isupper()
    return question(f"What does {'the acronym ' if plural else ''}{short} stand for")


def long_form(before: str, short: str) -> int | None:
    """Where the words that `short` abbreviates begin at the end of `before`; None where its letters do not match.

    Every letter of the acronym begins a word, small words left out; one letter and a number n stand for n words ('C4').
    Where that fails, the letters are sought from the right, as Schwartz and Hearst (2003) do.
    """
    letters = re.sub(r"[^a-z0-9]", "", short.lower())
    if sum(character.isupper() for character in short) < 2 and not re.fullmatch(r"[A-Z]\d", short):
        return None
    if short.endswith("s") and short[:-1].isupper():
        letters = letters[:-1]
    if counted := re.fullmatch(r"([a-z])([2-9])", letters):
        letters = counted[1] * int(counted[2])
    words = list(re.finditer(r"[^\W_]+", before))
    index = len(words)
    matched = 0
    while index and matched < len(letters):
        index -= 1
        word = words[index][0].lower()
        if word[0] == letters[-1 - matched]:
            matched += 1
        elif word not in _SMALL or matched == 0:
            break
    if matched == len(letters):
        start = words[index].start()
        return before.rfind(" ", 0, start) + 1 if before[:start].endswith("-") else start
    return _spread(before, letters)


def _spread(before: str, letters: str) -> int | None:
    """Schwartz and Hearst: every letter in order, the first one at the start of a word, few words in between."""
    place = len(before)
    for index in range(len(letters) - 1, -1, -1):
        place -= 1
        while place >= 0 and not (
            before[place].lower() == letters[index] and (index > 0 or place == 0 or not before[place - 1].isalnum())
        ):
            place -= 1
        if place < 0:
            return None
    long = before[place:]
    words = re.findall(r"[^\W_]+", long)
    capitals = sum(word[0].lower() in letters for word in words)
    if not 2 <= len(words) <= len(letters) or capitals < len(words) or len(words) * 2 < len(letters):
        return None
    return place
