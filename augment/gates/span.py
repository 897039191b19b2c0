"""The answer stands at its offset, whole words of it."""

from __future__ import annotations

from augment.gates import Verdict, gate
from augment.language.statements import balanced
from augment.records import Passage, QAPair
from augment.settings import AskSettings


@gate("span")
def span(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    start, end = pair.char_start - passage.start, pair.char_end - passage.start
    if not 0 <= start < end <= len(passage.text) or passage.text[start:end] != pair.answer_span:
        return Verdict(0.0, "answer not at its offset")
    edges = (passage.text[max(start - 1, 0) : start + 1], passage.text[end - 1 : end + 1])
    if any(len(edge) == 2 and edge.isalnum() for edge in edges) or pair.answer_span != pair.answer_span.strip():
        return Verdict(0.0, "answer is not whole words")
    if not balanced(pair.answer_span):
        return Verdict(0.0, "unbalanced brackets or quotes")
    return Verdict(1.0)
