from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from augment.asking import ask
from augment.models import locate
from augment.records import Answer, Passage, Proposal
from augment.settings import AskSettings
from augment.t5.questions import QuestionModel
from augment.t5.roundtrip import NAME, AnswerModel, Judged, answer_model, round_trip
from augment.t5.seq2seq import Seq2Seq
from extractors.errors import QuireError
from extractors.sentences import sentence_spans
from tests.augment.checkpoints import new_layout, sentences
from tests.augment.documents import make_document
from tests.augment.pairs import make_pair

TEXT = "LoRA trains two small matrices. The rest is frozen."
PASSAGE = Passage(
    passage_id="p", doc_id="d", section=(), start=0, end=len(TEXT), text=TEXT, sentences=((0, 31), (32, len(TEXT)))
)
SPAN = "two small matrices"
ANSWER = Answer(start=12, end=30, text=SPAN, sentence=(0, 31), kind="phrase")
SETTINGS = AskSettings(round_trip_model="same")


class Scripted:
    """Gives these answers, and keeps what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def answer(self, asked: Sequence[tuple[str, Passage, Answer]]) -> list[str]:
        self.asked += [question for question, _, _ in asked]
        return self.answers


def judged(question: str, generator: str = "model@1", step: str = "", reason: str = "") -> Judged:
    pair = make_pair(question, TEXT, SPAN, generator=generator)
    return pair.model_copy(update={"checks": {"form": 1.0}}), step, reason


def tried(rows: list[Judged], model: Scripted, settings: AskSettings = SETTINGS) -> list[Judged]:
    proposals = [Proposal(question=pair.question, answer=ANSWER, generator=pair.generator) for pair, _, _ in rows]
    return round_trip([(PASSAGE, proposal) for proposal in proposals], rows, model, settings)


def test_who_gives_another_answer_back_is_stopped() -> None:
    model = Scripted("The two small matrices!", "two of them", "the rest")
    right, near, wrong = tried([judged("What does LoRA train?"), judged("How many?"), judged("What is frozen?")], model)
    assert right[0].checks == {"form": 1.0, NAME: 1.0} and right[1:] == ("", "")
    assert near[0].checks[NAME] == pytest.approx(1 / 3, abs=1e-4)
    assert near[1:] == wrong[1:] == ("gate round trip", "another answer came back")
    assert wrong[0].checks[NAME] == 0
    assert tried([judged("What is lost?")], Scripted(""))[0][2] == "no answer came back"
    kind = AskSettings(round_trip_model="same", min_round_trip=0.3)
    assert tried([judged("How many?")], Scripted("two of them"), kind)[0][2] == ""


def test_what_is_stopped_already_is_not_asked_again() -> None:
    stopped = judged("What?", step="gate length", reason="too short")
    model = Scripted(SPAN)
    first, second = tried([stopped, judged("What does LoRA train?")], model)
    assert first == stopped and second[2] == ""
    assert model.asked == ["What does LoRA train?"]


def test_rules_make_the_round_trip_by_setting_only() -> None:
    row = judged("What does LoRA train?", generator="rules@1")
    assert tried([row], Scripted()) == [row]
    everyone = AskSettings(round_trip_model="same", round_trip_rules=True)
    assert tried([row], Scripted("nothing"), everyone)[0][1] == "gate round trip"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    torch.set_num_threads(1)
    return new_layout(tmp_path_factory.mktemp("answers") / "tiny")


def test_it_answers_from_the_passage_as_far_as_that_fits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(sentences()[:40])
    spans = tuple(sentence_spans(text))
    passage = Passage(passage_id="p", doc_id="d", section=(), start=0, end=len(text), text=text, sentences=spans)
    start, end = spans[20]
    answer = Answer(start=start, end=end, text=text[start:end], sentence=spans[20], kind="clause")
    whole = Answer(start=0, end=len(text), text=text, sentence=spans[0], kind="clause")
    t5 = Seq2Seq(locate(str(folder), "", folder))
    seen: list[str] = []
    encode = t5.encode
    monkeypatch.setattr(t5, "encode", lambda texts: seen.extend(texts) or encode(texts))
    model = AnswerModel(t5, AskSettings(window_tokens=100))
    asked = [("What?", PASSAGE, ANSWER), ("How?", passage, answer), ("Why?", passage, whole)]
    first, second, third = model.answer(asked)
    shown = [one for one in seen if not one.endswith("context:")]
    assert shown[0] == f"question: What?  context: {TEXT}"
    assert answer.text in shown[1] and len(encode([shown[1]])[0]) <= 100 and len(shown) == 2
    assert third == ""
    assert [first, second] == [best.text for best, *_ in t5.write(encode(shown), beams=1, batch_tokens=4096)]


def test_the_question_model_answers_with_itself_or_with_another(folder: Path, tmp_path: Path) -> None:
    files = locate(str(folder), "", folder)
    asked = [("What does LoRA train?", PASSAGE, ANSWER)]
    alone = QuestionModel(files, SETTINGS).answer(asked)
    other = QuestionModel(files, AskSettings(round_trip_model=str(folder))).answer(asked)
    assert alone == other and len(alone) == 1
    with pytest.raises(ValueError, match="round_trip_model"):
        QuestionModel(files, AskSettings()).answer(asked)
    with pytest.raises(QuireError, match="nowhere") as caught:
        answer_model(AskSettings(round_trip_model=str(tmp_path / "nowhere")), Seq2Seq(files))
    assert "ask.round_trip_model" in str(caught.value)


class Both:
    """Asks who it was about every answer, and always reads the same answer."""

    def ask(self, asked: Sequence[tuple[Passage, Answer]]) -> list[Proposal | None]:
        question = "Who introduced MinHash in 1997?"
        return [Proposal(question=question, answer=answer, generator="t5@abc") for _, answer in asked]

    def answer(self, asked: Sequence[tuple[str, Passage, Answer]]) -> list[str]:
        return ["Moses Charikar"] * len(asked)


def test_the_ledger_says_what_did_not_come_back() -> None:
    document = make_document(("One", ["MinHash was introduced by Andrei Broder."]))
    alone = AskSettings(generators=("model",), min_derivation=0, min_coverage=0)
    (pair,) = ask(document, alone, Both()).pairs
    assert pair.answer_span == "Andrei Broder" and NAME not in pair.checks
    asked = ask(document, alone.model_copy(update={"round_trip_model": "same"}), Both())
    assert asked.pairs == ()
    (stopped,) = (entry for entry in asked.entries if entry.step == f"gate {NAME}")
    assert (stopped.id, stopped.reason) == (pair.id, "another answer came back")
    assert next(one for one in asked.refused if one.id == pair.id).checks[NAME] == 0
