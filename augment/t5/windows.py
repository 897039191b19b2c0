"""As much of a passage around an answer as a model can be shown."""

from __future__ import annotations

import re
from itertools import accumulate

from augment.records import Answer
from augment.t5.seq2seq import Seq2Seq

WORD = re.compile(r"\S+")


class Words:
    """The words of a text, and how many tokens each has. T5's tokens never reach across white space."""

    def __init__(self, text: str, t5: Seq2Seq) -> None:
        self.text = text
        self.spans = [word.span() for word in WORD.finditer(text)]
        lengths = t5.tokenizer([text[start:end] for start, end in self.spans], add_special_tokens=False, verbose=False)[
            "input_ids"
        ]
        self._before = [0, *accumulate(len(ids) for ids in lengths)]

    def tokens(self, first: int, last: int) -> int:
        """Tokens of the words from `first` up to, not with, `last`."""
        return self._before[last] - self._before[first]

    def holding(self, start: int, end: int) -> tuple[int, int]:
        """The words, first and past the last, that hold the characters `start` to `end`."""
        inside = [index for index, (left, right) in enumerate(self.spans) if left < end and start < right]
        return inside[0], inside[-1] + 1


def window(words: Words, answer: Answer, room: int) -> tuple[int, int] | None:
    """The characters, start and end, of at most `room` tokens of whole words around `answer`: its sentence and as much
    before as after it; of a sentence that is too long, the part around the answer. None where the answer does not fit.
    """
    first, last = words.holding(answer.start, answer.end)
    if words.tokens(first, last) > room:
        return None
    for limits in (words.holding(*answer.sentence), (0, len(words.spans))):
        first, last = _widened(words, first, last, limits, room)
    return words.spans[first][0], words.spans[last - 1][1]


def _widened(words: Words, first: int, last: int, limits: tuple[int, int], room: int) -> tuple[int, int]:
    """The words `first` to `last`, widened within `limits` a word at a time on the side that has gained less."""
    if words.tokens(min(first, limits[0]), max(last, limits[1])) <= room:
        return min(first, limits[0]), max(last, limits[1])
    centre = first, last
    while True:
        left = first > limits[0] and words.tokens(first - 1, last) <= room
        right = last < limits[1] and words.tokens(first, last + 1) <= room
        if not left and not right:
            return first, last
        if left and (not right or words.tokens(first, centre[0]) <= words.tokens(centre[1], last)):
            first -= 1
        else:
            last += 1
