"""A question taken apart at its subject: 'How many levels | does | NormalFloat | have'."""

from __future__ import annotations

import re
from dataclasses import dataclass

from augment.language.rewrites import plural
from augment.language.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    FINITE,
    FUNCTION_WORDS,
    PARTICIPLES,
    PAST,
    PREPOSITIONS,
    third_person,
)

_INVERTED = re.compile(
    r"(?P<asks>(?:What|When|Why|Where|How)\b[^?,“”]*?) (?P<auxiliary>does|is|was|has|can) (?P<rest>[^?,“”]+)\?"
)
_MOST_WORDS = 6
_NEXT = re.compile(r"(?: \([^)]*\))?(?:,|:? (?P<word>[\w-]+))")
_PEOPLE = re.compile(r"\b(?:he|she|him|his|her|who|whom|whose|born|died)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Inverted:
    """`{asks} {auxiliary} {subject} {rest}?`"""

    asks: str
    auxiliary: str
    subject: str
    rest: str

    def about(self, subject: str) -> str:
        """The same, asked of another subject."""
        return " ".join([self.asks, self.auxiliary, subject, self.rest]) + "?"

    @property
    def pronoun(self) -> str:
        """What may stand for the subject: it or they."""
        return "they" if self.auxiliary == "can" and plural(self.subject) else "it"

    @property
    def indirect(self) -> str:
        """As it stands within a sentence: 'how many levels NormalFloat has'."""
        asks = self.asks[0].lower() + self.asks[1:]
        if self.auxiliary == "does":
            verb, _, rest = self.rest.partition(" ")
            return " ".join([asks, self.subject, third_person(verb), rest]).rstrip()
        return " ".join([asks, self.subject, self.auxiliary, self.rest])


def inverted(question: str, answer: str) -> Inverted | None:
    """The parts of `question`, or None where that is not sure. The subject is what the sentence that answers it calls
    by the same words, before a verb."""
    found = _INVERTED.fullmatch(question)
    if found is None or _PEOPLE.search(f"{question} {answer}"):
        return None
    words = found["rest"].split()
    for count in range(min(len(words) - 1, _MOST_WORDS), 0, -1):
        subject, rest = " ".join(words[:count]), words[count:]
        if rest[0] in PREPOSITIONS | CONJUNCTIONS or rest[0].startswith("(") or words[count - 1] in FUNCTION_WORDS:
            continue
        if found["auxiliary"] == "does" and rest[0] in FUNCTION_WORDS - {"have", "do"}:
            continue
        if any(_before_verb(answer, said.end()) for said in _said(subject, answer)):
            return Inverted(found["asks"], found["auxiliary"], subject, " ".join(rest))
    return None


def _said(phrase: str, sentence: str) -> list[re.Match[str]]:
    """Where `phrase` stands in `sentence` as whole words, its first letter in any case."""
    first = re.escape(phrase[0])
    return list(re.finditer(rf"(?<![\w-])(?i:{first}){re.escape(phrase[1:])}(?![\w-])", sentence))


def _before_verb(sentence: str, at: int) -> bool:
    following = _NEXT.match(sentence, at)
    if following is None:
        return False
    word = following["word"]
    return word is None or word in AUXILIARIES or word in FINITE or word in PAST or word in PARTICIPLES
