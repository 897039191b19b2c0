"""Answers that a model chooses: in each sentence the spans that it would ask about, found again word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from augment.readable import readable
from augment.records import Passage

Span = tuple[int, int]

Extracted = dict[Span, list[str]]
"""What a model would ask about in sentences of one passage, by their ranges."""


class Extracts(Protocol):
    def extract(self, sentences: Sequence[tuple[Passage, Span]]) -> list[list[str]]:
        """The spans that the model would ask about in each sentence, a range of its passage, as it writes them."""
        ...


def extracted(passages: Sequence[Passage], model: Extracts) -> dict[str, Extracted]:
    """What `model` would ask about in each sentence that can be read alone, by the id of its passage."""
    sentences = [(passage, sentence.range) for passage in passages for sentence in readable(passage)]
    found: dict[str, Extracted] = {}
    for (passage, sentence), written in zip(sentences, model.extract(sentences), strict=True):
        found.setdefault(passage.passage_id, {})[sentence] = written
    return found


def places(text: str, written: Sequence[str]) -> Iterator[Span]:
    """Where in the sentence `text` the spans stand that a model has `written` of it: as whole words, the first time.

    What is not found is left out, for a model may misspell what it reads, and so is the whole sentence: nothing would
    be left of it to ask with.
    """
    for span in written:
        place = re.search(_whole(span), text) if any(map(str.isalnum, span)) else None
        if place and place[0].rstrip(".!?") != text.rstrip(".!?"):
            yield place.span()


def _whole(span: str) -> str:
    """The pattern of `span` as whole words and numbers: '3.1' is not in '3.14', nor 'BERT' in 'pre-BERT'."""
    return rf"(?<![\w-])(?<!\d[.,]){re.escape(span)}(?![\w-]|[.,]\d)"
