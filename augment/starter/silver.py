"""Training examples that Quire makes itself from abstracts of papers: what its rules ask and rewrite, the spans it
would ask about, and the questions turned by looser patterns.

A model that imitates the rules asks in their manner of spans and sentences that the rules leave alone.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path

from augment.answers import answers
from augment.language.derivation import derivation
from augment.language.rewrites import rewrites
from augment.language.spelling import Spelling
from augment.records import Passage, Proposal
from augment.rules import proposals
from augment.settings import AskSettings
from augment.starter import plain, rows, turned
from augment.starter.rows import Example
from extractors.sentences import sentence_spans

Examples = dict[str, list[Example]]
KINDS = ("turned question", "rule question", "made answer", "cloze answer", "made extraction", "rewrite", "restore")
CHUNK = 500
"""Abstracts that one process reads at a time."""


def abstracts(path: Path) -> Iterator[str]:
    """The abstracts of a `{"abstract": ...}` file, but for their mathematics: those are left out."""
    for row in rows.read_rows(path):
        text = " ".join(row["abstract"].split())
        if not turned.MATHEMATICS.search(text) and len(text.split()) >= 30:
            yield text


def silver_examples(texts: Iterable[str], seed: int, drawn: float, processes: int = 1) -> Examples:
    """Examples of `KINDS` made from `texts`, exercises of the share `drawn` of the sentences; the same ones with any
    number of processes."""
    texts = list(texts)
    common = Counter(word for text in texts for word in text.split()[1:])
    common = Counter({word: count for word, count in common.items() if count >= 20})
    chunks = [(start, texts[start : start + CHUNK]) for start in range(0, len(texts), CHUNK)]
    made: Examples = {kind: [] for kind in KINDS}
    work = partial(_chunk, common=common, seed=seed, drawn=drawn)
    with ProcessPoolExecutor(processes) as pool:
        for found in pool.map(work, chunks) if processes > 1 else map(work, chunks):
            for kind, some in found.items():
                made[kind] += some
    return made


def _chunk(chunk: tuple[int, list[str]], common: Counter[str], seed: int, drawn: float) -> Examples:
    made: Examples = {kind: [] for kind in KINDS}
    for number, text in enumerate(chunk[1], chunk[0]):
        for kind, example in _of_one(text, common, random.Random(f"{seed}:{number}"), drawn):
            made[kind].append(example)
    return made


def _of_one(text: str, common: Counter[str], rng: random.Random, drawn: float) -> Iterator[tuple[str, Example]]:
    """The examples made from one abstract, each with its kind."""
    spans, spelling = sentence_spans(text), Spelling.of([text])
    passage = Passage(
        passage_id="", doc_id="", section=(), start=0, end=len(text), text=text, sentences=tuple(spans), caption=False
    )
    acronyms = 0
    for proposal in proposals(passage, spelling):
        acronyms += proposal.generator.endswith("acronym")
        if acronyms > 1 and proposal.generator.endswith("acronym"):
            continue  # "What does X stand for?" is soon learnt, and there are many of them
        yield from _asked("rule question", text, proposal.answer.start, proposal.answer.end, proposal.question, rng)
        yield from _rewritten(text, proposal, rng)
    for start, end in spans:
        sentence = text[start:end]
        if not 5 <= len(sentence.split()) <= rows.MAX_WORDS:
            continue
        for left, right, question in turned.turn(sentence, common):
            if 4 <= len(question.split()) <= 22 and not question.endswith("stand for?"):
                sure = derivation(question, sentence, sentence[left:right], spelling) >= 1
                kind = "rule question" if sure else "turned question"
                yield from _asked(kind, text, start + left, start + right, question, rng)
        if len(sentence.split()) <= 24 and rng.random() < drawn:
            yield "restore", plain.restored(sentence, rng)
        if rng.random() < drawn and (example := plain.cloze(text, start, end, rng)):
            yield "cloze answer", example
    if rng.random() < drawn:
        yield from _extraction(text, passage, rng)


def _asked(
    kind: str, text: str, start: int, end: int, question: str, rng: random.Random
) -> Iterator[tuple[str, Example]]:
    """One question as an example of asking and, one time in four, of answering."""
    shown, first, last = rows.window(text, start, end, rng)
    if len(shown.split()) <= rows.MAX_WORDS:
        yield kind, Example(rows.question_prompt(shown, first, last), question)
    if rng.random() < 0.25:
        shown, first, last = rows.window(text, start, end, rng, rows.MAX_ANSWER_WORDS)
        yield "made answer", Example(rows.answer_prompt(question, shown), shown[first:last])


def _rewritten(text: str, proposal: Proposal, rng: random.Random) -> Iterator[tuple[str, Example]]:
    """A question and one of its rewrites by rule, either way."""
    answer = proposal.answer
    if found := rewrites(proposal.question, text[slice(*answer.sentence)], answer.text, text):
        one, other = rng.sample([proposal.question, rng.choice(found)], 2)
        yield "rewrite", Example(f"paraphrase: {one}", other)


def _extraction(text: str, passage: Passage, rng: random.Random) -> Iterator[tuple[str, Example]]:
    """The spans of each sentence that Quire itself would ask about."""
    chosen: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for answer in answers(passage, AskSettings()):
        chosen.setdefault(answer.sentence, set()).add((answer.start, answer.end))
    for (left, right), spans in islice(chosen.items(), 2):
        shown, start, end = rows.window(text, left, right, rng)
        if len(shown.split()) <= rows.MAX_WORDS:
            yield "made extraction", Example(rows.extraction_prompt(shown, start, end), rows.extracted(text, spans))
