"""What the starter language model reads: which documents and conversations, cut into rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.training.starter.made_up import ABSTRACTS, SMALL
from training.prompts import IGNORED
from training.starter import conversations, corpus
from training.starter.conversations import Exchange
from training.starter.corpus import ASKED, SUMMARIES


def test_only_the_answer_and_its_end_are_labelled(tokenizer: Any) -> None:
    exchanges = [
        Exchange("What is pruned?", "The network is pruned.", "Labels are smoothed. The network is pruned."),
        Exchange("What is smoothed?", "Labels are."),
    ]
    ids, labels = corpus.chat_windows(tokenizer, exchanges, 160)[0]
    assert tokenizer.decode(labels[labels != IGNORED]) == "The network is pruned.<|im_end|>Labels are.<|im_end|>"
    assert np.array_equal(ids[labels != IGNORED], labels[labels != IGNORED])
    assert "user\nLabels are smoothed. The network is pruned.\n\nWhat is pruned?<|im_end|>" in tokenizer.decode(ids)


def test_a_conversation_too_long_for_a_row_is_left_out(tokenizer: Any) -> None:
    exchanges = [Exchange("Short?", "Yes."), Exchange("Long?", "very " * 200)]
    rows = corpus.chat_windows(tokenizer, exchanges, SMALL.length)
    assert len(rows) == 1
    assert "very" not in tokenizer.decode(rows[0, 0])


def test_a_conversation_goes_into_the_first_row_with_room(tokenizer: Any) -> None:
    short, long = Exchange("Short?", "Yes."), Exchange("Long?", "very " * 20)
    sizes = [np.count_nonzero(corpus.chat_windows(tokenizer, [each], 400)[0, 0]) for each in (short, long)]
    rows = corpus.chat_windows(tokenizer, [long, long, short, short], sum(sizes) - 1)
    assert [tokenizer.decode(ids).count("Short?") for ids in rows[:, 0]] == [1, 1]


def test_rows_of_the_test_split_are_never_read(data: Path) -> None:
    exchanges = list(conversations.asked_by_people(data / ASKED.path, 1))
    assert len(exchanges) == 160
    assert not [each for each in exchanges if "secret" in each.question]
    assert all(each.answer.count(".") == 1 and each.span in each.answer in each.context for each in exchanges)
    assert {each.context == each.answer for each in exchanges} == {True, False}


def test_the_passage_keeps_to_its_length_and_holds_the_answer() -> None:
    text = " ".join(f"Sentence number {number} has six words." for number in range(9))
    assert conversations.exchange_at("Which?", text, text.index("4"), 1) == Exchange(
        "Which?", *["Sentence number 4 has six words."] * 2
    )
    passage = conversations.exchange_at("Which?", text, text.index("4"), 20)
    assert passage and len(passage.context.split()) == 18 and passage.answer in passage.context
    whole = conversations.exchange_at("Which?", text, text.index("0"), 1000)
    assert whole and whole.context == text


def test_summaries_of_the_first_split_alone_are_read(data: Path) -> None:
    assert [each.question for each in conversations.summaries(data / SUMMARIES.path)] == ["What is Paper 0 about?"]


def test_a_source_is_read_as_often_as_it_says_and_its_copies_once(data: Path) -> None:
    def kept(passes: float) -> list[str]:
        return corpus.read_text(data, [ABSTRACTS.model_copy(update={"passes": passes})], 10)[0]

    once = kept(1)
    assert len(once) == len(set(once))
    assert sorted(kept(2)) == sorted(once * 2)
    assert set(kept(0.5)) < set(once) and 0.4 < len(kept(0.5)) / len(once) < 0.6


def test_held_out_documents_are_in_no_row_of_training(data: Path) -> None:
    read = corpus.read_corpus(data, [ABSTRACTS], None, SMALL)
    held = corpus.read_text(data, [ABSTRACTS], SMALL.held_out_every)[1]
    titles = {text.partition("\n")[0].removeprefix("Study ") for text in held}
    kept = {part.partition("\n")[0] for part in read.tokenizer.decode(read.prose.ravel()).split("Study ")}
    assert len(titles) > 20 and len(kept) > 300
    assert not kept & titles


def test_which_answers_and_passages_are_learnt_is_for_the_recipe(data: Path, tokenizer: Any) -> None:
    def turns(**changes: Any) -> list[str]:
        recipe = SMALL.model_copy(update={"length": 256, **changes})
        rows = corpus.read_corpus(data, [ABSTRACTS], tokenizer, recipe).chats
        return tokenizer.decode(rows[:, 0].ravel(), skip_special_tokens=False).split("<|im_start|>user\n")[1:]

    passages = {
        share: [turn.split("<|im_end|>")[0].count(".") for turn in turns(passages=share)] for share in (0, 0.25)
    }
    assert len(passages[0]) > 100 and not any(passages[0])
    assert 0.15 < sum(map(bool, passages[0.25])) / len(passages[0.25]) < 0.35
    short = turns(passages=0.0, longest_answer=7)
    answers = [turn.split("assistant\n")[1].split("<|im_end|>")[0] for turn in short]
    assert 0 < len(answers) < len(passages[0]) and max(len(answer.split()) for answer in answers) == 7
