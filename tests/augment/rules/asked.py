"""What the rules ask of a sentence that stands alone, as (question, span)."""

from __future__ import annotations

from augment.language.spelling import Spelling
from augment.rules import proposals
from tests.augment.documents import make_passage

DOCUMENT = "the text speaks of perplexity, dropout, momentum and duplicates, of Adam and of a Bloom filter"


SPELLING = Spelling.of([DOCUMENT])


def asked(sentence: str) -> list[tuple[str, str]]:
    passage = make_passage(sentence)
    return [(proposal.question, proposal.answer.text) for proposal in proposals(passage, SPELLING)]
