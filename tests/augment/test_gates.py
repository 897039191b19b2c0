"""Each gate: pairs that it lets through, and pairs that it stops."""

from __future__ import annotations

import pytest

from augment.gates import GATES, Verdict
from augment.records import QAPair
from augment.settings import AskSettings
from tests.augment.documents import make_passage, pair_in

PASSAGE = make_passage(
    "BLEU was introduced by Papineni and colleagues in 2002. The metric counts words in two texts. "
    "GPT-2 small has 12 layers (and 124 million parameters). Dropout is used at Google because it prevents overfitting."
)
RULES = "rules@1:test"


def verdict(gate: str, pair: QAPair, **settings: float) -> Verdict:
    found = GATES.entries()[gate](pair, PASSAGE, AskSettings.model_validate(settings))
    assert 0 <= found.score <= 1
    return found


PASS = [
    ("span", "When was BLEU introduced?", "2002"),
    ("form", "When was BLEU introduced?", "2002"),
    ("form", "What is BLEU?", "BLEU"),
    ("form", "In which year was BLEU introduced?", "2002"),
    ("form", "Is dropout used at Google?", "Dropout"),
    ("repetition", "When was BLEU introduced?", "2002"),
    ("question stands alone", "How many layers does GPT-2 small have?", "12"),
    ("answer stands alone", "When was BLEU introduced?", "2002"),
    ("coverage", "Who introduced BLEU?", "Papineni and colleagues"),
    ("answer not given away", "How many layers does GPT-2 small have?", "12 layers"),
    ("answer not given away", "How many layers does DenseNet-12 have?", "12"),
    ("length of span", "When was BLEU introduced?", "2002"),
    ("length of answer", "When was BLEU introduced?", "2002"),
    ("near copy", "Who introduced BLEU in 2002?", "Papineni and colleagues"),
    ("kind of answer", "Who introduced BLEU?", "Papineni and colleagues"),
    ("kind of answer", "When was BLEU introduced?", "2002"),
    ("kind of answer", "What year was BLEU introduced?", "2002"),
    ("kind of answer", "How many layers does GPT-2 small have?", "12"),
    ("kind of answer", "Where is dropout used?", "Google"),
    ("kind of answer", "Why is dropout used?", "because it prevents overfitting"),
    ("kind of answer", "After dropout is used, what is prevented?", "overfitting"),
    ("kind of answer", "In which year was BLEU introduced?", "2002"),
    ("kind of answer", "Who introduced BLEU?", "colleagues"),
    ("question stands alone", "What is another name for BLEU?", "metric"),
    ("question stands alone", "What is one of the words in BLEU?", "metric"),
    ("question stands alone", "Why is it hard to compute BLEU?", "metric"),
    ("answer not given away", "What does BLEU account for?", "count"),
    ("repetition", "What is used of the number of the words of BLEU?", "metric"),
    ("derivation", "When was BLEU introduced?", "2002"),
]
STOP = [
    ("form", "When was BLEU introduced", "2002"),
    ("form", "When was it? Was BLEU introduced?", "2002"),
    ("form", "When then?", "2002"),
    ("form", "BLEU was introduced by Papineni?", "2002"),
    ("form", "when was BLEU introduced?", "2002"),
    ("form", "When was BLEU [12] introduced?", "2002"),
    ("form", "When was $BLEU introduced?", "2002"),
    ("form", "When was BLEU (or ROUGE introduced?", "2002"),
    ("form", "What " + "and what " * 16 + "is BLEU?", "BLEU"),
    ("repetition", "What is the name of the name of BLEU?", "BLEU"),
    ("repetition", "What is is BLEU?", "BLEU"),
    ("question stands alone", "What does this paper introduce?", "BLEU"),
    ("question stands alone", "What does Figure 3 show?", "BLEU"),
    ("question stands alone", "What does it count?", "words"),
    ("question stands alone", "What does the metric count?", "words"),
    ("coverage", "Who wrote the novel about whales?", "Papineni and colleagues"),
    ("coverage", "What is it?", "BLEU"),
    ("answer not given away", "Who are Papineni and colleagues?", "Papineni and colleagues"),
    ("answer not given away", "Which colleagues of Papineni introduced BLEU?", "Papineni and colleagues"),
    ("near copy", "What was introduced by Papineni and colleagues in 2002?", "BLEU"),
    ("kind of answer", "Who introduced BLEU?", "2002"),
    ("kind of answer", "When BLEU was introduced, who introduced it?", "2002"),
    ("kind of answer", "For how many layers is GPT-2 small known?", "Dropout"),
    ("question stands alone", "What does the proposed model use?", "metric"),
    ("question stands alone", "What does Sect. 3 show?", "metric"),
    ("question stands alone", "What other metric is there?", "metric"),
    ("kind of answer", "When was BLEU introduced?", "Papineni"),
    ("kind of answer", "How many layers does GPT-2 small have?", "layers"),
    ("kind of answer", "Where is dropout used?", "12"),
    ("kind of answer", "Why is dropout used?", "overfitting"),
    ("kind of answer", "What was introduced?", "2002"),
    ("derivation", "Who introduced 2002?", "BLEU"),
]


