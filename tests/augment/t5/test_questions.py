from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest

from augment.models import ModelFiles, locate
from augment.records import Answer, Passage, Proposal
from augment.settings import AskSettings
from augment.t5.questions import ASK, MARK, QuestionModel, _as_shown, highlighted
from augment.t5.seq2seq import Seq2Seq
from augment.t5.windows import Words
from extractors.errors import QuireError
from tests.augment.checkpoints import new_layout, old_layout, sentences
from tests.augment.documents import answers_in, make_passage

GREEDY = AskSettings(beams=1)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module", params=[old_layout, new_layout], ids=["old", "new"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    folder = request.param(tmp_path_factory.mktemp("models") / "tiny")
    return locate(str(folder), "", folder)


def passage_of(count: int, skip: int = 0) -> Passage:
    return make_passage(" ".join(sentences()[skip : skip + count]))


def test_asks_about_each_answer_in_order(files: ModelFiles) -> None:
    model = QuestionModel(files, GREEDY)
    asked = [(passage, answer) for passage in (passage_of(6), passage_of(2, 40)) for answer in answers_in(passage)]
    proposals = model.ask(asked)
    assert model.name == f"tiny@{files.revision}"
    assert [proposal.answer for proposal in proposals if proposal] == [answer for _, answer in asked]
    assert {proposal.generator for proposal in proposals if proposal} == {model.name}
    assert all(proposal.score < 0 for proposal in proposals if proposal)
    assert model.ask([]) == []


def test_what_is_asked_does_not_depend_on_the_batch(files: ModelFiles) -> None:
    asked = [(passage, answer) for passage in (passage_of(9), passage_of(1, 20)) for answer in answers_in(passage)]
    together = QuestionModel(files, GREEDY).ask(asked)
    apart = QuestionModel(files, GREEDY.model_copy(update={"batch_tokens": 64})).ask(asked)
    assert [one.question for one in together if one] == [one.question for one in apart if one]
    assert [one.score for one in together if one] == pytest.approx([one.score for one in apart if one], abs=1e-4)
    assert QuestionModel(files, GREEDY).ask(asked) == together


def test_the_score_is_the_mean_log_likelihood_of_the_steps(files: ModelFiles) -> None:
    import torch
    from transformers import AutoModelForSeq2SeqLM

    t5 = Seq2Seq(files, exact=True)
    prompt = t5.encode(["generate question: the <hl> encoder <hl> reads rare words."])[0]
    model = AutoModelForSeq2SeqLM.from_pretrained(files.folder)
    steps = model.generate(
        input_ids=torch.tensor([prompt]),
        num_beams=1,
        do_sample=False,
        max_new_tokens=48,
        output_scores=True,
        return_dict_in_generate=True,
    )
    expected = model.compute_transition_scores(steps.sequences, steps.scores, normalize_logits=True).mean()
    assert t5.write([prompt], beams=1, batch_tokens=64)[0][0].score == pytest.approx(float(expected), abs=5e-3)


def test_beams_find_nothing_less_likely_than_greed(files: ModelFiles) -> None:
    t5 = Seq2Seq(files)
    prompts = t5.encode([f"paraphrase: {sentence}" for sentence in sentences()[:8]])
    best = t5.write(prompts, beams=4, batch_tokens=512, kept=3)
    assert all(len(outputs) == 3 for outputs in best)
    assert all(first.score >= last.score - 1e-4 for first, _, last in best)


def test_the_prompt_ends_once_and_holds_both_marks(files: ModelFiles) -> None:
    t5 = Seq2Seq(files)
    passage = passage_of(3)
    answer = answers_in(passage)[1]
    ids = t5.encode([highlighted(passage.text, answer, 0, len(passage.text))])[0]
    assert ids.count(t5.tokenizer.eos_token_id) == 1 and ids[-1] == t5.tokenizer.eos_token_id
    assert ids.count(t5.tokenizer.convert_tokens_to_ids(MARK)) == 2
    assert highlighted("The encoder reads.", Answer(start=4, end=11, text="", sentence=(0, 18), kind=""), 0, 18) == (
        "generate question: The  <hl> encoder <hl>  reads."
    )


