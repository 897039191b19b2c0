from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.answers import answers
from augment.asking import ask
from augment.models import locate
from augment.records import Answer, Passage, Proposal
from augment.settings import AskSettings
from augment.starter import STARTER_T5
from augment.starter.rows import extraction_prompt
from augment.t5.extraction import Span, extracted, places
from augment.t5.questions import END, QuestionModel
from augment.t5.seq2seq import Written
from extractors.errors import QuireError
from tests.augment.checkpoints import new_layout
from tests.augment.documents import make_document, make_passage

TEXT = (
    "BERT was trained by a team of Google on dumps [3]. It is old. MinHash was introduced by Andrei Broder, and "
    "sketches of sets stay small. BERT encodes rare words with attention."
)


class Scripted:
    """Would ask about the words that are given for a sentence, by how it begins, and asks nothing."""

    def __init__(self, **written: list[str]) -> None:
        self.written = written
        self.seen: list[str] = []
        self.asked: list[str] = []

    def extract(self, sentences: Sequence[tuple[Passage, Span]]) -> list[list[str]]:
        self.seen += [passage.text[start:end] for passage, (start, end) in sentences]
        return [self.written.get(passage.text[start:].split()[0], []) for passage, (start, _) in sentences]

    def ask(self, asked: Sequence[tuple[Passage, Answer]]) -> list[Proposal | None]:
        self.asked += [answer.text for _, answer in asked]
        return [None] * len(asked)

    def answer(self, asked: Sequence[tuple[str, Passage, Answer]]) -> list[str]:
        raise AssertionError("no round trip was asked for")


def chosen(model: Scripted, most: int = 20, text: str = TEXT) -> list[Answer]:
    passage = make_passage(text)
    return answers(passage, AskSettings(answers_per_passage=most), extracted([passage], model).get("p"))


@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        ("The loss of BERT falls.", ["BERT", "loss"], ["BERT", "loss"]),
        ("A pre-BERT model and BERT.", ["BERT"], [" BERT"]),
        ("BERTs are not BERT.", ["BERT"], [" BERT"]),
        ("It rose from 3.14 to 3.1 points.", ["3", "3.1"], [" 3.1 "]),
        ("It has 12,000 rows, 12 of them new.", ["12", "000"], [" 12 "]),
        ("Nets (CNNs) see.", ["(CNNs)", "(", "", "cnns", "CNN"], ["(CNNs)"]),
        ("Nets see images.", ["Nets see images", "Nets see images.", "see"], ["see"]),
        ("It cost $5 (a lot).", ["$5 (a lot)", ".*"], ["$5 (a lot)"]),
    ],
)
def test_spans_are_found_as_whole_words(text: str, written: list[str], found: list[str]) -> None:
    stand = [text.index(span) + len(span) - len(span.lstrip()) for span in found]
    assert [start for start, _ in places(text, written)] == stand
    assert [text[start:end] for start, end in places(text, written)] == [span.strip() for span in found]


WORDS = st.lists(st.sampled_from(["BERT", "3.1", "of", "-", "(a", "b)", "12", "x.", ","]), max_size=8).map(" ".join)


@given(WORDS, st.lists(WORDS, max_size=4))
def test_what_is_placed_is_what_was_written(text: str, written: list[str]) -> None:
    found = [text[start:end] for start, end in places(text, written)]
    assert set(found) <= set(written) and len(found) <= len(written)
    assert text.rstrip(".!?") not in found or text.endswith((".", "!", "?"))


def test_each_answer_stands_in_the_sentence_that_it_was_taken_from() -> None:
    model = Scripted(BERT=["BERT", "dumps", "nowhere"], MinHash=["Andrei Broder"])
    found = [answer for answer in chosen(model) if answer.kind == "extracted" or answer.text == "BERT"]
    passage = make_passage(TEXT)
    assert "It is old." not in model.seen, "a sentence that cannot be an answer is not asked about"
    assert [passage.text[answer.start : answer.end] for answer in found] == [answer.text for answer in found]
    assert ("dumps", (0, 50)) in [(answer.text, answer.sentence) for answer in found]
    assert all(answer.sentence[0] <= answer.start < answer.end <= answer.sentence[1] for answer in found)
    assert not [answer for answer in found if answer.text == "nowhere"]


def test_they_share_the_cap_and_take_turns_with_the_others() -> None:
    model = Scripted(BERT=["a team of Google", "dumps", "encodes", "attention"], MinHash=["sketches of sets"])
    for most in (1, 3, 5, 20):
        found = chosen(model, most)
        assert len(found) <= most
        assert all(left.end <= right.start for left, right in pairwise(found))
        assert any(answer.kind == "extracted" for answer in found)
    few = chosen(model, 4)
    assert len({answer.kind for answer in few}) > 1 and len({answer.sentence for answer in few}) > 1
    assert few == chosen(model, 4)


