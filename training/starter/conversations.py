"""Questions and answers that the starter language model learns to converse from, each with its passage."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from augment.starter.rows import LEANING, clean_question, detokenise, read_rows, sentence_spans
from augment.starter.turned import turn

LONGEST_PASSAGE = 110
"""Words of a passage before a question."""


class Exchange(NamedTuple):
    """One question and its answer in a sentence; `context` is a passage to answer from, or '', and `span` the very
    words of the answer where they are known."""

    question: str
    answer: str
    context: str = ""
    span: str = ""


def asked_by_people(
    path: Path, seed: int, splits: frozenset[str] = frozenset({"train"}), *, shortest: int = 1
) -> Iterator[Exchange]:
    """Rows of `splits` with the sentence that holds the answer, and sentences around it, of `shortest` to
    `LONGEST_PASSAGE` words by lot."""
    for number, row in enumerate(read_rows(path)):
        if row["split"] not in splits:
            continue
        text, start, span = row["context"], int(row["answer_start"]), row["answer"]
        question = clean_question(row["question"])
        if row["source"] == "qamr":
            moved = detokenise(text, start, start + len(span))
            if moved is None or LEANING.search(question or ""):
                continue
            text, start, end = moved
            span = text[start:end]
        words = random.Random(f"{seed}:{number}").randint(shortest, LONGEST_PASSAGE)
        if question and (made := exchange_at(question, text, start, words)):
            yield made._replace(span=span)


def asked_by_rule(abstracts: Iterable[str], seed: int) -> Iterator[Exchange]:
    """Plain sentences of abstracts that a rule can turn into a question, with some sentences around them."""
    texts = [text.partition("\n\n")[2] for text in abstracts]
    common = Counter(word for text in texts for word in text.split())
    for number, text in enumerate(texts):
        for start, end in sentence_spans(text):
            sentence = text[start:end].strip()
            if 5 <= len(sentence.split()) <= 45 and not re.search(r"[$\\{}]|https?:", sentence):
                for _, _, question in list(turn(sentence, common))[:1]:
                    words = random.Random(f"{seed}:{number}:{start}").randint(1, LONGEST_PASSAGE)
                    if made := exchange_at(question, text, start, words):
                        yield made


def exchange_at(question: str, text: str, start: int, words: int) -> Exchange | None:
    """The sentence of `text` at `start` as the answer, and a passage around it of at most `words` words, or the
    sentence alone; None where the sentence's length is odd."""
    spans = sentence_spans(text)
    first = last = max(at for at, (begin, _) in enumerate(spans) if begin <= start)
    sentence = " ".join(text[slice(*spans[first])].split())
    if not 4 <= len(sentence.split()) <= 50:
        return None
    sizes = [len(text[begin:end].split()) for begin, end in spans]
    grown = True
    while grown:
        grown = False
        if last + 1 < len(spans) and sum(sizes[first : last + 2]) <= words:
            last, grown = last + 1, True
        if first and sum(sizes[first - 1 : last + 1]) <= words:
            first, grown = first - 1, True
    return Exchange(question, sentence, " ".join(text[spans[first][0] : spans[last][1]].split()))


def summaries(path: Path) -> Iterator[Exchange]:
    """What a paper is about, in the sentence of its author; from its title, or from its abstract too.

    The file is its three splits one after the other, and only where two of them meet do two rows stand on one line:
    what comes before the first such line is the training split.
    """
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                return
            title, sentence = " ".join(row["title"].split()).rstrip("."), " ".join(row["target"][0].split())
            if title and 4 <= len(sentence.split()) <= 50:
                yield Exchange(f"What is {title} about?", sentence, " ".join(row["source"]))
