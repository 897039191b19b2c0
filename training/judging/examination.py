"""An examination: pairs put to one model, with its adapters switched on or off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from augment.records import QAPair
from extractors.files import sha256
from training.inference import Budget, Likelihood, answers, likelihood
from training.jobs import Emit, TrainJob
from training.judging.scores import AnswerScore, score
from training.prompts import Encoded, encode
from training.selection import Selection, select
from training.settings import TrainSettings


class Answered(NamedTuple):
    """What the model made of a set, each in the order of its pairs."""

    likelihoods: list[Likelihood]
    texts: list[str]
    scores: list[AnswerScore]


@dataclass(frozen=True, slots=True)
class Examination:
    """The model, a PEFT model in evaluation mode, and all that its pairs are put to it with; `train` is how it was
    trained."""

    model: Any
    tokenizer: Any
    stops: frozenset[int]
    job: TrainJob
    train: TrainSettings
    budget: Budget
    emit: Emit

    @property
    def window(self) -> int:
        """Tokens that the model can read at once, beside virtual ones."""
        config = self.model.config.get_text_config()
        virtual = self.train.prompt_tokens if self.train.strategy == "prompt" else 0
        return int(getattr(config, "max_position_embeddings", self.train.max_length)) - virtual

    def choose(self, pairs: Sequence[QAPair]) -> tuple[list[QAPair], Selection]:
        """At most `max_rows` pairs, by a hash of their ids, less those that cannot be put to the model."""
        seed, most = self.job.seed, self.job.evaluate.max_rows
        sample = sorted(pairs, key=lambda pair: sha256(f"{seed}:judged:{pair.id}"))[:most]
        selection = select(encode(sample, self.tokenizer, self.stops, self.train), self.train, training=False)
        by_id = {pair.id: pair for pair in sample}
        return [by_id[example.id] for example in selection.examples], selection

    def put(self, pairs: Sequence[QAPair], examples: Sequence[Encoded], place: tuple[str, str]) -> Answered:
        """Likelihood of the true answers, own answers and their scores. `place` names set and model in the events."""
        likelihoods = likelihood(self.model, self.tokenizer, examples, self.budget)
        texts = self.ask(examples, place)
        scores = [score(text, pair.answer, pair.answer_span) for text, pair in zip(texts, pairs, strict=True)]
        return Answered(likelihoods, texts, scores)

    def ask(self, examples: Sequence[Encoded], place: tuple[str, str]) -> list[str]:
        """Its own answers, greedy, up to the first blank line: behind it, models that saw examples, or were trained on
        plain text alone, go on with questions of their own."""
        name, who = place
        found = answers(
            self.model,
            self.tokenizer,
            self.stops,
            [example.prompt for example in examples],
            self.job.evaluate.max_new_tokens,
            self.budget,
            lambda done: self.emit(
                {"event": "generating", "set": name, "model": who, "done": done, "of": len(examples)}
            ),
        )
        return [text.partition("\n\n")[0].strip() for text in found]
