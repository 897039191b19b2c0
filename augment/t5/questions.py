"""Questions about highlighted answers, and the answers worth one in highlighted sentences, written by a T5."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path

from augment.models import ModelFiles
from augment.records import Answer, Passage, Proposal
from augment.settings import AskSettings
from augment.t5.extraction import Span
from augment.t5.roundtrip import answer_model
from augment.t5.seq2seq import Seq2Seq, Written
from augment.t5.windows import Words, window
from extractors.errors import QuireError

ASK, EXTRACT = "generate question:", "extract answers:"
MARK, END = "<hl>", "<sep>"
MARKS = re.compile(rf"{MARK}|{END}")

log = logging.getLogger(__name__)


def highlighted(text: str, answer: Answer, start: int, end: int, task: str = ASK) -> str:
    """The prompt that sets a `task` about `answer` in `text[start:end]`. White space around the marks is free: T5 reads
    any run of it as one."""
    before, after = text[start : answer.start], text[answer.end : end]
    return f"{task} {before} {MARK} {text[answer.start : answer.end].strip()} {MARK} {after}"


def _whole(passage: Passage, start: int, end: int) -> Answer:
    """A sentence of `passage`, to be highlighted as an answer is."""
    return Answer(start=start, end=end, text=passage.text[start:end], sentence=(start, end), kind="sentence")


def _as_shown(passage: Passage, answer: Answer) -> tuple[Passage, Answer]:
    """What the model is to read: the passage, or in its stead the words in which its sentence can be read alone."""
    if not answer.shown:
        return passage, answer
    place = {"start": answer.shown_at, "end": answer.shown_at + len(" ".join(answer.text.split()))}
    shown = answer.model_copy(update={**place, "sentence": (0, len(answer.shown))})
    return passage.model_copy(update={"text": answer.shown}), shown


def _unmarked(written: str) -> str:
    """Without the marks: in old checkpoints they are plain added tokens, which decoding does not skip."""
    return " ".join(MARKS.sub(" ", written).split())


class QuestionModel:
    """Asks in the highlight format of `valhalla/t5-base-qg-hl`: the passage with the answer between two <hl>.
    Chooses answers as `valhalla/t5-base-qa-qg-hl` does: the sentence between them, and a <sep> after each answer.

    The closing </s> is not written out: the tokenizer adds it, and a second one would be read as a word.
    """

    def __init__(
        self, files: ModelFiles, settings: AskSettings, threads: int | None = None, kept: Path | None = None
    ) -> None:
        """`threads` and `kept` as of Seq2Seq."""
        self.t5 = Seq2Seq(files, exact=settings.exact, threads=threads, kept=kept)
        self._settings = settings
        self._answers = answer_model(settings, self.t5, threads, kept)
        self._limit = min(settings.window_tokens, self.t5.limit)
        mark = self._token(MARK)
        if mark is None:
            raise QuireError(
                f"The question model in {files.folder} does not know the mark {MARK}.",
                fix="Set ask.model to one trained on highlighted answers, such as valhalla/t5-base-qg-hl.",
            )
        self._mark = mark
        self._frames = {task: len(self.t5.encode([f"{task} {MARK} {MARK}"])[0]) for task in (ASK, EXTRACT)}
        if settings.extract_answers and self._token(END) in (None, *self.t5.tokenizer.all_special_ids):
            raise QuireError(
                f"The question model in {files.folder} does not write the mark {END} after an answer.",
                fix="Unset ask.extract_answers, or set ask.model to one trained to choose answers, such as "
                "valhalla/t5-base-qa-qg-hl.",
            )

    @property
    def name(self) -> str:
        """The model and its revision, as rows record it."""
        return self.t5.name

    def ask(self, asked: Sequence[tuple[Passage, Answer]]) -> list[Proposal | None]:
        """A question for each answer, in the order of `asked`.

        None where the model cannot be shown the answer, because it is longer than the window or the passage holds marks
        of its own. What becomes of that is the caller's to tell.
        """
        written = self._written(ASK, [_as_shown(*one) for one in asked], self._settings.beams)
        return [
            Proposal(
                question=_unmarked(best.text), answer=answer, generator=self.name, score=best.score, told=answer.told
            )
            if best
            else None
            for (_, answer), best in zip(asked, written, strict=True)
        ]

    def extract(self, sentences: Sequence[tuple[Passage, Span]]) -> list[list[str]]:
        """The spans that the model would ask about in each sentence, a range of its passage; none of a sentence that
        cannot be shown whole. Written greedily, as its authors do.
        """
        written = self._written(EXTRACT, [(passage, _whole(passage, *span)) for passage, span in sentences], beams=1)
        # What no <sep> ends was cut off.
        return [[_unmarked(span) for span in best.text.split(END)[:-1]] if best else [] for best in written]

    def answer(self, asked: Sequence[tuple[str, Passage, Answer]]) -> list[str]:
        """The answers that the model of `ask.round_trip_model` reads in the passages. Raises ValueError without one."""
        if self._answers is None:
            raise ValueError("ask.round_trip_model names no model to answer with")
        return self._answers.answer(asked)

    def _token(self, mark: str) -> int | None:
        """The id of `mark`; None where the tokenizer does not know it."""
        found = self.t5.tokenizer.convert_tokens_to_ids(mark)
        return None if found == self.t5.tokenizer.unk_token_id else found

    def _written(self, task: str, asked: Sequence[tuple[Passage, Answer]], beams: int) -> list[Written | None]:
        """The likeliest output for each of `asked`; None where the model cannot be shown it."""
        words = {text: Words(text, self.t5) for text in dict.fromkeys(passage.text for passage, _ in asked)}
        prompts = [self._prompt(task, passage, answer, words[passage.text]) for passage, answer in asked]
        shown = [row for row, prompt in enumerate(prompts) if prompt]
        found = self.t5.write([prompts[row] for row in shown], beams=beams, batch_tokens=self._settings.batch_tokens)
        written: list[Written | None] = [None] * len(prompts)
        for row, (best, *_) in zip(shown, found, strict=True):
            written[row] = best
        return written

    def _prompt(self, task: str, passage: Passage, answer: Answer, words: Words) -> list[int]:
        """Token ids of the prompt, both marks in it; empty where that cannot be."""
        room = self._limit - self._frames[task]
        while found := window(words, answer, room):
            ids = self.t5.encode([highlighted(passage.text, answer, *found, task)])[0]
            if len(ids) > self._limit:  # the marks cut words at the answer's edges, which may cost tokens
                room -= len(ids) - self._limit
            elif ids.count(self._mark) != 2:
                log.debug("%s: cannot show %r: marks in the passage", passage.passage_id, answer.text[:60])
                return []
            else:
                return ids
        log.debug("%s: cannot show %r: longer than the window", passage.passage_id, answer.text[:60])
        return []
