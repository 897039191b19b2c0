"""A question has the form of one: its opening, its mark, its length, and nothing left over from a page."""

from __future__ import annotations

import re

from augment.gates import Verdict, gate
from augment.records import Passage, QAPair
from augment.settings import AskSettings
from augment.words import AUXILIARIES, QUESTION_WORDS

FEWEST, MOST = 3, 30
"""Words of a question. People's run from 4 (first percentile) to 21; 'What is MinHash?' has 3."""

_PREPOSED = frozenset({"in", "at", "on", "for", "to", "by", "from", "with", "of", "under", "over", "into", "about"})
_REMNANT = re.compile(r"\\[a-zA-Z]+|[{}$^|<>@]|\[\d|\bet al\b|https?:|_\w|\w_|\(\)|\?\?|\.\.|  |[\ufffd]")
_BRACKETS = {")": "(", "]": "[", "}": "{"}


@gate("form")
def form(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    question = pair.question
    words = question.rstrip("?").split()
    if not question.endswith("?") or question.count("?") != 1:
        return Verdict(0.0, "not one question mark at the end")
    if not FEWEST <= len(words) <= MOST:
        return Verdict(0.0, f"not {FEWEST} to {MOST} words")
    first, second = words[0].lower(), words[1].lower()
    if first not in QUESTION_WORDS | AUXILIARIES and not (first in _PREPOSED and second in QUESTION_WORDS):
        return Verdict(0.0, "does not open as a question")
    if not question[0].isupper():
        return Verdict(0.0, "does not open with a capital")
    if _REMNANT.search(question):
        return Verdict(0.0, "remnants of markup")
    if not balanced(question):
        return Verdict(0.0, "unbalanced brackets or quotes")
    return Verdict(1.0)


def balanced(text: str) -> bool:
    """Whether brackets and double quotes in `text` come in pairs."""
    open_ones: list[str] = []
    for character in text:
        if character in "([{":
            open_ones.append(character)
        elif character in _BRACKETS and (not open_ones or open_ones.pop() != _BRACKETS[character]):
            return False
    return not open_ones and text.count('"') % 2 == 0 and text.count("“") == text.count("”")