def test_what_rules_find_too_keeps_their_kind() -> None:
    kinds = {answer.text: answer.kind for answer in chosen(Scripted(MinHash=["Andrei Broder"]))}
    assert kinds["Andrei Broder"] == "name"
    assert chosen(Scripted()) == answers(make_passage(TEXT), AskSettings(answers_per_passage=20))


def test_the_model_chooses_only_if_it_is_told_to() -> None:
    document = make_document(("One", [TEXT]), ("Two", ["BERT was trained by hand on dumps."]))
    off, on, rules = (Scripted(BERT=["dumps", "by hand"]) for _ in range(3))
    ask(document, AskSettings(), off)
    ask(document, AskSettings(extract_answers=True), on)
    ask(document, AskSettings(generators=("rules",), extract_answers=True), rules)
    assert not off.seen and off.asked
    assert not rules.seen and not rules.asked
    assert "BERT was trained by hand on dumps." in on.seen
    assert not {"dumps", "by hand"} & set(off.asked)
    assert on.asked.count("dumps") == 2 and on.asked.count("by hand") == 1


STARTER = locate("starter", "", STARTER_T5)


@pytest.fixture(scope="module")
def starter() -> QuestionModel:
    import torch

    torch.set_num_threads(1)
    return QuestionModel(STARTER, AskSettings(extract_answers=True))


def test_the_starter_chooses_words_of_its_sentences(starter: QuestionModel) -> None:
    passage = make_passage(TEXT)
    written = starter.extract([(passage, span) for span in passage.sentences])
    assert starter.extract([(passage, span) for span in passage.sentences]) == written
    assert sum(map(len, written)) >= 2
    assert not [span for spans in written for span in spans if "<" in span]
    found = [
        list(places(TEXT[slice(*sentence)], spans)) for sentence, spans in zip(passage.sentences, written, strict=True)
    ]
    assert any(found), "some of what it chooses stands in the sentence"
    assert starter.extract([]) == []

    settings = AskSettings(extract_answers=True, generators=("model",))
    document = make_document(("One", [TEXT]))
    assert ask(document, settings, starter) == ask(document, settings, starter)


def test_the_prompt_is_the_one_that_it_was_trained_to(starter: QuestionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[list[int]] = []

    def write(prompts: Sequence[list[int]], *, beams: int, batch_tokens: int) -> list[list[Written]]:
        shown.extend(prompts)
        assert beams == 1
        return [[Written(f"BERT{END} <hl> a team{END} of Goo", -1.0)] for _ in prompts]

    monkeypatch.setattr(starter.t5, "write", write)
    text = "BERT was trained. It is old. MinHash was new."
    long = make_passage(" ".join(f"word{number}" for number in range(60)) + ".")
    (start, end) = make_passage(text).sentences[1]
    found = starter.extract([(make_passage(text), (start, end)), (long, long.sentences[0])])
    assert found == [["BERT", "a team"], []], "what no <sep> ends was cut off, and what does not fit is not shown"
    assert shown == starter.t5.encode([extraction_prompt(text, start, end)])


def test_a_window_around_the_sentence_fits_the_model(starter: QuestionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[list[int]] = []
    monkeypatch.setattr(
        starter.t5, "write", lambda prompts, **_: shown.extend(prompts) or [[Written("", 0.0)]] * len(prompts)
    )
    passage = make_passage(" ".join(f"The encoder number {number} reads rare words." for number in range(20)))
    starter.extract([(passage, span) for span in passage.sentences])
    assert len(shown) == 20 and all(len(ids) <= starter.t5.limit for ids in shown)
    texts = [starter.t5.tokenizer.decode(ids) for ids in shown]
    for number, text in enumerate(texts):
        assert f"number {number} reads rare words." in text.split("<hl>")[1]
        assert len(text.split("<hl>")) == 3


def test_a_model_that_does_not_write_the_mark_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    import json

    folder = new_layout(tmp_path_factory.mktemp("special") / "tiny")
    config = folder / "tokenizer_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"additional_special_tokens": [END]}))
    files = locate(str(folder), "", folder)
    QuestionModel(files, AskSettings())
    with pytest.raises(QuireError, match="does not write the mark <sep>") as caught:
        QuestionModel(files, AskSettings(extract_answers=True))
    assert "ask.extract_answers" in str(caught.value)
