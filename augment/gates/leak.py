"""The question does not give its answer away."""

from __future__ import annotations

import re

from augment.gates import Verdict, gate
from augment.records import Passage, QAPair
from augment.settings import AskSettings
from augment.stems import content, covered


@gate("answer not given away")
def answer_not_given_away(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    """One less the share of the answer's content words that the question holds."""
    said = re.search(rf"(?<!\w){re.escape(pair.answer_span)}(?!\w)", pair.question, re.IGNORECASE)
    if said and not pair.answer_span.isdigit():
        return Verdict(0.0, "answer given away")
    if not content(pair.answer_span):
        return Verdict(1.0)
    score = 1 - covered(pair.answer_span, pair.question)
    return Verdict(score, "" if score > 0 else "answer given away")
