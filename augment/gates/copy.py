"""The question asks, and does not only repeat the sentence with a question word for the answer."""

from __future__ import annotations

from augment.gates import Verdict, by_rule, gate
from augment.records import Passage, QAPair
from augment.settings import AskSettings
from augment.words import WORD


@gate("near copy")
def near_copy(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    """One less the share of a long sentence that the question takes over word for word, as one run.

    Only a model's question is stopped: a rule's 'which' question is such a copy by design, and grammatical.
    """
    asked = [word.lower() for word in WORD.findall(pair.question)][1:]
    said = [word.lower() for word in WORD.findall(pair.answer)]
    longest = _longest_run(asked, said)
    score = 1 - longest / max(len(said), 1)
    if not by_rule(pair) and len(said) > 8 and longest / len(said) > 0.8:
        return Verdict(score, "copies its sentence")
    return Verdict(score)


def _longest_run(left: list[str], right: list[str]) -> int:
    best, before = 0, [0] * (len(right) + 1)
    for word in left:
        row = [0] * (len(right) + 1)
        for index, other in enumerate(right, start=1):
            if word == other:
                row[index] = before[index - 1] + 1
        best, before = max(best, *row), row
    return best
