"""An answer is neither empty nor an essay."""

from __future__ import annotations

from augment.gates import Verdict, gate
from augment.records import Passage, QAPair
from augment.settings import AskSettings

MOST_SPAN, MOST_ANSWER = 40, 80


@gate("length")
def length(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    """Words of the span and of the sentence around it."""
    span, answer = len(pair.answer_span.split()), len(pair.answer.split())
    if not 1 <= span <= MOST_SPAN or not any(character.isalnum() for character in pair.answer_span):
        return Verdict(0.0, f"answer span not 1 to {MOST_SPAN} words")
    if answer > MOST_ANSWER:
        return Verdict(0.0, f"answer over {MOST_ANSWER} words")
    return Verdict(1.0)
