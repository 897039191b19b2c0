"""An answer is neither empty nor an essay."""

from __future__ import annotations

from augment.gates import Verdict, gate
from augment.records import Passage, QAPair
from augment.settings import AskSettings

MOST_SPAN, MOST_ANSWER = 40, 80


@gate("length of span")
def length_of_span(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    """Words of the exact answer."""
    if not 1 <= len(pair.answer_span.split()) <= MOST_SPAN or not any(map(str.isalnum, pair.answer_span)):
        return Verdict(0.0, f"answer span not 1 to {MOST_SPAN} words")
    return Verdict(1.0)


@gate("length of answer")
def length_of_answer(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    """Words of the sentence around it."""
    return Verdict(0.0, f"answer over {MOST_ANSWER} words") if len(pair.answer.split()) > MOST_ANSWER else Verdict(1.0)
