"""Of how many passages of body text a question model is shown something that can be answered: what the best generator
could reach, beside what the rules alone keep.

    python -m tests.bench_coverage raw_docs ../shared/data/docs/open/papers

A passage counts where a span of it has an answer that passes the gates on answers, whatever the question. Of the others
it tells by how their sentences lean on their document.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from augment.answers import answers
from augment.asking import ask, pair_of
from augment.gates import GATES
from augment.language.captions import leaning
from augment.language.spelling import Spelling
from augment.language.statements import statements
from augment.passages import passages
from augment.readable import offered
from augment.records import Passage, Proposal
from augment.rules import is_telling
from augment.settings import AskSettings
from extractors.records import Document
from extractors.settings import ReadSettings
from flows.extract import extract

ON_ANSWERS = ("span", "length of span", "length of answer", "answer stands alone")
SETTINGS = AskSettings()


def is_offered(document: Document, passage: Passage) -> bool:
    told = offered(passage, Spelling.of([passage.text]), titled=is_telling(document.title))
    for answer in answers(passage, SETTINGS, statements=told):
        pair = pair_of(document, passage, Proposal(question="?", answer=answer, generator="any", told=answer.told))
        if all(GATES.entries()[name](pair, passage, SETTINGS).passed for name in ON_ANSWERS):
            return True
    return False


def main(folders: list[Path]) -> None:
    table = Table("documents of", "passages", "offered", "", "asked by rules", "")
    leans: Counter[str] = Counter()
    for folder in folders:
        counts: Counter[str] = Counter()
        for file in sorted(path for path in folder.iterdir() if path.suffix in (".pdf", ".md")):
            document = extract(file, ReadSettings())
            body = [passage for passage in passages(document, SETTINGS) if not passage.caption]
            counts["passages"] += len(body)
            asked = {pair.context for pair in ask(document, SETTINGS, None).pairs}
            counts["asked"] += sum(passage.text in asked for passage in body)
            for passage in body:
                found = is_offered(document, passage)
                counts["offered"] += found
                if not found:
                    leans.update({leaning(said.text, passage).lower() for said in statements(passage)} - {""})
        shares = [f"{counts[name] / counts['passages']:.1%}" for name in ("offered", "asked")]
        table.add_row(
            str(folder),
            *(str(counts[name]) for name in ("passages", "offered")),
            shares[0],
            str(counts["asked"]),
            shares[1],
        )
    console = Console()
    console.print(table)
    console.print(
        "Passages that are not, by what their sentences hold:", ", ".join(f"{w} {n}" for w, n in leans.most_common(12))
    )


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or [Path("raw_docs")])
