"""Round trip: a model that reads the question beside its passage must give the answer back (Alberti et al. 2019).

It is a gate as those of `augment.gates` are, but for its model, which wants the questions of a document all at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from augment.gates import by_rule
from augment.likeness.overlap import f1
from augment.models import locate
from augment.records import Answer, Passage, Proposal, QAPair
from augment.settings import AskSettings
from augment.starter import STARTER_T5
from augment.t5.seq2seq import Seq2Seq
from augment.t5.windows import Words, window

NAME = "round trip"
SAME = "same"

Judged = tuple[QAPair, str, str]
"""A pair with its checks, and where something stops it the step and the reason."""


class Answers(Protocol):
    def answer(self, asked: Sequence[tuple[str, Passage, Answer]]) -> list[str]:
        """What each passage answers to its question. The answer that it should be only says what to show of a passage
        that is too long to be shown whole."""
        ...


class AnswerModel:
    """Answers in the format of `valhalla/t5-base-qa-qg-hl`: the question, then the passage."""

    def __init__(self, t5: Seq2Seq, settings: AskSettings) -> None:
        self._t5 = t5
        # Not the length that its tokenizer names, which of the starter is that of a window to ask about: in a window
        # centred on the answer, a model finds it there whatever the question.
        self._limit = min(settings.window_tokens, t5.positions)
        self._batch_tokens = settings.batch_tokens

    def answer(self, asked: Sequence[tuple[str, Passage, Answer]]) -> list[str]:
        """The likeliest answers; '' where the right one would not fit into what the model sees."""
        words = {text: Words(text, self._t5) for text in dict.fromkeys(passage.text for _, passage, _ in asked)}
        prompts = [self._prompt(question, answer, words[passage.text]) for question, passage, answer in asked]
        shown = [row for row, prompt in enumerate(prompts) if prompt]
        written = self._t5.write(
            self._t5.encode([prompts[row] for row in shown]), beams=1, batch_tokens=self._batch_tokens
        )
        answers = [""] * len(prompts)
        for row, (best, *_) in zip(shown, written, strict=True):
            answers[row] = best.text
        return answers

    def _prompt(self, question: str, answer: Answer, words: Words) -> str:
        frame = f"question: {question}  context:"
        found = window(words, answer, self._limit - len(self._t5.encode([frame])[0]))
        return f"{frame} {words.text[slice(*found)]}" if found else ""


def answer_model(
    settings: AskSettings, question_model: Seq2Seq, threads: int | None = None, kept: Path | None = None
) -> AnswerModel | None:
    """The model of `settings.round_trip_model`, which may be the question model itself; None where none is asked for.
    `threads` and `kept` as of Seq2Seq.

    Raises QuireError where it cannot be had.
    """
    name = settings.round_trip_model
    if not name:
        return None
    if name == SAME:
        return AnswerModel(question_model, settings)
    files = locate(name, "", STARTER_T5, setting="ask.round_trip_model")
    return AnswerModel(Seq2Seq(files, exact=settings.exact, threads=threads, kept=kept), settings)


def round_trip(
    proposed: Sequence[tuple[Passage, Proposal]], judged: Sequence[Judged], model: Answers, settings: AskSettings
) -> list[Judged]:
    """`judged`, one for each of `proposed`, after the round trip of those that nothing has stopped yet: the F1 of the
    answer given back in their checks, and stopped where that is too low. Rules' questions make it by setting only."""
    kept = [
        place
        for place, (pair, _, reason) in enumerate(judged)
        if not reason and (settings.round_trip_rules or not by_rule(pair))
    ]
    told = model.answer([(judged[place][0].question, proposed[place][0], proposed[place][1].answer) for place in kept])
    found = list(judged)
    for place, answer in zip(kept, told, strict=True):
        pair = judged[place][0]
        score = f1(answer, pair.answer_span)
        pair = pair.model_copy(update={"checks": {**pair.checks, NAME: round(score, 4)}})
        stopped = score < settings.min_round_trip
        reason = "another answer came back" if answer else "no answer came back"
        found[place] = (pair, f"gate {NAME}", reason) if stopped else (pair, "", "")
    return found
