"""What of a passage can be read alone, and so be an answer."""

from __future__ import annotations

from collections.abc import Iterator

from augment.captions import leaning
from augment.records import Passage
from augment.statements import Statement, balanced, main_clauses, statement


def readable(passage: Passage) -> Iterator[Statement]:
    """The sentences of `passage` that stand alone; of one that does not, its main clauses that do."""
    for start, end in passage.sentences:
        whole = statement(passage, start, end)
        if not leaning(whole.text, passage):
            yield whole
        else:
            for part in main_clauses(passage, start, end):
                if balanced(part.text) and not leaning(part.text, passage):
                    yield part
