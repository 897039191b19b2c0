"""The question speaks of what its passage speaks of."""

from __future__ import annotations

from augment.gates import Verdict, gate
from augment.language.stems import content, covered
from augment.records import Passage, QAPair
from augment.settings import AskSettings


@gate("coverage")
def coverage(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    """The share of the question's content words found in the passage, or in the title that the question may name."""
    if not content(pair.question):
        return Verdict(0.0, "no content word")
    score = covered(pair.question, f"{pair.title} {passage.text}")
    return Verdict(score, "" if score >= settings.min_coverage else "words not in the passage")
