"""Document -> Asked: passages, the pairs that passed every gate, and an entry for everything that did not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from augment.answers import answers
from augment.gates import GATES
from augment.language.spelling import Spelling
from augment.language.statements import statement
from augment.language.stems import content
from augment.language.words import WORD
from augment.passages import passages
from augment.readable import offered
from augment.records import Answer, Passage, Proposal, QAPair
from augment.rules import is_telling, named, proposals
from augment.settings import AskSettings
from augment.t5.extraction import Extracts, extracted
from augment.t5.roundtrip import Answers, round_trip
from extractors.files import sha256
from extractors.ledger import LedgerEntry
from extractors.records import Document, Record

CAPTION_WITHOUT = "caption without a question"
"""Reason of a passage that is a caption: most speak of their figure, so they do not count as passages left unasked."""

LONGEST = 3000
"""Characters of a sentence that a person may have written: the patterns of the rules take hours for a million."""


class Asked(Record):
    """Every passage has a pair or an entry; every proposal is a pair or an entry. `refused` are the pairs that were
    stopped, in the order of their entries: a person may want one of them all the same."""

    passages: tuple[Passage, ...]
    pairs: tuple[QAPair, ...]
    refused: tuple[QAPair, ...]
    entries: tuple[LedgerEntry, ...]


class Asks(Answers, Extracts, Protocol):
    """A question model: a question for each answer, None where it cannot be shown the answer; answers, where
    `ask.round_trip_model` asks for them; and what to ask about, where `ask.extract_answers` does."""

    def ask(self, asked: Sequence[tuple[Passage, Answer]]) -> list[Proposal | None]: ...


def ask(document: Document, settings: AskSettings, model: Asks | None) -> Asked:
    """What `document` answers, by the generators of `settings`; without a `model` only the rules ask.

    Pairs come in reading order. A question that two generators ask is kept once, the rule's before the model's.
    """
    found = passages(document, settings)
    prose = [passage for passage in found if max(end - start for start, end in passage.sentences) <= LONGEST]
    entries: list[LedgerEntry] = []
    proposed: list[tuple[Passage, Proposal]] = []
    if "rules" in settings.generators:
        spelling = Spelling.of([document.text])
        proposed += [
            (passage, proposal) for passage in prose for proposal in proposals(passage, spelling, document.title)
        ]
    if "model" in settings.generators and model is not None:
        by_model = extracted(prose, model) if settings.extract_answers else {}
        titled = is_telling(document.title)
        chosen = [
            (passage, answer)
            for passage in prose
            for answer in answers(
                passage,
                settings,
                by_model.get(passage.passage_id),
                offered(passage, Spelling.of([passage.text]), titled=titled),
            )
        ]
        for (passage, answer), proposal in zip(chosen, model.ask(chosen), strict=True):
            if proposal is None:
                entries.append(_not_asked(document, passage, answer))
            else:
                proposed.append((passage, named(proposal, document.title if answer.authors else "")))

    kept: dict[str, list[QAPair]] = {passage.passage_id: [] for passage in found}
    refused: list[QAPair] = []
    seen: set[tuple[object, ...]] = set()
    outcomes = [judged(pair_of(document, passage, proposal), passage, settings) for passage, proposal in proposed]
    if model is not None and settings.round_trip_model:
        outcomes = round_trip(proposed, outcomes, model, settings)
    for (passage, _), (pair, step, reason) in zip(proposed, outcomes, strict=True):
        if not reason and not seen.isdisjoint(_keys(pair)):
            step, reason = "duplicates", "asked already in this document"
        if not reason and len(kept[passage.passage_id]) >= settings.questions_per_passage:
            step, reason = "questions per passage", "passage has enough pairs"
        if reason:
            entries.append(_dropped(pair, step, reason))
            refused.append(pair)
        else:
            kept[passage.passage_id].append(pair)
            seen |= _keys(pair)

    tried = {passage.passage_id for passage, _ in proposed}
    asked_of = {passage.passage_id for passage in prose}
    for passage in found:
        if not kept[passage.passage_id]:
            reason = "no question passed" if passage.passage_id in tried else "no question found"
            reason = reason if passage.passage_id in asked_of else "sentence too long"
            reason = CAPTION_WITHOUT if passage.caption else reason
            entries.append(without_pair(document, passage, "ask", reason))
    pairs = [pair for passage in found for pair in sorted(kept[passage.passage_id], key=_reading_order)]
    return Asked(passages=tuple(found), pairs=tuple(pairs), refused=tuple(refused), entries=tuple(entries))


def pair_of(document: Document, passage: Passage, proposal: Proposal) -> QAPair:
    """The row that `proposal` would be. Its answer is the sentence that holds the span, without citation marks, unless
    the proposal tells it in other words."""
    start, end = passage.start + proposal.answer.start, passage.start + proposal.answer.end
    return QAPair(
        id=sha256(f"{document.doc_id} {start} {end} {proposal.question}")[:16],
        question=proposal.question,
        answer=proposal.told or statement(passage, *proposal.answer.sentence).text,
        answer_span=proposal.answer.text,
        context=passage.text,
        doc_id=document.doc_id,
        source=document.source,
        title=document.title,
        section=" > ".join(passage.section),
        page=document.page_at(start),
        char_start=start,
        char_end=end,
        generator=proposal.generator,
    )


def judged(pair: QAPair, passage: Passage, settings: AskSettings) -> tuple[QAPair, str, str]:
    """`pair` with the scores of its gates, and where one stops it the gate and the reason."""
    checks: dict[str, float] = {}
    for name, gate in GATES.entries().items():
        verdict = gate(pair, passage, settings)
        checks[name] = round(verdict.score, 4)
        if not verdict.passed:
            return pair.model_copy(update={"checks": checks}), f"gate {name}", verdict.reason
    return pair.model_copy(update={"checks": checks}), "", ""


def _keys(pair: QAPair) -> set[tuple[object, ...]]:
    """What makes two pairs of one document the same: the question, or its content words and the span."""
    words = " ".join(word.lower() for word in WORD.findall(pair.question))
    return {("question", words), ("span", pair.char_start, pair.char_end, *sorted(set(content(pair.question))))}


def _reading_order(pair: QAPair) -> tuple[int, int, str]:
    return pair.char_start, pair.char_end, pair.question


def _dropped(pair: QAPair, step: str, reason: str) -> LedgerEntry:
    return LedgerEntry(
        unit="pair",
        outcome="dropped",
        step=step,
        reason=reason,
        detail=f"{pair.question} | {pair.answer_span} [{pair.generator}]",
        source=pair.source,
        doc_id=pair.doc_id,
        page=pair.page,
        id=pair.id,
    )


def _not_asked(document: Document, passage: Passage, answer: Answer) -> LedgerEntry:
    start, end = passage.start + answer.start, passage.start + answer.end
    return LedgerEntry(
        unit="pair",
        outcome="dropped",
        step="ask",
        reason="answer does not fit the question model",
        detail=answer.text,
        source=document.source,
        doc_id=document.doc_id,
        page=document.page_at(start),
        id=sha256(f"{document.doc_id} {start} {end}")[:16],
    )


def without_pair(document: Document, passage: Passage, step: str, reason: str) -> LedgerEntry:
    """The entry of a passage that has no pair after `step`."""
    return LedgerEntry(
        unit="passage",
        outcome="dropped",
        step=step,
        reason=reason,
        detail=" ".join(passage.text.split()[:12]),
        source=document.source,
        doc_id=document.doc_id,
        page=document.page_at(passage.start),
        id=passage.passage_id,
    )
