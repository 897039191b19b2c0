"""Sentences of body text, by NLTK's Punkt with parameters for papers."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nltk.tokenize.punkt import PunktSentenceTokenizer

# Orthographic contexts of Punkt: seen with a capital at the start of sentences, in lower case within them.
_STARTS_SENTENCES = (1 << 1) | (1 << 5)

# Marks after the end of a sentence belong to it; Punkt takes quotes that follow a full stop to the sentence they end.
_CITED = re.compile(r"(?<=[.!?])(?:\[[\d,;–-]+\]|[⁰¹²³⁴⁵⁶⁷⁸⁹]+)(?=\s|$)")
_LOWER_START = re.compile(r"[\"'“‘(\[]?[a-z][a-z]*\b")


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Let those of the packages `names` that have not been imported seem not to be installed."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@lru_cache(maxsize=1)
def _tokenizer() -> PunktSentenceTokenizer:
    # NLTK takes along what it could use of these: a second and 170 MB in every process that reads a document.
    with _without("numpy", "sklearn"):
        from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    facts = json.loads(files("extractors").joinpath("punkt.json").read_text(encoding="utf-8"))
    parameters = PunktParameters()
    parameters.abbrev_types = set(facts["abbreviations"])
    parameters.sent_starters = set(facts["starters"])
    parameters.collocations = {(first, second) for first, second in facts["collocations"]}
    for word in facts["starters"]:
        parameters.add_ortho_context(word, _STARTS_SENTENCES)
    return PunktSentenceTokenizer(parameters)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence of `text`, in order, without the space around them.

    A sentence never runs over a line break: body text breaks lines only between blocks and between list items.
    Kiss & Strunk (2006), "Unsupervised Multilingual Sentence Boundary Detection", with given parameters.
    """
    tokenizer = _tokenizer()
    spans: list[tuple[int, int]] = []
    offset = 0
    for line in text.split("\n"):
        found: list[tuple[int, int]] = []
        marked = _CITED.sub(lambda mark: '"' * len(mark[0]), line)
        for start, end in tokenizer.span_tokenize(marked) if line.strip() else ():
            if found and _LOWER_START.match(line, start) and line[found[-1][1] - 1] in '."”’)':
                start = found.pop()[0]
            found.append((start, end))
        for start, end in found:
            sentence = line[start:end]
            left = len(sentence) - len(sentence.lstrip())
            if sentence.strip():
                spans.append((offset + start + left, offset + start + len(sentence.rstrip())))
        offset += len(line) + 1
    return spans
