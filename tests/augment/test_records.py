from __future__ import annotations

from augment.records import OPEN_BOOK, QAPair
from tests.augment.pairs import make_pair


def test_a_row_says_whether_it_needs_its_passage_and_keeps_it_on_disk() -> None:
    pair = make_pair("What is BERT?", "BERT is a model.", "a model")
    assert not pair.open_book
    flagged = pair.model_copy(update={"checks": {OPEN_BOOK: 1.0}})
    assert QAPair.model_validate_json(flagged.model_dump_json()).open_book
    assert "open_book" not in flagged.model_dump()
