from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.asking import Asked, ask
from augment.gates import GATES
from augment.language.spelling import Spelling
from augment.records import Answer, Passage, Proposal
from augment.rules import proposals
from augment.settings import AskSettings
from extractors.records import Document
from tests.augment.documents import make_document

RULES_ALONE = AskSettings(generators=("rules",))
SENTENCES = [
    "MinHash is a technique that estimates the overlap of two sets.",
    "MinHash was introduced by Andrei Broder in 1997.",
    "It is fast.",
    "Dense Passage Retrieval (DPR) consists of two encoders.",
    "BERT uses a vocabulary of subwords [12].",
    "This paper describes the model.",
    "Weight decay shrinks all weights a little, because large weights overfit.",
]


class Scribe:
    """Writes the given questions in turn, whatever the answer; None stands for an answer it cannot be shown."""

    def __init__(self, *questions: str | None) -> None:
        self.questions = questions
        self.asked: list[tuple[Passage, Answer]] = []

    def ask(self, asked: Sequence[tuple[Passage, Answer]]) -> list[Proposal | None]:
        self.asked = list(asked)
        written = [self.questions[index % len(self.questions)] for index in range(len(asked))]
        return [
            None if question is None else Proposal(question=question, answer=answer, generator="t5@abc", score=-0.5)
            for question, (_, answer) in zip(written, asked, strict=True)
        ]


def adds_up(document: Document, settings: AskSettings, asked: Asked, written: int) -> None:
    """Every proposal is a pair or an entry, every passage has a pair or an entry, and every pair leads to its words."""
    spelling = Spelling.of([document.text])
    by_rules = (
        sum(len(proposals(passage, spelling)) for passage in asked.passages) if "rules" in settings.generators else 0
    )
    pair_entries = [entry for entry in asked.entries if entry.unit == "pair"]
    assert len(asked.pairs) + len(pair_entries) == by_rules + written
    answered = {p.passage_id for p in asked.passages for pair in asked.pairs if p.start <= pair.char_start < p.end}
    silent = {entry.id for entry in asked.entries if entry.unit == "passage"}
    assert len(asked.entries) == len(pair_entries) + len(silent)
    for passage in asked.passages:
        assert (passage.passage_id in answered) != (passage.passage_id in silent)
    for pair in asked.pairs:
        assert document.text[pair.char_start : pair.char_end] == pair.answer_span
        assert pair.answer_span in pair.context
        assert pair.checks.keys() == GATES.entries().keys()
        assert pair.page == document.page_at(pair.char_start)
    assert len({pair.id for pair in asked.pairs}) == len(asked.pairs)


@given(
    st.lists(
        st.tuples(st.sampled_from("ABC"), st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=5).map(" ".join)),
        min_size=1,
        max_size=4,
    ),
    st.lists(
        st.sampled_from(
            [None, "Who introduced MinHash?", "What is the name of the name?", "When was MinHash introduced?"]
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([("rules",), ("model",), ("rules", "model")]),
    st.integers(1, 3),
)
def test_the_counts_add_up(
    sections: list[tuple[str, str]], questions: list[str | None], generators: tuple[str, ...], most: int
) -> None:
    document = make_document(*((name, [text]) for name, text in sections))
    settings = AskSettings.model_validate({"generators": generators, "questions_per_passage": most})
    scribe = Scribe(*questions)
    asked = ask(document, settings, scribe)
    adds_up(document, settings, asked, written=len(scribe.asked))
    for passage in asked.passages:
        assert sum(passage.start <= pair.char_start < passage.end for pair in asked.pairs) <= most


def test_a_pair_points_back_at_its_page_and_section() -> None:
    document = make_document(("One", ["Nothing is said here."]), ("Two", [SENTENCES[1] + " [3]", "It is fast."]))
    asked = ask(document, RULES_ALONE, None)
    who, when = sorted(asked.pairs, key=lambda pair: pair.question, reverse=True)
    assert (who.question, who.answer_span) == ("Who introduced MinHash?", "Andrei Broder")
    assert (when.question, when.answer_span) == ("When was MinHash introduced?", "1997")
    assert who.answer == SENTENCES[1]
    assert (who.page, who.section, who.source, who.title) == (2, "Two", "notes.md", "Notes")
    assert who.generator == "rules@1:origin"
    assert [(entry.unit, entry.reason, entry.page) for entry in asked.entries] == [("passage", "no question found", 1)]


def test_the_answer_is_the_sentence_without_its_marks() -> None:
    asked = ask(make_document(("One", [SENTENCES[4]])), RULES_ALONE, None)
    assert [pair.answer for pair in asked.pairs] == ["BERT uses a vocabulary of subwords."]


def test_a_model_question_is_kept_where_it_follows_from_its_sentence() -> None:
    document = make_document(("One", ["The loss of BERT falls. " + SENTENCES[1]]))
    settings = AskSettings(generators=("model",), answers_per_passage=20)
    asked = ask(document, settings, Scribe("Who was MinHash introduced by?"))
    assert [(pair.answer_span, pair.generator) for pair in asked.pairs] == [("Andrei Broder", "t5@abc")]
    assert {entry.step.partition(" ")[0] for entry in asked.entries} == {"gate"}


def test_what_a_rule_asked_a_model_does_not_ask_again() -> None:
    document = make_document(("One", [SENTENCES[1]]))
    asked = ask(document, AskSettings(min_derivation=0), Scribe("Who introduced MinHash?"))
    assert {pair.generator for pair in asked.pairs} == {"rules@1:origin"}
    reasons = [entry.reason for entry in asked.entries if "[t5@abc]" in entry.detail]
    assert "asked already in this document" in reasons


def test_an_answer_that_the_model_cannot_be_shown_is_entered() -> None:
    asked = ask(make_document(("One", [SENTENCES[1]])), AskSettings(generators=("model",)), Scribe(None))
    assert not asked.pairs
    assert {entry.reason for entry in asked.entries if entry.unit == "pair"} == {
        "answer does not fit the question model"
    }


def test_the_same_document_gives_the_same_bytes() -> None:
    document = make_document(("One", [" ".join(SENTENCES)]))
    first, second = (ask(document, RULES_ALONE, None).model_dump_json() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("endless", ["model" * 400_000, "((((BERT) " * 50_000, "large, " * 300_000])
def test_a_sentence_that_no_person_wrote_is_passed_over_in_no_time(endless: str) -> None:
    document = make_document(("One", [SENTENCES[1]]), ("Two", [f"A retriever is a {endless}."]))
    began = time.process_time()
    asked = ask(document, AskSettings(), Scribe(None))
    assert time.process_time() - began < 10, "the patterns of the rules take hours for it"
    assert {pair.section for pair in asked.pairs} == {"One"}
    assert [entry.reason for entry in asked.entries if entry.unit == "passage"] == ["sentence too long"]


@pytest.mark.parametrize("text", ["", "A.", "…", "?!", "(((", "\\frac{a}{b} = 3."])
def test_odd_text_is_passed_over(text: str) -> None:
    document = make_document(("One", [text] if text else []))
    assert ask(document, RULES_ALONE, None).pairs == ()
