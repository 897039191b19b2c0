"""How long finding duplicates among many pairs takes, how much memory, and whether those that were put in are found.

    python -m tests.bench_duplicates --pairs 100000

The pairs are made of words drawn as language draws them, a few words often and most of them seldom. A tenth of them
are other pairs again: asked alike but for case and space, with a word added, or with a number changed, which is
another fact and no duplicate.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from augment.likeness.duplicates import deduplicate
from augment.records import QAPair

OPENINGS = ("What is", "What does", "How many", "Why is", "Who introduced", "When was", "What are examples of")
WORDS = 30_000
SHARE = 0.1
KINDS = ("same", "near", "other number")
SYLLABLES = [consonant + vowel for consonant in "bcdfghklmnprstvz" for vowel in "aeiou"]


def made(number: int, seed: int) -> Iterator[tuple[str, QAPair]]:
    """`number` pairs, each with what it was made as: new, or one of KINDS after a pair before it."""
    rng = random.Random(seed)
    vocabulary = ["".join(rng.choices(SYLLABLES, k=rng.randint(1, 4))) for _ in range(WORDS)]
    weights = [1 / rank for rank in range(1, WORDS + 1)]
    new: list[QAPair] = []
    for place in range(number):
        if len(new) > 100 and rng.random() < SHARE:
            kind, first = rng.choice(KINDS), rng.choice(new)
            question = {
                "same": first.question.upper(),
                "near": first.question[:-1] + " then?",
                "other number": first.question[:-1] + f" {place}?",
            }[kind]
            yield kind, _pair(place, question, first.answer_span)
        else:
            words = rng.choices(vocabulary, weights, k=rng.randint(8, 16))
            question = f"{rng.choice(OPENINGS)} {' '.join(words[:-4])}?"
            new.append(_pair(place, question, " ".join(words[-rng.randint(1, 4) :])))
            yield "new", new[-1]


def _pair(place: int, question: str, span: str) -> QAPair:
    return QAPair(
        id=f"{place:016}",
        question=question,
        answer=f"{span.capitalize()}.",
        answer_span=span,
        context=span,
        doc_id="d",
        source="made.md",
        title="Made",
        section="",
        page=1,
        char_start=0,
        char_end=len(span),
        generator="rules@1:made",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    kinds, pairs = zip(*made(arguments.pairs, arguments.seed), strict=True)
    # Libraries are loaded by a first call, so that the second measures the work.
    deduplicate(pairs[:100], 0.8)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    kept, _ = deduplicate(pairs, 0.8)
    seconds = time.perf_counter() - began
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / unit
    left = {pair.id for pair in kept}
    table = Table("made as", "pairs", "kept", title=f"{len(pairs):,} pairs: {seconds:.1f} s, {more:.0f} MB more memory")
    for kind in ("new", *KINDS):
        ids = [pair.id for pair, made_as in zip(pairs, kinds, strict=True) if made_as == kind]
        table.add_row(kind, f"{len(ids):,}", f"{sum(name in left for name in ids):,}")
    Console().print(table)


if __name__ == "__main__":
    main()
