"""What a person decided about pairs, which wins over every gate.

A decision is kept by what the pair says and not by where it stands, so that it holds for the same question and span in
a document that was renamed, edited elsewhere or read anew.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from augment.asking import Asked
from augment.records import QAPair
from extractors.files import sha256
from extractors.ledger import LedgerEntry
from extractors.records import Record

STEP = "review"
"""The step of the ledger's entries, and the name in `checks` of the pairs that were accepted."""


class Decision(Record):
    """A verdict on the pair of `key`, and the question and answer it gets instead of its own. `undecided` takes back
    what was decided before."""

    key: str
    verdict: Literal["accept", "reject", "undecided"]
    question: str | None = None
    answer: str | None = None


def key_of(pair: QAPair) -> str:
    """Sixteen hex digits over the question and the span of the answer, whatever the white space in them."""
    said = [" ".join(text.split()) for text in (pair.question, pair.answer_span)]
    return sha256(json.dumps(said, ensure_ascii=False))[:16]


def standing(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """The last decision of each key, in the order they were made, without those that were taken back."""
    last: dict[str, Decision] = {}
    for decision in decisions:
        last.pop(decision.key, None)
        if decision.verdict != "undecided":
            last[decision.key] = decision
    return last


def decided(
    pairs: Sequence[QAPair], refused: Iterable[QAPair], decisions: Mapping[str, Decision]
) -> tuple[list[QAPair], list[LedgerEntry]]:
    """`pairs` as the standing `decisions` want them, and an entry for each that was rejected.

    Accepted pairs stay, with a check of their own, and one of each accepted key that `pairs` lack comes back, the first
    among those that were `refused`. No decision touches a pair of another key.
    """
    if not decisions:
        return list(pairs), []
    kept: list[QAPair] = []
    rejected: list[LedgerEntry] = []
    there = {pair.id for pair in pairs}
    met: set[str] = set()
    for pair in pairs:
        decision = decisions.get(key_of(pair))
        if decision is None:
            kept.append(pair)
        elif decision.verdict == "reject":
            rejected.append(_entry(pair, "dropped", "rejected"))
        else:
            kept.append(_accepted(pair, decision))
            met.add(decision.key)
    for pair in refused:
        decision = decisions.get(key_of(pair))
        if decision and decision.verdict == "accept" and decision.key not in met and pair.id not in there:
            kept.append(_accepted(pair, decision))
            met.add(decision.key)
    return kept, rejected


def effects(
    decisions: Mapping[str, Decision], asked: Iterable[QAPair], kept: Iterable[QAPair], entries: Iterable[LedgerEntry]
) -> tuple[dict[str, int], list[LedgerEntry]]:
    """What each of the standing `decisions` came to, counted so that the counts add up to their number, and an entry
    for each that kept a pair or that speaks of no pair of `asked`.

    `asked` are the pairs that were asked at all, `kept` and `entries` what `decided` made of them.
    """
    if not decisions:
        return {}, []
    of_key: dict[str, list[str]] = {key: [] for key in decisions}
    pair_of: dict[str, QAPair] = {}
    for pair in asked:
        if (key := key_of(pair)) in decisions:
            of_key[key].append(pair.id)
            pair_of[pair.id] = pair
    rows = {pair.id: pair for pair in kept if STEP in pair.checks}
    gone = {entry.id for entry in entries}
    counts = dict.fromkeys(("accepted", "edited", "rejected", "dropped anyway", "no longer asked"), 0)
    told: list[LedgerEntry] = []
    for key, ids in of_key.items():
        decision = decisions[key]
        row = next((rows[id] for id in ids if id in rows), None)
        if not ids:
            effect = "no longer asked"
            told.append(LedgerEntry(unit="pair", outcome="degraded", step=STEP, reason=effect, detail=_words(decision)))
        elif row is None:
            effect = "rejected" if gone.intersection(ids) else "dropped anyway"
        else:
            effect = "edited" if decision.question or decision.answer else "accepted"
            told.append(_entry(pair_of[row.id], "kept", effect, _words(decision)))
        counts[effect] += 1
    return counts, told


def reinstated(asked: Asked, kept: Collection[str]) -> Asked:
    """`asked` with those it refused among its pairs whose ids are `kept` all the same, and without the entries that say
    that they, or their passages, have come to nothing."""
    here = {pair.id for pair in asked.pairs}
    back: dict[str, QAPair] = {}
    for pair in asked.refused:
        if pair.id in kept and pair.id not in here:
            back.setdefault(pair.id, pair)
    if not back:
        return asked
    starts = [pair.char_start for pair in back.values()]
    void = {("pair", id) for id in back} | {
        ("passage", passage.passage_id)
        for passage in asked.passages
        if any(passage.start <= start < passage.end for start in starts)
    }
    entries = []
    for entry in asked.entries:
        # A refused pair has one entry: a second of the same id is that of its twin, which stays refused.
        if (entry.unit, entry.id) in void:
            void.remove((entry.unit, entry.id))
        else:
            entries.append(entry)
    refused = tuple(pair for pair in asked.refused if back.get(pair.id) is not pair)
    pairs = sorted([*asked.pairs, *back.values()], key=lambda pair: (pair.char_start, pair.char_end, pair.question))
    return asked.model_copy(update={"pairs": tuple(pairs), "refused": refused, "entries": tuple(entries)})


def _accepted(pair: QAPair, decision: Decision) -> QAPair:
    """Span and offsets stay true to the source, whatever a person makes of the wording."""
    return pair.model_copy(
        update={
            "question": decision.question or pair.question,
            "answer": decision.answer or pair.answer,
            "checks": {**pair.checks, STEP: 1.0},
        }
    )


def _words(decision: Decision) -> str:
    said = (decision.verdict, decision.key, decision.question, decision.answer)
    return " | ".join(part for part in said if part)


def _entry(pair: QAPair, outcome: Literal["dropped", "kept"], reason: str, decision: str = "") -> LedgerEntry:
    detail = f"{pair.question} | {pair.answer_span} [{pair.generator}]"
    return LedgerEntry(
        unit="pair",
        outcome=outcome,
        step=STEP,
        reason=reason,
        detail=f"{detail} -> {decision}" if decision else detail,
        source=pair.source,
        doc_id=pair.doc_id,
        page=pair.page,
        id=pair.id,
    )
