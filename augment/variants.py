"""Variants of the training pairs: the operators at work, and what a variant must pass."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from augment.gates import GATES
from augment.language.declining import FALSE_PREMISE, UNANSWERABLE, UNDER_SPECIFIED, way
from augment.likeness.nearness import near_to
from augment.operators import OPERATORS, draw
from augment.records import Passage, QAPair
from augment.settings import AskSettings, AugmentSettings
from extractors.files import sha256
from extractors.ledger import LedgerEntry
from extractors.records import Record

WORD = re.compile(r"\w+")

QUESTION_GATES = ("form", "question stands alone", "answer not given away", "kind of answer")
"""The gates that a variant passes again. The others judge the source of a pair, which a variant has from its parent."""
ANSWER_GATES = ("answer stands alone", "length of answer")
"""Those that a variant with an answer of its own passes besides."""
NOT_FOR = {
    UNANSWERABLE: ("answer not given away", "kind of answer", *ANSWER_GATES),
    FALSE_PREMISE: ("kind of answer", *ANSWER_GATES),
    UNDER_SPECIFIED: ("question stands alone", "answer not given away", "kind of answer", *ANSWER_GATES),
}
"""Gates that a question need not pass which is not to be answered as it is put."""


class Varied(Record):
    """What the operators that look at one document made of its pairs: for each variant its operator, the variant as the
    gates leave it, and the reason of the first that stops it, '' where none does. `of` is a hash of those pairs."""

    of: str
    made: tuple[tuple[str, QAPair, str], ...]


def varied(
    pairs: Sequence[QAPair], settings: AugmentSettings, ask: AskSettings, seed: int, before: Iterable[Varied] = ()
) -> list[Varied]:
    """What is made of each document's pairs by itself; taken from what was made `before`, with the same settings and
    seed, where its pairs are the same."""
    known = {one.of: one for one in before}
    by_document: dict[str, list[QAPair]] = defaultdict(list)
    for pair in sorted(pairs, key=lambda pair: pair.id):
        by_document[pair.doc_id].append(pair)
    found: list[Varied] = []
    for _, own in sorted(by_document.items()):
        # How far a question finds its passage is another number with every document that comes, and no operator's care.
        of = sha256("".join(pair.model_dump_json(exclude={"checks"}) for pair in own))
        made = [] if of in known else [one for name in _named(across=False) for one in _made(name, own, settings, seed)]
        found.append(known.get(of) or Varied(of=of, made=tuple(_judged(made, own, ask))))
    return found


def vary(
    pairs: Sequence[QAPair],
    held_out: Sequence[QAPair],
    settings: AugmentSettings,
    ask: AskSettings,
    seed: int,
    of_each: Iterable[Varied] | None = None,
) -> tuple[list[QAPair], list[LedgerEntry]]:
    """The variants of `pairs`, all of them training pairs, and an entry for each variant that was dropped.

    Each operator gets the share of the pairs that its rate says; where that is more than it may have, an entry says
    so. Dropped is a variant that asks what another pair asks, or nearly what a pair of `held_out` asks, or that fails a
    gate; what its own pair asks it may ask only where it answers in other words. The result depends on the seed and on
    which pairs there are, not on their order. `of_each` is what `varied` makes of them, if that is at hand.
    """
    alone = [one for each in (of_each or varied(pairs, settings, ask, seed)) for one in each.made]
    across = [one for name in _named(across=True) for one in _made(name, pairs, settings, seed)]
    kept, entries = _admitted([*alone, *_judged(across, pairs, ask)], pairs, held_out, "near a held-out question", ask)
    return kept, [*_capped(settings), *entries]


def slice_of(
    held_out: Sequence[QAPair], trained: Sequence[QAPair], settings: AugmentSettings, ask: AskSettings, seed: int
) -> tuple[list[QAPair], list[LedgerEntry]]:
    """Adversarial rows of `held_out` pairs to judge by, apart from other held-out rows, and an entry for each dropped.

    At most one a pair, and none where no training pair gets one. Dropped is what nearly asks what a row of `trained`,
    the training pairs with their variants, asks.
    """
    name = "adversarial"
    if not settings.rates.get(name, OPERATORS.entries()[name].rate):
        return [], []
    corpus = sorted(held_out, key=lambda pair: pair.id)
    made = [(name, pair) for pair in OPERATORS.entries()[name].vary(corpus, corpus, settings, seed)]
    return admitted(made, held_out, trained, "near a training question", ask)


def admitted(
    made: Iterable[tuple[str, QAPair]],
    pairs: Sequence[QAPair],
    apart: Sequence[QAPair],
    reason_near: str,
    ask: AskSettings,
) -> tuple[list[QAPair], list[LedgerEntry]]:
    """Of the variants `made` of `pairs` by operator those that may stay, and an entry for each of the others. What asks
    nearly what a pair of `apart` asks is dropped for `reason_near`."""
    return _admitted(_judged(made, pairs, ask), pairs, apart, reason_near, ask)


def _judged(
    made: Iterable[tuple[str, QAPair]], pairs: Sequence[QAPair], ask: AskSettings
) -> Iterator[tuple[str, QAPair, str]]:
    """Each of the variants `made` of `pairs` by operator as the gates leave it, and why one stops it, if one does."""
    answers = {pair.id: pair.answer for pair in pairs}
    for name, pair in made:
        own_answer = pair.answer != answers[pair.parent_id]
        yield name, *gated(pair, ask, QUESTION_GATES + ANSWER_GATES if own_answer else QUESTION_GATES)


def _admitted(
    judged: Iterable[tuple[str, QAPair, str]],
    pairs: Sequence[QAPair],
    apart: Sequence[QAPair],
    reason_near: str,
    ask: AskSettings,
) -> tuple[list[QAPair], list[LedgerEntry]]:
    made = sorted(judged, key=lambda found: (found[1].parent_id, found[0], found[1].id))
    near = near_to([pair for _, pair, _ in made], apart, ask.near_duplicate)
    roots: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for pair in [*pairs, *(pair for _, pair, _ in made)]:
        roots[_words(pair.question)].add(pair.parent_id or pair.id)
    seen = {(pair.id, pair.question, pair.answer) for pair in pairs}
    unsettled: set[tuple[str, ...]] = set()
    kept: list[QAPair] = []
    entries: list[LedgerEntry] = []
    for place, (name, pair, reason) in enumerate(made):
        words = _words(pair.question)
        # Whatever is left out, the same question without it is declined alike: one of them is enough.
        if words in unsettled if way(pair) == UNDER_SPECIFIED else len(roots[words]) > 1:
            reason = "asks what another pair asks"
        elif not pair.open_book and (pair.parent_id, pair.question, pair.answer) in seen:
            reason = "asks what its own pair asks"
        elif place in near:
            reason = reason_near
        if reason:
            entries.append(_dropped(pair, f"augment {name}", reason))
        else:
            seen.add((pair.parent_id, pair.question, pair.answer))
            unsettled.add(words)
            kept.append(pair)
    return kept, entries


def gated(pair: QAPair, settings: AskSettings, gates: Sequence[str] = QUESTION_GATES) -> tuple[QAPair, str]:
    """The pair with the scores of those of `gates` that it must pass, and the reason of the first that stops it."""
    context = Passage(
        passage_id="",
        doc_id=pair.doc_id,
        section=(),
        start=0,
        end=len(pair.context),
        text=pair.context,
        sentences=((0, len(pair.context)),),
    )
    spared = NOT_FOR.get(way(pair), ())
    verdicts = {name: GATES.entries()[name](pair, context, settings) for name in gates if name not in spared}
    checks = pair.checks | {name: verdict.score for name, verdict in verdicts.items()}
    return (
        pair.model_copy(update={"checks": checks}),
        next((verdict.reason for verdict in verdicts.values() if verdict.reason), ""),
    )


def _named(*, across: bool) -> list[str]:
    """The operators that look at pairs of other documents, or those that do not."""
    return [name for name, operator in OPERATORS.entries().items() if operator.across == across]


def _made(name: str, pairs: Sequence[QAPair], settings: AugmentSettings, seed: int) -> list[tuple[str, QAPair]]:
    operator = OPERATORS.entries()[name]
    rate = min(settings.rates.get(name, operator.rate), operator.most)
    corpus = sorted(pairs, key=lambda pair: pair.id)
    # Most rates are all or nothing, for which no lots need be drawn.
    drawn = [pair for pair in corpus if rate >= 1 or (rate and draw(seed, f"{name} rate", pair).random() < rate)]
    return [(name, pair) for pair in operator.vary(drawn, corpus, settings, seed)] if drawn else []


def _capped(settings: AugmentSettings) -> list[LedgerEntry]:
    """An entry for each operator that is asked to vary more pairs than it may."""
    return [
        LedgerEntry(
            unit="run",
            outcome="degraded",
            step=f"augment {name}",
            reason="rate capped",
            detail=f"augment.rates.{name} is {settings.rates[name]:g}, and {operator.most:g} of the pairs are most.",
        )
        for name, operator in OPERATORS.entries().items()
        if settings.rates.get(name, 0) > operator.most
    ]


def _words(question: str) -> tuple[str, ...]:
    return tuple(WORD.findall(question.lower()))


def _dropped(pair: QAPair, step: str, reason: str) -> LedgerEntry:
    return LedgerEntry(
        unit="pair",
        outcome="dropped",
        step=step,
        reason=reason,
        detail=pair.question,
        source=pair.source,
        doc_id=pair.doc_id,
        page=pair.page,
        id=pair.id,
    )
