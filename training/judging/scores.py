"""How near an answer comes to the true one."""

from __future__ import annotations

import re
import string
from collections import Counter
from functools import cache
from typing import Any

from extractors.records import Record

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


class AnswerScore(Record):
    """Of one generated answer, each 0 to 1."""

    exact_match: float
    f1: float
    rouge_l: float
    contained: float
    """1 where the words of the answer span stand in it, in their order and side by side."""


def normalise(text: str) -> list[str]:
    """The words of an answer without case, punctuation and articles, as SQuAD compares them (Rajpurkar et al. 2016)."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def f1(prediction: str, truth: str) -> float:
    """Token F1 of SQuAD. Two empty answers agree."""
    predicted, true = normalise(prediction), normalise(truth)
    if not predicted or not true:
        return float(predicted == true)
    common = sum((Counter(predicted) & Counter(true)).values())
    return 2 * common / (len(predicted) + len(true))


def rouge_l(prediction: str, truth: str) -> float:
    """F-measure of the longest common subsequence of words (Lin 2004), over the ASCII words that `rouge-score` sees."""
    return float(_rouge().score(truth, prediction)["rougeL"].fmeasure)


@cache
def _rouge() -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rougeL"])


def score(prediction: str, answer: str, span: str) -> AnswerScore:
    """Scores a prediction against the full answer and, for `contained`, the answer span."""
    words, wanted = normalise(prediction), normalise(span)
    contained = any(words[at : at + len(wanted)] == wanted for at in range(len(words) - len(wanted) + 1))
    return AnswerScore(
        exact_match=float(words == normalise(answer)),
        f1=f1(prediction, answer),
        rouge_l=rouge_l(prediction, answer),
        contained=float(contained and bool(wanted)),
    )
