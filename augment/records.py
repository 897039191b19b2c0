"""What asking a document yields: passages, and question-answer pairs that point back at them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from extractors.records import Record

PairKind = Literal["original", "paraphrase", "noise", "entity_swap", "adversarial"]

OPEN_BOOK = "open book"
"""The check of a row that is true only beside its passage."""


class Passage(Record):
    """A window of whole sentences of one section, or of a caption. `document.text[start:end] == text`."""

    passage_id: str
    doc_id: str
    section: tuple[str, ...]
    start: int
    end: int
    text: str
    sentences: tuple[tuple[int, int], ...]
    """Ranges of the sentences within `text`."""
    caption: bool = False


class Answer(Record):
    """A span chosen to be asked about. `passage.text[start:end] == text`; `sentence` is the range of its sentence.
    `kind` names what it is: term, acronym, number, name, date, phrase, clause.

    Where that sentence cannot be read alone, `told` is what can, the answer in full; `shown` is what a model is to ask
    about in the passage's stead, with the span at `shown_at`; `authors`: a question about it must name its document."""

    start: int
    end: int
    text: str
    sentence: tuple[int, int]
    kind: str
    told: str = ""
    shown: str = ""
    shown_at: int = 0
    authors: bool = False


class Proposal(Record):
    """A question before the gates. `generator` is a rule's name or model@revision; `score` the log-likelihood a token
    where a model wrote it, 0 where a rule did."""

    question: str
    answer: Answer
    generator: str
    score: float = 0.0
    told: str = ""
    """The answer in full, where it is not its sentence as it stands."""


class QAPair(Record):
    """One row of the dataset. `document.text[char_start:char_end] == answer_span`, except in an entity swap, whose
    range leads to the words that were changed. A question that is to be declined has an empty span, and an empty
    range. `family` names what must stay on one side of the split."""

    id: str
    question: str
    answer: str
    answer_span: str
    context: str
    kind: PairKind = "original"
    parent_id: str = ""
    family: str = ""
    doc_id: str
    source: str
    title: str
    section: str
    page: int
    char_start: int
    char_end: int
    checks: dict[str, float] = Field(default_factory=dict)
    generator: str

    @property
    def open_book(self) -> bool:
        """Whether the row is true only beside its passage: to a model that gets none it would teach a falsehood."""
        return OPEN_BOOK in self.checks
