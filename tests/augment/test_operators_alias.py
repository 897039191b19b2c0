from __future__ import annotations

from random import Random

from augment.operators.alias import alias, other_form
from augment.records import QAPair
from augment.settings import AugmentSettings
from tests.augment.pairs import make_pair

SETTINGS = AugmentSettings()
DEFINES = make_pair(
    "What does BPE stand for?",
    "Byte pair encoding (BPE) merges symbols.",
    "Byte pair encoding",
    "Byte pair encoding (BPE) merges symbols. BPE was introduced in 1994.",
    id="0",
)


def only(pair: QAPair, *others: QAPair) -> QAPair | None:
    return next(iter(alias([pair], [pair, *others], SETTINGS, 1)), None)


def test_a_form_that_another_passage_gives_is_put_into_passage_question_and_answer() -> None:
    context = "Few words are split. BPE is greedy, and BPE's merges are kept."
    pair = make_pair("What is BPE?", "BPE is greedy.", "greedy", context, id="1")
    varied = only(pair, DEFINES)
    assert varied is not None
    assert varied.question == "What is byte pair encoding?"
    assert varied.answer == "Byte pair encoding is greedy."
    assert varied.context == (
        "Few words are split. Byte pair encoding is greedy, and byte pair encoding's merges are kept."
    )
    start = int(varied.checks["answer start"])
    assert varied.context[start:].startswith("greedy")
    assert (varied.kind, varied.generator, varied.open_book) == ("entity_swap", "alias@1", False)


def test_a_passage_that_ties_the_two_forms_stays() -> None:
    pair = make_pair("When was BPE introduced?", "BPE was introduced in 1994.", "1994", DEFINES.context, id="2")
    varied = only(pair)
    assert varied is not None
    assert (varied.question, varied.answer) == (
        "When was byte pair encoding introduced?",
        "Byte pair encoding was introduced in 1994.",
    )
    assert varied.context == pair.context


def test_what_asks_for_a_form_is_left() -> None:
    assert only(DEFINES) is None
    both = make_pair("What is byte pair encoding (BPE)?", "Byte pair encoding (BPE) merges.", "merges", id="3")
    assert only(both) is None


def test_forms_of_another_document_do_not_count() -> None:
    pair = make_pair("What is BPE?", "BPE is greedy.", "greedy", id="4", doc_id="e")
    assert only(pair, DEFINES) is None


def test_a_long_form_that_wants_an_article_is_left() -> None:
    defines = make_pair("Q?", "The dense passage retriever (DPR) is new.", "new", id="5")
    assert only(make_pair("What does DPR use?", "DPR uses BERT.", "BERT", id="6"), defines) is None


def test_a_form_that_is_part_of_another_word_is_left() -> None:
    pair = make_pair("What does BPE use?", "BPE uses pairs, and BPE-dropout uses lots.", "pairs", id="7")
    assert other_form(pair, {"BPE": "byte pair encoding"}, Random(1)) is None
