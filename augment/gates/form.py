"""A question has the form of one: its opening, its mark, its length, and nothing left over from a page."""

from __future__ import annotations

import re

from augment.gates import Verdict, bare_question, gate
from augment.language.statements import balanced
from augment.language.words import AUXILIARIES, QUESTION_WORDS, WORD
from augment.records import Passage, QAPair
from augment.settings import AskSettings

FEWEST, MOST = 3, 30
"""Words of a question. People's have 4 (first percentile) to 21 (last); 'What is MinHash?' has 3."""

_REMNANT = re.compile(
    r"\\[a-zA-Z]+|[{}^|<>@]|\$(?!\d)|\[(?:\d|formula)|\bet al\b|https?:|_\w|\w_|\(\)|\?\?|\.\.|  |\ufffd"
)


@gate("form")
def form(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    question = pair.question
    words = [word.lower() for word in WORD.findall(question)]
    if not question.endswith("?") or question.count("?") != 1:
        return Verdict(0.0, "not one question mark at the end")
    if not FEWEST <= len(bare_question(pair).split()) <= MOST:
        return Verdict(0.0, f"not {FEWEST} to {MOST} words")
    if not (words[0] in AUXILIARIES or QUESTION_WORDS.intersection(words)) or not question[0].isupper():
        return Verdict(0.0, "does not ask")
    if _REMNANT.search(question):
        return Verdict(0.0, "remnants of markup")
    if not balanced(question):
        return Verdict(0.0, "unbalanced brackets or quotes")
    return Verdict(1.0)
