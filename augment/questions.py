"""Questions about highlighted answers, written by a T5."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from itertools import accumulate

from augment.models import ModelFiles
from augment.records import Answer, Passage, Proposal
from augment.seq2seq import Seq2Seq
from augment.settings import AskSettings
from extractors.errors import QuireError

TASK = "generate question:"
MARK = "<hl>"
WORD = re.compile(r"\S+")
MARKS = re.compile(r"<hl>|<sep>")

log = logging.getLogger(__name__)


class Words:
    """The words of a text, and how many tokens each has. T5's tokens never reach across white space."""

    def __init__(self, text: str, t5: Seq2Seq) -> None:
        self.spans = [word.span() for word in WORD.finditer(text)]
        lengths = t5.tokenizer([text[start:end] for start, end in self.spans], add_special_tokens=False)["input_ids"]
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


def highlighted(text: str, answer: Answer, start: int, end: int) -> str:
    """The prompt that asks about `answer` in `text[start:end]`. White space around the marks is free: T5 reads any
    run of it as one."""
    before, after = text[start : answer.start], text[answer.end : end]
    return f"{TASK} {before} {MARK} {text[answer.start : answer.end].strip()} {MARK} {after}"


class QuestionModel:
    """Asks in the highlight format of `valhalla/t5-base-qg-hl`: the passage with the answer between two <hl>.

    The closing </s> is not written out: the tokenizer adds it, and a second one would be read as a word.
    """

    def __init__(self, files: ModelFiles, settings: AskSettings) -> None:
        self._t5 = Seq2Seq(files)
        self._settings = settings
        self._limit = min(settings.window_tokens, self._t5.limit)
        self._mark = self._t5.tokenizer.convert_tokens_to_ids(MARK)
        if self._mark in (None, self._t5.tokenizer.unk_token_id):
            raise QuireError(
                f"The question model in {files.folder} does not know the mark {MARK}.",
                fix="Set ask.model to one trained on highlighted answers, such as valhalla/t5-base-qg-hl.",
            )
        self._frame = len(self._t5.encode([f"{TASK} {MARK} {MARK}"])[0])

    @property
    def name(self) -> str:
        """The model and its revision, as rows record it."""
        return self._t5.name

    def ask(self, asked: Sequence[tuple[Passage, Answer]]) -> list[Proposal | None]:
        """A question for each answer, in the order of `asked`.

        None where the model cannot be shown the answer, because it is longer than the window or the passage holds marks
        of its own; the reason goes to the log.
        """
        words = {passage.text: Words(passage.text, self._t5) for passage, _ in asked}
        prompts = [self._prompt(passage, answer, words[passage.text]) for passage, answer in asked]
        shown = [row for row, prompt in enumerate(prompts) if prompt]
        written = self._t5.write(
            [prompts[row] for row in shown], beams=self._settings.beams, batch_tokens=self._settings.batch_tokens
        )
        proposals: list[Proposal | None] = [None] * len(prompts)
        for row, (best, *_) in zip(shown, written, strict=True):
            # The marks are plain added tokens in old checkpoints, so decoding does not skip them.
            question = " ".join(MARKS.sub(" ", best.text).split())
            answer = asked[row][1]
            proposals[row] = Proposal(question=question, answer=answer, generator=self.name, score=best.score)
        return proposals

    def _prompt(self, passage: Passage, answer: Answer, words: Words) -> list[int]:
        """Token ids of the prompt, both marks in it; empty where that cannot be."""
        room = self._limit - self._frame
        while found := window(words, answer, room):
            ids = self._t5.encode([highlighted(passage.text, answer, *found)])[0]
            if len(ids) > self._limit:  # the marks cut words at the answer's edges, which may cost tokens
                room -= len(ids) - self._limit
            elif ids.count(self._mark) != 2:
                log.warning("%s: not asked about %r: marks in the passage", passage.passage_id, answer.text[:60])
                return []
            else:
                return ids
        log.warning("%s: not asked about %r: longer than the window", passage.passage_id, answer.text[:60])
        return []
