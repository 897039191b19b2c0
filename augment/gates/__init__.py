"""What a pair must pass to be kept: one gate a file, found without a list of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from augment.records import Passage, QAPair
from augment.settings import AskSettings
from extractors.registry import Registry


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate found: a score from 0 to 1, and a short reason where the pair must not be kept."""

    score: float
    reason: str = ""

    @property
    def passed(self) -> bool:
        return not self.reason


Gate = Callable[[QAPair, Passage, AskSettings], Verdict]
GATES: Registry[Gate] = Registry("augment.gates")
gate = GATES.register


def bare_question(pair: QAPair) -> str:
    """The question, but for the title by which it may name its document."""
    return pair.question.replace(f"“{pair.title}”", "") if pair.title else pair.question


def by_rule(pair: QAPair) -> bool:
    """Whether a rule asked, whose questions hold by construction, and not a model."""
    return pair.generator.startswith("rules@")
