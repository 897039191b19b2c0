"""Spans worth asking about, chosen without a model: for variety, and only where the sentence can be an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.phrases import subject
from augment.records import Answer, Passage
from augment.rules.acronym import long_form
from augment.settings import AskSettings
from augment.standing import dangling
from augment.statements import Statement, statements
from augment.words import FUNCTION_WORDS, NUMBERS, Spelling

_NUMBER = rf"(?:\d+(?:[.,]\d+)*|{'|'.join(sorted(NUMBERS - {'one'}))})(?: (?:hundred|thousand|million|billion|trillion))*"
_UNIT = (
    r"(?:%|percent|[KMGT]i?B|bits?|bytes?|[kMG]?Hz|ms|s|hours?|minutes?|seconds?|days?|years?|GPUs?|parameters?|tokens?|layers?"
    r"|heads?|dimensions?|words?|steps?|epochs?|examples?|[a-z]+s)"
)
_PATTERNS = {
    "date": re.compile(
        r"\b(?:(?:January|February|March|April|May|June|July|August|September|October|November|December) )?"
        r"(?:1[5-9]\d\d|20\d\d)\b(?!-|\.\d)"
    ),
    "number": re.compile(rf"\b{_NUMBER} ?{_UNIT}(?![\w])|\b{_NUMBER}\b(?! (?:and|or|to)\b)"),
    "acronym": re.compile(r"\b[A-Z][A-Za-z]*[A-Z0-9][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*\b"),
    "name": re.compile(r"(?<=[a-z,] )[A-ZÀ-Ž][\w’'-]+(?: (?:and |de |van )?[A-ZÀ-Ž][\w’'-]+)*"),
    "clause": re.compile(r"\b(?:because|by (?=\w+ing\b)|in order to|to (?=[a-z]+ ))[^,;.]{8,}"),
}
_TERM = re.compile(r"^(?P<term>[^,;:]+?) (?:is|are|was|were|has|have|can)\b")
_CHUNK = re.compile(r"(?:(?:a|an|the) )?[a-z][\w-]+(?: [a-z][\w-]+){1,3}")
_VARIETY = ("acronym", "term", "name", "number", "date", "phrase", "clause")


def answers(passage: Passage, settings: AskSettings) -> list[Answer]:
    """At most `settings.answers_per_passage` spans of `passage`, in reading order.

    Kinds and sentences take turns, so that a passage of names still gives its number and its last sentence. No span is
    taken from a sentence that cannot be read alone, and no two overlap.
    """
    spelling = Spelling.of([passage.text])
    found = [
        (index, answer)
        for index, sentence in enumerate(statements(passage))
        if not dangling(sentence.text)
        for answer in _candidates(passage, sentence, spelling)
    ]
    chosen: list[Answer] = []
    used: dict[tuple[str, object], int] = {}
    while found and len(chosen) < settings.answers_per_passage:
        index, best = min(
            found,
            key=lambda item: (
                used.get(("sentence", item[0]), 0) + used.get(("kind", item[1].kind), 0),
                _VARIETY.index(item[1].kind),
                item[1].start,
                -item[1].end,
            ),
        )
        chosen.append(best)
        for key in (("sentence", index), ("kind", best.kind)):
            used[key] = used.get(key, 0) + 1
        found = [(i, a) for i, a in found if (a.end <= best.start or a.start >= best.end) and a.text != best.text]
    return sorted(chosen, key=lambda answer: answer.start)


def _candidates(passage: Passage, sentence: Statement, spelling: Spelling) -> Iterator[Answer]:
    for kind, start, end in _spans(sentence.text, spelling):
        left, right = sentence.origin(start, end)
        text = passage.text[left:right]
        if " ".join(text.split()) == sentence.text[start:end]:
            yield Answer(start=left, end=right, text=text, sentence=sentence.range, kind=kind)


def _spans(text: str, spelling: Spelling) -> Iterator[tuple[str, int, int]]:
    for short in re.finditer(r" \((?P<short>[A-Za-z][\w-]{1,9})\)", text):
        start = long_form(text[: short.start()], short["short"])
        if start is not None:
            yield "acronym", start, short.start()
    if (term := _TERM.match(text)) and subject(term["term"], spelling):
        yield "term", *term.span("term")
    for kind, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            if match[0].strip():
                yield kind, match.start(), match.start() + len(match[0].rstrip(" ,.;"))
    for match in _CHUNK.finditer(text):
        words = match[0].split()
        core = words[1:] if words[0] in ("a", "an", "the") else words
        while core and core[-1] in FUNCTION_WORDS:
            core = core[:-1]
        phrase = match[0][: match[0].rindex(core[-1]) + len(core[-1])] if core else ""
        if len(core) > 1 and subject(phrase, spelling, opens=False):
            yield "phrase", match.start(), match.start() + len(phrase)