def test_a_model_reads_what_was_told_in_the_place_of_its_passage(files: ModelFiles) -> None:
    text = "Adam is slow. This takes four days."
    passage = Passage(passage_id="m", doc_id="d", section=(), start=0, end=35, text=text, sentences=((0, 13), (14, 35)))
    place = {"start": 25, "end": 34, "text": "four days", "sentence": (14, 35), "kind": "number"}
    answer = Answer(**place, told=text, shown="Adam takes four days.", shown_at=11)
    shown, marked = _as_shown(passage, answer)
    assert highlighted(shown.text, marked, *marked.sentence) == ("generate question: Adam takes  <hl> four days <hl> .")
    (proposal,) = QuestionModel(files, AskSettings(beams=1)).ask([(passage, answer)])
    assert proposal is not None and proposal.told == text and proposal.answer == answer


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Seq2Seq:
    folder = old_layout(tmp_path_factory.mktemp("window") / "tiny")
    return Seq2Seq(locate(str(folder), "", folder))


def test_long_passages_are_cut_to_the_window_of_the_settings(t5: Seq2Seq, files: ModelFiles) -> None:
    model = QuestionModel(files, AskSettings(window_tokens=48, beams=1))
    passage = passage_of(60)
    asked = [(passage, answer) for answer in answers_in(passage)]
    for passage_, answer in asked[::7]:
        ids = model._prompt(ASK, passage_, answer, Words(passage_.text, model.t5))
        assert 0 < len(ids) <= 48
        assert ids.count(model.t5.tokenizer.convert_tokens_to_ids(MARK)) == 2
    assert all(isinstance(proposal, Proposal) for proposal in model.ask(asked))


def test_what_cannot_be_shown_is_not_asked_and_told_to_who_listens_closely(
    files: ModelFiles, caplog: pytest.LogCaptureFixture
) -> None:
    model = QuestionModel(files, AskSettings(window_tokens=32, beams=1))
    long = passage_of(8)
    whole = Answer(start=0, end=len(long.text), text=long.text, sentence=(0, len(long.text)), kind="clause")
    text = "The <hl> is a mark."
    marked = Passage(passage_id="m", doc_id="d", section=(), start=0, end=19, text=text, sentences=((0, 19),))
    mark = Answer(start=14, end=18, text="mark", sentence=(0, 19), kind="term")
    with caplog.at_level(logging.DEBUG, "augment"):
        first, second, third = model.ask([(long, whole), (marked, mark), (long, answers_in(long)[3])])
    assert (first, second) == (None, None)
    assert third is not None and third.answer == answers_in(long)[3]
    assert "longer than the window" in caplog.text and "marks in the passage" in caplog.text
    assert {record.levelno for record in caplog.records} == {logging.DEBUG}, "each has its entry in the ledger"


def test_an_old_checkpoint_may_not_run_code(tmp_path: Path) -> None:
    import torch

    folder = old_layout(tmp_path / "tiny")

    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "ran",)

    torch.save({"shared.weight": Hostile()}, folder / "pytorch_model.bin")
    with pytest.raises(QuireError, match="cannot be read"):
        Seq2Seq(locate(str(folder), "", folder))
    assert not (tmp_path / "ran").exists()


def test_models_that_cannot_ask_are_refused(tmp_path: Path) -> None:
    import torch

    folder = old_layout(tmp_path / "tiny")
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    unmarked = Path(shutil.copytree(folder, tmp_path / "unmarked"))
    (unmarked / "added_tokens.json").unlink()
    with pytest.raises(QuireError, match="does not know the mark"):
        QuestionModel(locate(str(unmarked), "", folder), GREEDY)

    del state["encoder.block.0.layer.0.SelfAttention.q.weight"]
    torch.save(state, folder / "pytorch_model.bin")
    with pytest.raises(QuireError, match=r"lack .*SelfAttention\.q"):
        QuestionModel(locate(str(folder), "", folder), GREEDY)

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "unheard_of"}), encoding="utf-8")
    with pytest.raises(QuireError, match="cannot be read"):
        QuestionModel(locate(str(folder), "", folder), GREEDY)
