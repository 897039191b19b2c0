"""The answer stands, whole words of it, at its offset."""

from __future__ import annotations

from augment.gates import Verdict, gate
from augment.records import Passage, QAPair
from augment.settings import AskSettings


@gate("span")
def span(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    start, end = pair.char_start - passage.start, pair.char_end - passage.start
    if not 0 <= start < end <= len(passage.text) or passage.text[start:end] != pair.answer_span:
        return Verdict(0.0, "answer not at its offset")
    if pair.answer_span != pair.answer_span.strip():
        return Verdict(0.0, "answer with loose edges")
    if passage.text[max(start - 1, 0) : start + 1].isalnum() and start > 0:
        return Verdict(0.0, "answer cuts a word")
    if passage.text[end - 1 : end + 1].isalnum() and end < len(passage.text):
        return Verdict(0.0, "answer cuts a word")
    return Verdict(1.0)
