"""Variants of the training pairs: the operators at work, and what a variant must pass."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from augment.gates import GATES
from augment.operators import OPERATORS, draw
from augment.records import Passage, QAPair
from augment.settings import AskSettings, AugmentSettings
from extractors.ledger import LedgerEntry

WORD = re.compile(r"\w+")

QUESTION_GATES = ("form", "question stands alone", "answer not given away", "kind of answer")
"""The gates that a variant passes again. The others judge the source of a pair, which a variant has from its parent."""


def vary(
    pairs: Sequence[QAPair],
    held_out: Sequence[QAPair],
    settings: AugmentSettings,
    ask: AskSettings,
    seed: int,
) -> tuple[list[QAPair], list[LedgerEntry]]:
    """The variants of `pairs`, all of them training pairs, and an entry for each variant that was dropped.

    Each operator gets the share of the pairs that its rate says. Dropped is a variant that asks what
    another pair asks, or nearly what a pair of `held_out` asks, or that fails a gate of form. The result depends on the
    seed and on which pairs there are, not on their order.
    """
    made = [found for name in OPERATORS.entries() for found in _made(name, pairs, settings, seed)]
    made.sort(key=lambda found: (found[1].parent_id, found[0], found[1].id))
    roots: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for pair in [*pairs, *(pair for _, pair in made)]:
        roots[_words(pair.question)].add(pair.parent_id or pair.id)
    held = NearCopies((pair.question for pair in held_out), ask.near_duplicate)
    seen = {(pair.id, pair.question) for pair in pairs}
    kept: list[QAPair] = []
    entries: list[LedgerEntry] = []
    for name, pair in made:
        checked, reason = _gated(pair, ask)
        if len(roots[_words(pair.question)]) > 1:
            reason = "asks what another pair asks"
        elif pair.kind != "entity_swap" and (pair.parent_id, pair.question) in seen:
            reason = "asks what its own pair asks"
        elif held.near(pair.question):
            reason = "near a held-out question"
        if reason:
            entries.append(_dropped(pair, f"augment {name}", reason))
        else:
            seen.add((pair.parent_id, pair.question))
            kept.append(checked)
    return kept, entries


def _gated(pair: QAPair, settings: AskSettings) -> tuple[QAPair, str]:
    """The pair with the scores of its gates, and the reason of the first that stops it."""
    context = Passage(
        passage_id="",
        doc_id=pair.doc_id,
        section=(),
        start=0,
        end=len(pair.context),
        text=pair.context,
        sentences=((0, len(pair.context)),),
    )
    verdicts = {name: GATES.entries()[name](pair, context, settings) for name in QUESTION_GATES}
    checks = pair.checks | {name: verdict.score for name, verdict in verdicts.items()}
    return (
        pair.model_copy(update={"checks": checks}),
        next((verdict.reason for verdict in verdicts.values() if verdict.reason), ""),
    )


def _made(name: str, pairs: Sequence[QAPair], settings: AugmentSettings, seed: int) -> list[tuple[str, QAPair]]:
    operator = OPERATORS.entries()[name]
    rate = settings.rates.get(name, operator.rate)
    drawn = [pair for pair in pairs if draw(seed, f"{name} rate", pair).random() < rate]
    return [(name, pair) for pair in operator.vary(sorted(drawn, key=lambda pair: pair.id), settings, seed)]


class NearCopies:
    """Questions, by their words, to find one that has nearly the same words as another."""

    def __init__(self, questions: Iterable[str], likeness: float) -> None:
        self._sets = [frozenset(_words(question)) for question in questions]
        self._likeness = likeness
        self._count = Counter(word for words in self._sets for word in words)
        self._holders: dict[str, list[int]] = defaultdict(list)
        for index, words in enumerate(self._sets):
            for word in words:
                self._holders[word].append(index)

    def near(self, question: str) -> bool:
        """Whether a question has a Jaccard likeness of at least `likeness` to `question`, by their sets of words."""
        words = frozenset(_words(question))
        # Two sets that are so much alike share one of any few words: the rarest cost least.
        few = len(words) - math.ceil(self._likeness * len(words)) + 1
        rarest = sorted(words, key=lambda word: (self._count[word], word))[:few]
        candidates = {index for word in rarest for index in self._holders.get(word, ())}
        return any(
            len(words & self._sets[index]) >= self._likeness * len(words | self._sets[index]) for index in candidates
        )


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
