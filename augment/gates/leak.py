"""The question does not give its answer away."""

from __future__ import annotations

import re

from augment.gates import Verdict, bare_question, gate
from augment.language.stems import content, covered
from augment.records import Passage, QAPair
from augment.settings import AskSettings


@gate("answer not given away")
def answer_not_given_away(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    """One less the share of the answer's content words that the question holds."""
    if not pair.answer_span.isdigit() and _says(pair.question, pair.answer_span):
        return Verdict(0.0, "answer given away")
    # The 100 of CIFAR-100 is no number of classes.
    if not content(pair.answer_span) or pair.answer_span.isdigit():
        return Verdict(1.0)
    # One word of the title that the question names is not the answer; all the words of a long form are.
    asked = pair.question if len(content(pair.answer_span)) > 1 else bare_question(pair)
    score = 1 - covered(pair.answer_span, asked)
    return Verdict(score, "" if score > 0 else "answer given away")


def _says(question: str, span: str) -> bool:
    """Whether the words of `span` stand in the question; a pattern is made, which takes long, only where they may."""
    if span.casefold() not in question.casefold():
        return False
    return bool(re.search(rf"(?<!\w){re.escape(span)}(?!\w)", question, re.IGNORECASE))
