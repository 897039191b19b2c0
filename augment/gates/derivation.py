"""A weak model is believed only where its question follows from the answer's sentence by moving words."""

from __future__ import annotations

from augment.gates import Verdict, by_rule, gate
from augment.language.derivation import derivation as derived
from augment.language.spelling import Spelling
from augment.records import Passage, QAPair
from augment.settings import AskSettings


@gate("derivation")
def derivation(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    """How much of a model's question its sentence holds, the movement undone. A rule derives by construction."""
    if by_rule(pair):
        return Verdict(1.0)
    score = derived(pair.question, pair.answer, pair.answer_span, Spelling.of([passage.text]))
    return Verdict(score, "" if score >= settings.min_derivation else "does not follow from its sentence")
