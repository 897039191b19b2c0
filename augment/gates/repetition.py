"""A weak model loops: 'the name of the name of the name'."""

from __future__ import annotations

from itertools import pairwise

from augment.gates import Verdict, by_rule, gate
from augment.language.words import FUNCTION_WORDS, WORD
from augment.records import Passage, QAPair
from augment.settings import AskSettings


@gate("repetition")
def repetition(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    """The share of distinct words among the question's content words.

    A word written twice in a row stops any pair. What else a sentence says twice, a rule may repeat; a model may not
    repeat three words in their order.
    """
    words = [word.lower() for word in WORD.findall(pair.question)]
    following = list(pairwise(words))
    runs = list(zip(words, words[1:], words[2:], strict=False))
    content = [word for word in words if word not in FUNCTION_WORDS]
    score = len(set(content)) / max(len(content), 1)
    looped = len(runs) > len(set(runs)) and not by_rule(pair)
    if looped or any(left == right for left, right in following):
        return Verdict(score, "repeated words")
    return Verdict(score)
