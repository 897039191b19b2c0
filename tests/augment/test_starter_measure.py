"""The figures of a question model are those that the definitions give."""

import sys
from pathlib import Path

import pytest

from augment.likeness.overlap import exact, f1
from augment.records import Answer, Passage
from augment.starter import measure, scores

TEXT = "Reward models of RLHF are trained on human comparisons of answers. They are small."


def asked(question: str, span: str) -> scores.Asked:
    start = TEXT.index(span)
    passage = Passage(
        passage_id="", doc_id="", section=(), start=0, end=len(TEXT), text=TEXT, sentences=((0, 66), (67, len(TEXT)))
    )
    answer = Answer(start=start, end=start + len(span), text=span, sentence=(0, 66), kind="phrase")
    return scores.Asked(passage, answer, question)


PEOPLE = asked("What are reward models of RLHF trained on?", "human comparisons of answers")


def test_a_question_as_people_asked_it_scores_full() -> None:
    figures = scores.score_questions([PEOPLE.question], [PEOPLE])
    assert figures["BLEU-4"] == pytest.approx(100) and figures["ROUGE-L"] == pytest.approx(100)
    assert figures["METEOR"] > 99 and figures["end in ?"] == 100
    assert figures["pass the gates"] == figures["but derivation"] == 100


def test_another_question_scores_less_and_a_copy_is_none() -> None:
    other = scores.score_questions(["Who was trained in Paris?"], [PEOPLE])
    assert 0 < other["METEOR"] < 40 and other["BLEU-4"] < 20 and other["pass the gates"] == 0
    copied = scores.score_questions([PEOPLE.sentence], [PEOPLE])
    assert copied["ROUGE-L"] > 50 and copied["end in ?"] == 0 == copied["but derivation"]


def test_answers_are_compared_as_squad_does() -> None:
    assert exact("the Human comparisons.", "human comparisons") == 1
    assert f1("human judges", "human comparisons") == pytest.approx(0.5)
    assert f1("nothing", "human comparisons") == 0 == exact("", "two")


def test_text_is_widened_by_whole_words() -> None:
    left, right = scores.wide(TEXT, 37, 54, words=6)
    assert TEXT[left:right] == "trained on human comparisons of answers."
    assert scores.wide(TEXT, 37, 54, words=sys.maxsize) == (0, len(TEXT))
    assert scores.wide(TEXT, 37, 54, words=1) == (37, 54)


def test_without_the_data_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["measure", "--data", str(tmp_path / "none.jsonl.gz")])
    measure.main()
    assert capsys.readouterr().out.startswith("Skipped: ")
