"""Each rule asks something, and of each passage the spans are found."""

from __future__ import annotations

from augment.rules import RULES, proposals
from tests.augment.documents import make_passage
from tests.augment.rules import test_how_and_how_much, test_what_it_does, test_what_it_is
from tests.augment.rules.asked import SPELLING, asked
from tests.augment.rules.test_of_a_document import OF_A_DOCUMENT, TITLE


def test_every_rule_asks_something() -> None:
    asked_alone = [*test_what_it_is.ASKED, *test_what_it_does.ASKED, *test_how_and_how_much.ASKED]
    named = {p.generator for sentence, _ in asked_alone for p in proposals(make_passage(sentence), SPELLING)}
    named |= {p.generator for sentence, _ in OF_A_DOCUMENT for p in proposals(make_passage(sentence), SPELLING, TITLE)}
    assert named == {f"rules@1:{name}" for name in RULES.entries()}


def test_spans_are_found_in_a_passage_with_marks_and_line_ends() -> None:
    passage = make_passage("Text comes first. MinHash [4] is  a technique that estimates the overlap of two sets.³")
    found = proposals(passage, SPELLING)
    assert {p.question for p in found} == {"What is MinHash?", "Which technique estimates the overlap of two sets?"}
    for proposal in found:
        answer = proposal.answer
        assert passage.text[answer.start : answer.end] == answer.text
        assert answer.sentence[0] <= answer.start < answer.end <= answer.sentence[1]


def test_a_span_with_a_citation_inside_is_not_taken() -> None:
    assert asked("MinHash is a technique [4] that estimates the overlap of two sets.") == [
        ("Which technique estimates the overlap of two sets?", "MinHash")
    ]
