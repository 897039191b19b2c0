"""What each gate keeps of the questions that people ask, and what it stops of pairs that are wrong.

    python -m tests.bench_gates                     on rows that no threshold was chosen by
    python -m tests.bench_gates --split train       on those that they were chosen by

The rows come from ../shared/data/qa: SQuAD's questions with their passages; those of SQuAD 2.0 that their passage does
not answer; the same questions put to another passage of their article, or of another article, with an answer from
there; with another question's answer; and made to point at the text they came from.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rich.console import Console
from rich.table import Table

from augment.gates import GATES
from augment.language.statements import statement
from augment.likeness.retrieval import NAME, searched, shares_of_best
from augment.records import Passage, QAPair
from augment.settings import AskSettings
from extractors.sentences import sentence_spans

DATA = Path(__file__).parent.parent.parent / "shared" / "data" / "qa"
SEED = 1
POINTING = (
    *(
        "in this paper",
        "in the paper",
        "according to the authors",
        "in this work",
        "in our experiments",
        "in this study",
    ),
    *("in the present study", "as shown in Figure 3", "in Table 2", "in Section 4", "in the above passage"),
    *("as described above", "in the text", "in this article", "in the following section", "in the example above"),
    *("that the authors mention", "which we proposed", "in [12]", "in Equation 5", "in the appendix"),
)
LOOKS_AT_THE_SENTENCE = ("answer stands alone", "length of answer")
"""These gates judge the sentence that holds the answer, which is Wikipedia's and not the asker's."""
FOR_A_WEAK_MODEL = "derivation"


@dataclass(frozen=True)
class Row:
    """A question that a person asked of a passage; `article` is where the passage is from."""

    article: str
    passage: str
    question: str
    answer: str
    start: int


def answerable(split: str) -> list[Row]:
    with gzip.open(DATA / "answer_aware.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Row(row["group"], row["context"], _normal(row["question"]), row["answer"], row["answer_start"])
        for row in rows
        if row["source"] == "squad-1.1-dev" and row["split"] == split
    ]


def unanswerable(rows: Sequence[Row], rng: random.Random) -> Iterator[Row]:
    """The questions of SQuAD 2.0 that were written to have no answer in their passage, each with an answer from it."""
    of_passage: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        of_passage[row.passage].append(row)
    with gzip.open(DATA / "squad20_dev.json.gz", "rt", encoding="utf-8") as file:
        data = json.load(file)["data"]
    for article in data:
        for paragraph in article["paragraphs"]:
            answered = of_passage.get(paragraph["context"], [])
            for asked in paragraph["qas"] if answered else ():
                if asked["is_impossible"]:
                    row = rng.choice(answered)
                    yield Row(row.article, row.passage, _normal(asked["question"]), row.answer, row.start)


def elsewhere(rows: Sequence[Row], near: Callable[[Row, Row], bool], rng: random.Random) -> Iterator[Row]:
    """Each question with the passage and the answer of another row that is `near` to it."""
    for row in rows:
        others = [other for other in rows if near(row, other)]
        if others:
            other = rng.choice(others)
            yield Row(row.article, other.passage, row.question, other.answer, other.start)


def pointing(rows: Sequence[Row], rng: random.Random) -> Iterator[Row]:
    for row in rows:
        question = f"{row.question.rstrip('?')} {rng.choice(POINTING)}?"
        yield Row(row.article, row.passage, question, row.answer, row.start)


def _normal(question: str) -> str:
    question = " ".join(question.split())
    return question[:1].upper() + question[1:]


@lru_cache(1 << 16)
def _passage(text: str) -> Passage:
    spans = tuple(sentence_spans(text))
    return Passage(passage_id="", doc_id="", section=(), start=0, end=len(text), text=text, sentences=spans)


def pair_of(row: Row) -> QAPair:
    passage = _passage(row.passage)
    sentence = next((span for span in passage.sentences if span[0] <= row.start < span[1]), passage.sentences[-1])
    return QAPair(
        id="",
        question=row.question,
        answer=statement(passage, *sentence).text,
        answer_span=row.answer,
        context=row.passage,
        doc_id="",
        source="",
        title="",
        section="",
        page=1,
        char_start=row.start,
        char_end=row.start + len(row.answer),
        generator="a person",
    )


def stopped(rows: Sequence[Row], corpus: Sequence[str], settings: AskSettings) -> dict[str, list[bool]]:
    """By gate, which of `rows` it stops."""
    found: dict[str, list[bool]] = defaultdict(list)
    pairs = [pair_of(row) for row in rows]
    for pair in pairs:
        for name, gate in GATES.entries().items():
            found[name].append(not gate(pair, _passage(pair.context), settings).passed)
    shares = shares_of_best([searched([pair.question for pair in pairs], [pair.context for pair in pairs], corpus)])
    found[NAME] = [share < settings.min_retrieval for share in shares]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--split", default="test", choices=("train", "dev", "test"))
    arguments = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"There is no {DATA}: the rows to measure on are not part of Quire.")
    rows, rng = answerable(arguments.split), random.Random(SEED)
    corpus = sorted({row.passage for row in rows})
    sets = {
        "people's": rows,
        "unanswerable": list(unanswerable(rows, rng)),
        "same article": list(
            elsewhere(rows, lambda a, b: a.article == b.article and a.passage != b.passage, rng),
        ),
        "elsewhere": list(elsewhere(rows, lambda a, b: a.article != b.article, rng)),
        "another's answer": list(elsewhere(rows, lambda a, b: a.passage == b.passage and a.answer != b.answer, rng)),
        '"this paper"': list(pointing(rows, rng)),
    }
    settings = AskSettings()
    results = {name: stopped(found, corpus, settings) for name, found in sets.items()}
    names = [*GATES.entries(), NAME]
    table = Table("gate", "people's kept", *(f"{name} stopped" for name in list(sets)[1:]))
    judging = [name for name in names if name not in (*LOOKS_AT_THE_SENTENCE, FOR_A_WEAK_MODEL)]
    totals = {
        "together, of question and span": judging,
        "together, with the answer's sentence": [*judging, *LOOKS_AT_THE_SENTENCE],
    }
    for name, gates in [*((name, [name]) for name in names), *totals.items()]:
        if name in totals and name == next(iter(totals)):
            table.add_section()
        shares = [_share([results[which][gate] for gate in gates]) for which in sets]
        table.add_row(name, f"{1 - shares[0]:.1%}", *(f"{share:.1%}" for share in shares[1:]))
    table.caption = ", ".join(f"{len(found):,} {name}" for name, found in sets.items())
    Console(width=170).print(table)


def _share(gates: list[list[bool]]) -> float:
    """The share of rows that at least one of `gates` stops."""
    return sum(map(any, zip(*gates, strict=True))) / max(len(gates[0]), 1)


if __name__ == "__main__":
    main()
