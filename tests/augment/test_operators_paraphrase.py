from __future__ import annotations

from collections.abc import Sequence

import pytest

from augment.models import locate
from augment.operators.paraphrase import by_model, paraphrase
from augment.settings import AugmentSettings
from augment.t5.seq2seq import Seq2Seq, Written
from extractors.errors import QuireError
from tests.augment.checkpoints import new_layout
from tests.augment.pairs import make_pair, some_pairs

PAIR = make_pair("How many GB of memory does GPT-2 not need?", "GPT-2 does not need 80 GB of memory.", "80")


class Scripted(Seq2Seq):
    """A paraphraser that writes what it is told."""

    def __init__(self, outputs: Sequence[str]) -> None:
        self.name = "scripted@1"
        self.outputs = outputs

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        assert all(text.startswith("paraphrase: ") for text in texts)
        return [[0] for _ in texts]

    def write(self, prompts: object, *, beams: int, batch_tokens: int, kept: int = 1) -> list[list[Written]]:
        return [[Written(text, -0.1 * rank) for rank, text in enumerate(self.outputs)]]


def test_rules_put_the_question_in_other_words() -> None:
    pairs = some_pairs()
    varied = {one.parent_id: one for one in paraphrase(pairs, pairs, AugmentSettings(), 5)}
    assert varied["What is a tokenizer used for?"].question == "For what purpose is a tokenizer used?"
    assert varied["Who introduced dropout in 2012?"].question == "By whom was dropout introduced in 2012?"
    assert "What was BERT trained on?" in varied
    for one in varied.values():
        root = next(pair for pair in pairs if pair.id == one.parent_id)
        assert (one.answer, one.answer_span, one.context) == (root.answer, root.answer_span, root.context)
        assert (one.kind, one.generator) == ("paraphrase", "paraphrase@2")
        assert 0 < one.checks["edit_distance"] < 1


def test_a_question_that_names_its_document_is_put_in_other_words_within_and_around() -> None:
    title = "Attention and the Transformer"
    pairs = [
        make_pair(f"In “{title}”, what are the scores divided by?", "The scores are divided by 8.", "8", id=str(number))
        for number in range(40)
    ]
    assert {one.question for one in paraphrase(pairs, pairs, AugmentSettings(), 5)} == {
        f"What are the scores divided by, according to “{title}”?",
        f"By what are the scores divided, according to “{title}”?",
        f"According to “{title}”, by what are the scores divided?",
        f"In “{title}”, by what are the scores divided?",
    }


def test_the_starter_does_not_paraphrase() -> None:
    with pytest.raises(QuireError, match="does not paraphrase"):
        paraphrase(some_pairs(), some_pairs(), AugmentSettings(paraphrase_model="starter"), 5)


def test_which_rewrite_is_taken_depends_on_the_seed_alone() -> None:
    pairs = [
        make_pair("What does BPE stand for?", "Byte pair encoding (BPE) merges.", "Byte pair encoding", id=str(n))
        for n in range(20)
    ]
    first = {one.parent_id: one.question for one in paraphrase(pairs, pairs, AugmentSettings(), 5)}
    assert first == {one.parent_id: one.question for one in paraphrase(pairs[::-1], pairs[::-1], AugmentSettings(), 5)}
    assert first != {one.parent_id: one.question for one in paraphrase(pairs, pairs, AugmentSettings(), 6)}
    assert set(first.values()) == {"What is the long form of BPE?", "What is BPE short for?"}


@pytest.mark.parametrize(
    "output",
    [
        PAIR.question,
        "How many GB of memory does GPT-2 not need ?",
        "How many GB of memory is it that GPT-3 does not need?",
        "What amount of memory, in GB, does a model such as GPT-2 need?",
        "How many times 16 GB of memory does GPT-2 not need?",
        "When is it that GB of memory are not needed by GPT-2?",
        "How many GB does GPT-2 not need?",
        "How many GB of memory does GPT-2 not need, that that it may run?",
        "How many GB of memory does GPT-2 not need as one of the?",
        "How many GB does not GPT-2, or so it was said in those long years by the sea, read and sing and draw?",
    ],
)
def test_what_is_the_same_or_not_the_same_is_no_paraphrase(output: str) -> None:
    assert by_model([PAIR], Scripted([output])) == []


def test_the_likeliest_good_paraphrase_is_taken() -> None:
    good = "How many GB of memory is GPT-2 said not to need?"
    other = "How many GB is the memory that GPT-2 does not need at all?"
    (varied,) = by_model([PAIR], Scripted([PAIR.question, good, other]))
    assert varied.question == good
    assert varied.generator == "scripted@1"
    assert varied.checks["likelihood"] == pytest.approx(-0.1)
    assert 0.15 <= varied.checks["edit_distance"] <= 0.7


def test_a_paraphraser_is_loaded_where_one_is_set(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = new_layout(tmp_path_factory.mktemp("paraphraser") / "tiny")
    settings = AugmentSettings(paraphrase_model=str(folder))
    by_rules = paraphrase(some_pairs(), some_pairs(), AugmentSettings(), 5)
    # A random model writes nothing that passes, so what the rules gave is all there is.
    assert paraphrase(some_pairs(), some_pairs(), settings, 5) == by_rules
    model = Seq2Seq(locate(str(folder), "", folder))
    outputs = model.write(model.encode(["paraphrase: what is it?"]), beams=5, batch_tokens=64, kept=5)
    assert len(outputs[0]) == 5
    with pytest.raises(QuireError, match=r"augment\.paraphrase_model"):
        paraphrase(some_pairs(), some_pairs(), AugmentSettings(paraphrase_model=str(folder / "nowhere")), 5)
