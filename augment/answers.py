"""Spans worth asking about, chosen for variety, and only where the sentence can be an answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from augment.language.phrases import subject
from augment.language.spelling import Spelling
from augment.language.statements import Statement
from augment.language.words import FINITE, FUNCTION_WORDS, NUMBERS, VERBS, is_plural
from augment.readable import readable
from augment.records import Answer, Passage
from augment.rules.acronym import long_form
from augment.rules.origin import PEOPLE
from augment.settings import AskSettings
from augment.t5.extraction import Extracted, places

KINDS = ("extracted", "acronym", "term", "name", "date", "number", "phrase", "clause", "sentence")
"""In the order in which they are taken where all else is equal. Those that are extracted a model chose."""

_DATE = re.compile(
    r"\b(?:(?:January|February|March|April|May|June|July|August|September|October|November|December) )?"
    r"(?:1[5-9]|20)\d\d(?![\w.,-]*\w)"
)
_LARGE = {"hundred", "thousand", "million", "billion", "trillion"}
_NUMBER = re.compile(
    rf"(?<![\w.,≥≤<>≈±-])(?:\d+(?:[.,]\d+)*|{'|'.join(sorted(NUMBERS - _LARGE))})(?: (?:{'|'.join(sorted(_LARGE))}))*"
    r"(?P<unit> ?(?:%|[KMGT]i?B\b|[kMG]?Hz\b|ms\b))?(?P<things> [a-z]+s\b)?(?![\w-])"
)
_ACRONYM = re.compile(r"\b[A-Z][A-Za-z]*[A-Z0-9][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*\b")
_NAME = re.compile(rf"(?<=[a-z,] ){PEOPLE}")
_EXPANDED = re.compile(r" \((?P<short>[A-Za-z][\w-]{1,9})\)")
_TERM = re.compile(r"^(?P<term>[^,;:]+?) (?:is|are|was|were|has|have|can)\b")
_CLAUSE = re.compile(r"\b(?:because|by (?=\w+ing\b)|in order to|to (?P<verb>[a-z-]+)(?= ))[^,;.]{8,}")
_RUN = re.compile(r"(?<![\w-])[a-z][a-z-]*(?: [a-z][a-z-]*)+(?![\w-])")
_WORD = re.compile(r"[a-z-]+")
_BREAKS = FUNCTION_WORDS | FINITE.keys() | VERBS.keys()
_MOST_WORDS = 4


def answers(
    passage: Passage,
    settings: AskSettings,
    extracted: Extracted | None = None,
    statements: Iterable[Statement] | None = None,
) -> list[Answer]:
    """At most `settings.answers_per_passage` spans of `passage`, in reading order: of those that rules find and those
    that a model has `extracted`.

    Kinds and sentences take turns, so that a passage of names still gives its number and its last sentence. Spans are
    taken from `statements`, else from the sentences that can be read alone; no two overlap. Of a passage in which there
    is no span, its longest such sentence is one.
    """
    spelling = Spelling.of([passage.text])
    by_model = extracted or {}
    told = list(readable(passage) if statements is None else statements)
    found = [
        answer
        for sentence in told
        for kind, start, end in _spans_and(sentence.text, spelling, by_model.get(sentence.range, ()))
        for answer in _answer(passage, sentence, kind, start, end)
    ]
    if not found and told:
        longest = max(told, key=lambda sentence: len(sentence.text) - sentence.before)
        found = list(_answer(passage, longest, "sentence", longest.before, len(longest.text.rstrip(".!?"))))
    chosen: list[Answer] = []
    taken: Counter[object] = Counter()
    while found and len(chosen) < settings.answers_per_passage:
        best = min(found, key=lambda a: (taken[a.sentence] + taken[a.kind], KINDS.index(a.kind), a.start, -a.end))
        chosen.append(best)
        taken.update((best.sentence, best.kind))
        found = [a for a in found if (a.end <= best.start or a.start >= best.end) and a.text != best.text]
    return sorted(chosen, key=lambda answer: answer.start)


def _answer(passage: Passage, sentence: Statement, kind: str, start: int, end: int) -> Iterator[Answer]:
    """`sentence.text[start:end]` as an answer, where the passage has it word for word."""
    left, right = sentence.origin(start, end)
    text = passage.text[left:right]
    if " ".join(text.split()) != sentence.text[start:end] or start < sentence.before:
        return
    answer = Answer(start=left, end=right, text=text, sentence=sentence.range, kind=kind)
    if sentence.retold:
        told = {"told": sentence.answer, "shown": sentence.text, "shown_at": start, "authors": sentence.authors}
        answer = answer.model_copy(update=told)
    yield answer


def _spans_and(text: str, spelling: Spelling, extracted: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """The spans that rules find in a sentence, and those that a model has `extracted` from it besides."""
    spans = list(_spans(text, spelling))
    known = {(start, end) for _, start, end in spans}
    yield from spans
    yield from (("extracted", *place) for place in places(text, extracted) if place not in known)


def _spans(text: str, spelling: Spelling) -> Iterator[tuple[str, int, int]]:
    for short in _EXPANDED.finditer(text):
        start = long_form(text[: short.start()], short["short"])
        if start is not None:
            yield "acronym", start, short.start()
    if (term := _TERM.match(text)) and subject(term["term"], spelling):
        yield "term", *term.span("term")
    for kind, pattern in (("date", _DATE), ("acronym", _ACRONYM), ("name", _NAME)):
        for match in pattern.finditer(text):
            yield kind, match.start(), match.end() - (match[0].endswith(".") and not match[0].endswith(" al."))
    for match in _NUMBER.finditer(text):
        things = (match["things"] or "").strip()
        end = (
            match.end()
            if is_plural(things) and things not in FUNCTION_WORDS
            else match.end() - len(match["things"] or "")
        )
        if match[0] != "one" and not _DATE.match(text, match.start()):
            yield "number", match.start(), end
    for match in _CLAUSE.finditer(text):
        if match["verb"] is None or VERBS.get(match["verb"]) == "":
            yield "clause", *match.span()
    yield from _phrases(text, spelling)


def _phrases(text: str, spelling: Spelling) -> Iterator[tuple[str, int, int]]:
    """Noun phrases of two to four small words, with their article."""
    for run in _RUN.finditer(text):
        for _, group in groupby(_WORD.finditer(text, *run.span()), key=lambda word: word[0] in _BREAKS):
            core = list(group)
            if core[0][0] in _BREAKS or not 2 <= len(core) <= _MOST_WORDS:
                continue
            article = re.search(r"\b(?:an?|the) $", text[: core[0].start()])
            start = article.start() if article else core[0].start()
            if subject(text[start : core[-1].end()], spelling, opens=False):
                yield "phrase", start, core[-1].end()
