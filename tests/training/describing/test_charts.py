"""The pictures of the card: the same bytes each time, whatever the documents are called, and true in words."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from tests.training.made_up import make_lineage, make_pair
from training.describing.charts import DOCUMENTS, PICTURES, REASONS, Picture, charts

PAIRS = [make_pair(name, number) for name in ("ash", "bay") for number in range(9)]


def drawn(**changes: Any) -> dict[str, Picture]:
    return {picture.name: picture for picture in charts(make_lineage(PAIRS) | changes, {"train": PAIRS})}


def test_the_same_facts_give_the_same_bytes_and_others_do_not() -> None:
    first = drawn()
    assert tuple(first) == PICTURES and first == drawn()
    (row,) = make_lineage(PAIRS)["funnel"]
    other = drawn(funnel=[row | {"reasons": {"no question": 1, "too long": 1}}])
    assert other["funnel.png"].png != first["funnel.png"].png
    assert other["coverage.png"].png == first["coverage.png"].png


@pytest.mark.parametrize("name", ["$\\frac{1}{$", "$x$.md", "論文.pdf", "a\nb" * 60, "<b>", "%s {0}"])
def test_a_document_may_have_any_name(name: str) -> None:
    document = make_lineage(PAIRS)["documents"][0] | {"source": name}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert drawn(documents=[document])["coverage.png"].png.startswith(b"\x89PNG")


def test_the_words_say_what_is_drawn() -> None:
    documents = make_lineage(PAIRS)["documents"]
    documents[1] |= {"passages": 4, "passages_with_pair": 0, "captions": 0, "captions_with_pair": 0}
    said = drawn(documents=documents)["coverage.png"].alt
    assert said == "Passages of body text with a question: 55% in all, from 0% to 86% by document."
    assert drawn()["lengths.png"].alt == "How many words rows have; in the middle: question 8, answer 7, passage 10."


def test_many_documents_and_reasons_still_make_a_picture_of_one_size() -> None:
    (document, _), (row,) = make_lineage(PAIRS)["documents"], make_lineage(PAIRS)["funnel"]
    many = [document | {"source": f"{number}.md"} for number in range(DOCUMENTS * 40)]
    reasons = {f"reason {number}": 1 for number in range(REASONS * 40)}
    pictures = drawn(documents=many, funnel=[row | {"reasons": reasons, "dropped": len(reasons)}])
    assert all(len(picture.png) < 60_000 for picture in pictures.values())


def test_nothing_is_drawn_of_nothing() -> None:
    assert charts({"funnel": [], "documents": []}, {}) == []
