"""A weak model loops: 'the name of the name of the name'."""

from __future__ import annotations

from augment.gates import Verdict, by_rule, gate
from augment.records import Passage, QAPair
from augment.settings import AskSettings
from augment.words import FUNCTION_WORDS, WORD


@gate("repetition")
def repetition(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    """The share of distinct words among the content words, and no run of words twice."""
    words = [word.lower() for word in WORD.findall(pair.question)]
    for size in (1, 2, 3):
        runs = [tuple(words[index : index + size]) for index in range(len(words) - size + 1)]
        if size == 1:
            twice = any(left == right for left, right in zip(runs, runs[1:], strict=False))
        else:
            loose = [run for run in runs if not set(run) <= FUNCTION_WORDS]
            twice = len(loose) > len(set(loose))
        if twice and not (size > 1 and by_rule(pair) and " ".join(words[-size:]) in pair.answer.lower()):
            return Verdict(0.0, "repeated words")
    content = [word for word in words if word not in FUNCTION_WORDS]
    score = len(set(content)) / max(len(content), 1)
    if score < 1 and not by_rule(pair):
        return Verdict(score, "repeated words")
    return Verdict(score)
