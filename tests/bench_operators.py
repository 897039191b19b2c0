"""What each operator varies, how fast, and what it damages.

    python -m tests.bench_operators
    python -m tests.bench_operators --paraphraser starter      a T5 paraphraser besides: hub id, folder or 'starter'

On what the question rules ask of raw_docs, and on questions that people asked (SQuAD's, from ../shared, where that is).
Numbers, names, question words and words of the answer are those of the question; an operator that is to change them,
as a swap is, changes them here too. Speeds are questions in a second of one core's time, without the gates.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from augment.asking import ask
from augment.language.facts import distance
from augment.language.words import NUMBERS, QUESTION_WORDS
from augment.models import locate
from augment.operators import OPERATORS
from augment.operators.paraphrase import by_model
from augment.records import QAPair
from augment.settings import AskSettings, AugmentSettings
from augment.starter import STARTER_T5
from augment.t5.seq2seq import Seq2Seq
from augment.variants import admitted, gated
from extractors.reading import read_document
from extractors.settings import ReadSettings
from tests.bench_gates import DATA, answerable, pair_of

ROOT = Path(__file__).parent.parent
SEED = 1
ASK = AskSettings(generators=("rules",))
MEASURED = 1000
"""Variants whose edit distance is measured, which takes longer than making them."""
WORD = re.compile(r"\w+(?:[-'’.,]\w+)*%?")


class Damage(NamedTuple):
    """Shares of the variants of which so much changed, and the mean edit distance as a share of the question."""

    numbers: float
    names: float
    question_words: float
    answer_words: float
    edits: float


def from_raw_docs() -> list[QAPair]:
    """What the rules ask of the sample documents."""
    files = sorted(path for path in (ROOT / "raw_docs").iterdir() if path.suffix in (".md", ".pdf"))
    documents = (read_document(path, ReadSettings(), path.name) for path in files)
    return [pair for document in documents for pair in ask(document, ASK, None).pairs]


def from_people() -> list[QAPair]:
    """SQuAD's questions that pass the gates of form, each with its passage and the sentence of the answer."""
    rows = [row for split in ("train", "dev", "test") for row in answerable(split)]
    pairs = [
        pair_of(row).model_copy(update={"id": str(at), "doc_id": row.article, "title": row.article})
        for at, row in enumerate(rows)
    ]
    return [pair for pair in pairs if not gated(pair, ASK)[1]]


def damage(pairs: Sequence[tuple[QAPair, QAPair]]) -> Damage:
    """What changed from each question to that of its variant."""
    if not pairs:
        return Damage(0, 0, 0, 0, 0)
    changed: Counter[str] = Counter()
    for parent, variant in pairs:
        before, after = (Counter(WORD.findall(pair.question)) for pair in (parent, variant))
        small, smaller = (Counter(word.lower() for word in WORD.findall(pair.question)) for pair in (parent, variant))
        written = [word for word in list(before)[1:] if word[0].isupper()]
        answer = set(WORD.findall(parent.answer_span.lower())) - {"a", "an", "the", "of", "in"}
        changed["numbers"] += _differ(small, smaller, lambda word: word in NUMBERS or any(map(str.isdigit, word)))
        changed["names"] += any(after[word] < before[word] for word in written)
        changed["question words"] += _differ(small, smaller, QUESTION_WORDS.__contains__)
        changed["answer words"] += any(smaller[word] < small[word] for word in answer)
    drawn = Random(SEED).sample(list(pairs), min(MEASURED, len(pairs)))
    edits = sum(distance(parent.question, variant.question) for parent, variant in drawn) / len(drawn)
    numbers, names, asking, answers = (
        changed[kind] / len(pairs) for kind in ("numbers", "names", "question words", "answer words")
    )
    return Damage(numbers, names, asking, answers, edits)


def _differ(before: Counter[str], after: Counter[str], counts: Callable[[str], bool]) -> bool:
    return any(before[word] != after[word] for word in {*before, *after} if counts(word))


def measure(name: str, pairs: Sequence[QAPair], paraphraser: Seq2Seq | None) -> tuple[list[QAPair], float]:
    """The variants of `pairs` by an operator at its full rate, and the seconds of this process they took."""
    began = time.process_time()
    if paraphraser is not None:
        return by_model(pairs, paraphraser), time.process_time() - began
    made = OPERATORS.entries()[name].vary(pairs, pairs, AugmentSettings(), SEED)
    return made, time.process_time() - began


def report(console: Console, title: str, pairs: Sequence[QAPair], paraphraser: Seq2Seq | None, samples: int) -> None:
    """The table of one source of questions, and a few variants of each operator."""
    columns = ("questions/s", "varied", "numbers changed", "names lost", "question word changed", "answer's words lost")
    table = Table("operator", *columns, "edited", "refused", "of which", title=f"{title}: {len(pairs):,} questions")
    by_id = {pair.id: pair for pair in pairs}
    shown: list[str] = []
    names = [*OPERATORS.entries(), *(["paraphrase by model"] if paraphraser else [])]
    for name in names:
        made, seconds = measure(name, pairs, paraphraser if name == "paraphrase by model" else None)
        kept, entries = admitted([(name, pair) for pair in made], pairs, [], "", ASK)
        found = damage([(by_id[pair.parent_id], pair) for pair in kept])
        reasons = Counter(entry.reason for entry in entries).most_common(3)
        table.add_row(
            name,
            f"{len(pairs) / max(seconds, 1e-9):,.0f}",
            f"{len({pair.parent_id for pair in kept}) / len(pairs):.1%}",
            *(f"{share:.1%}" for share in found),
            f"{len(entries) / max(len(made), 1):.1%}",
            ", ".join(f"{reason} {count:,}" for reason, count in reasons) or "–",
        )
        shown.append(f"\n{name}")
        for pair in Random(SEED).sample(kept, min(samples, len(kept))):
            parent = by_id[pair.parent_id]
            answer = "" if pair.answer == parent.answer else f"\n      {pair.answer}"
            shown.append(f"  {parent.question}\n    {pair.question}{answer}")
    console.print(table)
    console.print("\n".join(shown), markup=False, highlight=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--paraphraser", metavar="MODEL", help="hub id, folder or 'starter'")
    parser.add_argument("--samples", type=int, default=5, help="variants of each operator that are printed")
    arguments = parser.parse_args()
    model = None
    if arguments.paraphraser:
        model = Seq2Seq(locate(arguments.paraphraser, "", STARTER_T5, setting="--paraphraser"))
    console = Console(width=170)
    report(console, "raw_docs", from_raw_docs(), model, arguments.samples)
    if DATA.exists():
        report(console, "people's (SQuAD)", from_people(), model, arguments.samples)


if __name__ == "__main__":
    main()
