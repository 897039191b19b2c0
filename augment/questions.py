"""Questions about highlighted answers, written by a T5."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from augment.models import ModelFiles
from augment.records import Answer, Passage, Proposal
from augment.roundtrip import answer_model
from augment.seq2seq import Seq2Seq
from augment.settings import AskSettings
from augment.windows import Words, window
from extractors.errors import QuireError

TASK = "generate question:"
MARK = "<hl>"
MARKS = re.compile(r"<hl>|<sep>")

log = logging.getLogger(__name__)


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
        self.t5 = Seq2Seq(files, exact=settings.exact)
        self._settings = settings
        self._answers = answer_model(settings, self.t5)
        self._limit = min(settings.window_tokens, self.t5.limit)
        self._mark = self.t5.tokenizer.convert_tokens_to_ids(MARK)
        if self._mark in (None, self.t5.tokenizer.unk_token_id):
            raise QuireError(
                f"The question model in {files.folder} does not know the mark {MARK}.",
                fix="Set ask.model to one trained on highlighted answers, such as valhalla/t5-base-qg-hl.",
            )
        self._frame = len(self.t5.encode([f"{TASK} {MARK} {MARK}"])[0])

    @property
    def name(self) -> str:
        """The model and its revision, as rows record it."""
        return self.t5.name

    def ask(self, asked: Sequence[tuple[Passage, Answer]]) -> list[Proposal | None]:
        """A question for each answer, in the order of `asked`.

        None where the model cannot be shown the answer, because it is longer than the window or the passage holds marks
        of its own; the reason goes to the log.
        """
        words = {text: Words(text, self.t5) for text in dict.fromkeys(passage.text for passage, _ in asked)}
        prompts = [self._prompt(passage, answer, words[passage.text]) for passage, answer in asked]
        shown = [row for row, prompt in enumerate(prompts) if prompt]
        written = self.t5.write(
            [prompts[row] for row in shown], beams=self._settings.beams, batch_tokens=self._settings.batch_tokens
        )
        proposals: list[Proposal | None] = [None] * len(prompts)
        for row, (best, *_) in zip(shown, written, strict=True):
            # The marks are plain added tokens in old checkpoints, so decoding does not skip them.
            question = " ".join(MARKS.sub(" ", best.text).split())
            answer = asked[row][1]
            proposals[row] = Proposal(question=question, answer=answer, generator=self.name, score=best.score)
        return proposals

    def answer(self, asked: Sequence[tuple[str, Passage, Answer]]) -> list[str]:
        """The answers that the model of `ask.round_trip_model` reads in the passages. Raises ValueError without one."""
        if self._answers is None:
            raise ValueError("ask.round_trip_model names no model to answer with")
        return self._answers.answer(asked)

    def _prompt(self, passage: Passage, answer: Answer, words: Words) -> list[int]:
        """Token ids of the prompt, both marks in it; empty where that cannot be."""
        room = self._limit - self._frame
        while found := window(words, answer, room):
            ids = self.t5.encode([highlighted(passage.text, answer, *found)])[0]
            if len(ids) > self._limit:  # the marks cut words at the answer's edges, which may cost tokens
                room -= len(ids) - self._limit
            elif ids.count(self._mark) != 2:
                log.warning("%s: not asked about %r: marks in the passage", passage.passage_id, answer.text[:60])
                return []
            else:
                return ids
        log.warning("%s: not asked about %r: longer than the window", passage.passage_id, answer.text[:60])
        return []
