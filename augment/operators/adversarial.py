"""Questions that try a model: the same fact asked so that it is harder to see, and questions that it must not answer.

A fact that is asked with a detour keeps its answer. A question about a name that nothing has, or whose answer is in
another passage, and one that does not say what it is about are declined; a false premise is corrected with the sentence
of the source. Such rows are few, at most a tenth of the training pairs: more of them teach a model to decline what it
knows. No answer of a parent is ever the answer of a question that is to be declined.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from random import Random
from typing import Any

from augment.language.declining import (
    ASKING_BACK,
    CORRECTIONS,
    FALSE_PREMISE,
    NOT_IN_PASSAGE,
    REPHRASED,
    UNANSWERABLE,
    UNDER_SPECIFIED,
    UNKNOWN,
)
from augment.language.inversion import inverted
from augment.language.rewrites import BROUGHT, plural
from augment.language.stems import content
from augment.language.terms import lexicon
from augment.language.words import AUXILIARIES, is_name
from augment.operators import draw, operator, variant
from augment.records import OPEN_BOOK, QAPair
from augment.settings import AugmentSettings

GENERATOR = "adversarial@1"
RATE, MOST = 0.0, 0.1
"""Off unless asked for: whether a model may decline is for whoever trains it to say, and held-out pairs that can all be
answered do not show what it is worth. A small model learns nothing from the few rows of a small dataset."""
MOST_WORDS = 8
"""Of what somebody made, to be asked about in the passive."""

SYLLABLES = re.findall(r"\w+", "bra dor fen gal hul jor kel lum mar nev pol quin ros sel tor val vex wim yar zan")
YEAR = re.compile(r"(?:1[89]|20)\d\d")
WHOLE = re.compile(r"[1-9]\d{0,5}")
IN_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine")
COMPOUND = re.compile(r"[A-Z][a-z]+-[A-Z][a-z]+")
"""Capitals that make no name: "Few-Shot"."""
TOKEN = re.compile(r"(?<![\w“-])[A-Za-z][\w-]*(?![\w-])")
COUNTED = re.compile(
    r"How many (?P<things>(?!of\b|times\b)[^?,“”]+?) (?P<auxiliary>does|do|is|are|was|were|has|have|can) "
)
DATED = re.compile(r"When (?P<be>was|were) (?P<rest>[^?,“”]+)\?")
MADE = re.compile(rf"Who {BROUGHT} (?P<what>[^?,“”]+?)(?P<tail> in \d{{4}})?\?")
SUBJECT_ASKED = re.compile(r"(?P<asks>Who|Which) (?P<rest>[^?]+)\?")
ASIDE = ("Leaving {other} aside, {asks}?", "{Asks}, not counting {other}?", "Without regard to {other}, {asks}?")
DETOURS = (
    "Does anybody know {indirect}?",
    "Can anyone say {indirect}?",
    "Is there anybody who can say {indirect}?",
)
REGARDING = ("Regarding {subject}, {asks}", "As for {subject}, {asks}", "Take {subject}: {asks}")


class Corpus:
    """What the training pairs say together: their passages by document, each with the stems of its words and a pair
    that points at it, the words of all, and who made what."""

    def __init__(self, pairs: Sequence[QAPair]) -> None:
        self._pairs = pairs

    @cached_property
    def passages(self) -> dict[str, list[tuple[frozenset[str], QAPair]]]:
        first: dict[tuple[str, str], QAPair] = {}
        for pair in sorted(self._pairs, key=lambda pair: pair.id):
            first.setdefault((pair.doc_id, pair.context), pair)
        found: dict[str, list[tuple[frozenset[str], QAPair]]] = defaultdict(list)
        for pair in first.values():
            found[pair.doc_id].append((frozenset(content(pair.context)), pair))
        return found

    @cached_property
    def words(self) -> frozenset[str]:
        texts = {text for pair in self._pairs for text in (pair.context, pair.title)}
        return frozenset(word for text in texts for word in re.findall(r"\w+", text.lower()))

    @cached_property
    def makers(self) -> list[str]:
        spans = {pair.answer_span for pair in self._pairs if MADE.fullmatch(pair.question)}
        return sorted(span for span in spans if "et al" not in span)


Way = Callable[[QAPair, Corpus, Random], QAPair | None]


@operator("adversarial", rate=RATE, most=MOST, across=True)
def adversarial(
    pairs: Sequence[QAPair], corpus: Sequence[QAPair], settings: AugmentSettings, seed: int
) -> list[QAPair]:
    """One adversarial row of each pair, in the first way of its own order that suits it; none where none does."""
    around = Corpus(corpus)
    found = []
    for pair in pairs:
        random = draw(seed, "adversarial", pair)
        ways = random.sample(CLOSED_BOOK, len(CLOSED_BOOK))
        if random.random() < OPEN_BOOK_SHARE:
            ways.insert(0, other_passage)
        rows = (way(pair, around, random) for way in ways)
        row = next((row for row in rows if row is not None), None)
        if row is not None:
            found.append(row)
    return found


def rephrased(pair: QAPair, corpus: Corpus, random: Random) -> QAPair | None:
    """The same fact behind a detour: within another question, beside a thing of the same kind that is not meant, or
    with its subject put first."""
    asks = pair.question[:-1]
    small = asks[0].lower() + asks[1:]
    parts = inverted(pair.question, pair.answer)
    ways = [
        ASIDE[number].format(other=other, asks=small, Asks=asks) for number, other in enumerate(_others(pair, random))
    ]
    if parts is not None:
        ways += [way.format(indirect=parts.indirect) for way in DETOURS]
        asked = parts.about(parts.pronoun)
        ways += [way.format(subject=parts.subject, asks=asked[0].lower() + asked[1:]) for way in REGARDING]
    elif (found := SUBJECT_ASKED.fullmatch(pair.question)) and found["rest"].split()[0] not in AUXILIARIES:
        ways += [way.format(indirect=small) for way in DETOURS]
    return _row(pair, REPHRASED, random.choice(ways)) if ways else None


def unknown_name(pair: QAPair, corpus: Corpus, random: Random) -> QAPair | None:
    """The question about a name that nothing has, in place of the one name in it."""
    names = [found for found in TOKEN.finditer(pair.question) if is_name(found[0]) and not COMPOUND.fullmatch(found[0])]
    if len(names) != 1 or re.search(r"[“,()]", pair.question):
        return None
    invented = "".join(random.sample(SYLLABLES, 3)).capitalize()
    if invented.lower() in corpus.words:
        return None
    before, after = pair.question[: names[0].start()], pair.question[names[0].end() :]
    question = re.sub(r"\b([Aa])n $", r"\1 ", before) + invented + after
    return _declined(pair, UNANSWERABLE, question, random.choice(UNKNOWN).format(name=invented))


def other_passage(pair: QAPair, corpus: Corpus, random: Random) -> QAPair | None:
    """The question beside another passage of its document, the likest one in which no word of the answer stands, nor
    two words of the question: it may speak of the same thing, but not say the same of it."""
    asked, told = frozenset(content(pair.question)), frozenset(content(pair.answer_span))
    others = [
        (len(asked & stems), other.id, other)
        for stems, other in corpus.passages[pair.doc_id]
        if other.context != pair.context and not told & stems and len(asked - stems) >= 2
    ]
    if not others or not told:
        return None
    there = max(others, key=lambda found: found[:2])[2]
    place = {name: getattr(there, name) for name in ("context", "section", "page", "char_start")}
    row = _declined(pair, UNANSWERABLE, pair.question, random.choice(NOT_IN_PASSAGE), **place)
    return row.model_copy(update={"checks": {OPEN_BOOK: 1.0}})


def false_premise(pair: QAPair, corpus: Corpus, random: Random) -> QAPair | None:
    """A question that takes another number, year or maker for granted than the sentence of the source says."""
    question, wrong = "", ""
    if found := DATED.fullmatch(pair.question):
        wrong = _other_number(pair, random) if YEAR.fullmatch(pair.answer_span) else ""
        question = f"Why {found['be']} {found['rest']} in {wrong}?"
    elif (found := COUNTED.match(pair.question)) and (parts := inverted(pair.question, pair.answer)):
        wrong = _other_number(pair, random)
        verb, _, rest = parts.rest.partition(" ")
        many = " ".join(filter(None, [verb, rest, wrong, found["things"]]))
        question = f"Why {parts.auxiliary} {parts.subject} {many}?"
    elif (found := MADE.fullmatch(pair.question)) and len(found["what"].split()) <= MOST_WORDS:
        words = set(content(pair.context))
        others = [name for name in corpus.makers if not words.intersection(content(name))]
        wrong = random.choice(others) if others else ""
        question = f"When {'were' if plural(found['what']) else 'was'} {found['what']} {found['verb']} by {wrong}?"
    if not wrong:
        return None
    answer = random.choice(CORRECTIONS).format(wrong=wrong, answer=pair.answer)
    return _row(pair, FALSE_PREMISE, question, answer=answer)


def under_specified(pair: QAPair, corpus: Corpus, random: Random) -> QAPair | None:
    """The question without what it is about."""
    parts = inverted(pair.question, pair.answer)
    if parts is not None:
        it, question = parts.pronoun, parts.about(parts.pronoun)
    elif (found := MADE.fullmatch(pair.question)) and not plural(found["what"]):
        it, question = "it", f"Who {found['verb']} it?"
    else:
        return None
    return _declined(pair, UNDER_SPECIFIED, question, random.choice(ASKING_BACK).format(it=it))


CLOSED_BOOK: tuple[Way, ...] = (rephrased, unknown_name, false_premise, under_specified)
OPEN_BOOK_SHARE = 0.2
"""Of the pairs: what suits any pair would else crowd out the rest, and most training shows no passage."""


def _row(pair: QAPair, way: str, question: str, **changed: Any) -> QAPair:
    return variant(pair, "adversarial", f"{GENERATOR}:{way}", {}, question=question, **changed)


def _declined(pair: QAPair, way: str, question: str, answer: str, **changed: Any) -> QAPair:
    """A row whose span is empty, at the place that it speaks of."""
    start = changed.pop("char_start", pair.char_start)
    return _row(pair, way, question, answer=answer, answer_span="", char_start=start, char_end=start, **changed)


def _others(pair: QAPair, random: Random) -> list[str]:
    """Terms of the type of one in the question, that neither the passage nor the answer speaks of."""
    asked = set(TOKEN.findall(re.sub(r"“[^”]*”", "", pair.question)))
    types = sorted({term.type for term in lexicon() if term.forms[0] in asked})
    spoken = f"{pair.context} {pair.answer} {pair.question}".lower()
    others = [
        term.forms[0]
        for term in lexicon()
        if term.type in types and not any(form and form.lower() in spoken for form in term.forms)
    ]
    return random.sample(others, min(len(others), len(ASIDE)))


def _other_number(pair: QAPair, random: Random) -> str:
    """Another number than the answer, of its kind, that its passage does not hold; '' where the answer is none."""
    span = pair.answer_span
    if YEAR.fullmatch(span):
        others = [str(int(span) + by) for by in (-9, -7, -5, -4, -3, 3, 4, 5)]
    elif WHOLE.fullmatch(span):
        others = [str(int(span) * by) for by in (2, 3, 4, 10)]
    elif span in IN_WORDS:
        others = list(IN_WORDS)
    else:
        return ""
    held = set(re.findall(r"\w+", pair.context.lower()))
    return random.choice([other for other in others if other not in held] or [""])