@pytest.mark.parametrize(("gate", "question", "span"), PASS)
def test_pass(gate: str, question: str, span: str) -> None:
    assert verdict(gate, pair_in(PASSAGE, question, span)).reason == ""


@pytest.mark.parametrize(("gate", "question", "span"), STOP)
def test_stop(gate: str, question: str, span: str) -> None:
    assert verdict(gate, pair_in(PASSAGE, question, span)).reason != ""


def test_every_gate_is_tried_both_ways() -> None:
    passed, stopped = {gate for gate, *_ in PASS}, {gate for gate, *_ in STOP}
    assert passed == set(GATES.entries())
    assert stopped | {"span", "length of span", "length of answer", "answer stands alone"} == set(GATES.entries())


@pytest.mark.parametrize(
    "changes",
    [
        {"char_start": 0, "char_end": 4},
        {"char_start": 10_000, "char_end": 10_004},
        {"answer_span": "2003"},
        {"answer_span": "00", "char_start": PASSAGE.text.index("2002") + 1, "char_end": PASSAGE.text.index("2002") + 3},
        {
            "answer_span": "layers (and",
            "char_start": PASSAGE.text.index("layers"),
            "char_end": PASSAGE.text.index("layers") + 11,
        },
    ],
)
def test_span_stops_what_is_not_at_its_place(changes: dict[str, object]) -> None:
    pair = pair_in(PASSAGE, "When was BLEU introduced?", "2002").model_copy(update=changes)
    assert verdict("span", pair).reason


def test_length_stops_an_essay() -> None:
    pair = pair_in(PASSAGE, "When was BLEU introduced?", "2002")
    assert verdict("length of span", pair.model_copy(update={"answer_span": "word " * 41})).reason
    assert verdict("length of answer", pair.model_copy(update={"answer": "word " * 81})).reason
    assert verdict("length of span", pair.model_copy(update={"answer_span": "…"})).reason


def test_answers_must_stand_alone() -> None:
    pair = pair_in(PASSAGE, "When was BLEU introduced?", "2002")
    assert verdict("answer stands alone", pair.model_copy(update={"answer": "It was introduced in 2002."})).reason


def test_coverage_follows_the_setting() -> None:
    pair = pair_in(PASSAGE, "Which whale did Papineni introduce?", "BLEU")
    assert verdict("coverage", pair, min_coverage=0.6).passed
    assert not verdict("coverage", pair, min_coverage=0.7).passed


def test_derivation_is_asked_of_models_alone_and_by_setting() -> None:
    pair = pair_in(PASSAGE, "In what year did Papineni present BLEU?", "2002")
    assert not verdict("derivation", pair).passed
    assert verdict("derivation", pair, min_derivation=0.0).passed
    assert verdict("derivation", pair.model_copy(update={"generator": RULES})).score == 1


def test_a_question_may_name_its_document() -> None:
    """Its title explains 'the metric', and is not what points, what is long or what is not in the passage."""
    title = "What You and We Always Wanted to Know About the Many Ways of Counting the Words of Texts and Why"
    pair = pair_in(PASSAGE, f"In “{title}”, what does the metric count?", "words").model_copy(update={"title": title})
    for gate in ("question stands alone", "form", "coverage"):
        assert verdict(gate, pair).passed
        assert not verdict("question stands alone", pair.model_copy(update={"title": ""})).passed
    for question in (f"In “{title}”, what do we count?", f"In “{title}”, what does it count?"):
        assert not verdict("question stands alone", pair.model_copy(update={"question": question})).passed
