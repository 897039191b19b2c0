"""The starter question model can be trained from nothing, stopped, resumed and read back as a T5."""

import argparse
import gzip
import json
import math
import random
import re
from collections import Counter
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from augment.starter import card_t5, rows, train_t5, turned, untrained_t5

SUBJECTS = ["encoder", "decoder", "router", "planner", "parser", "ranker", "sampler", "teacher", "student", "critic"]
THINGS = ["tokens", "images", "graphs", "sentences", "labels", "speech", "tables", "proofs", "maps", "videos"]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A file of questions and a file of abstracts, in the forms the script reads."""
    folder, rng = tmp_path_factory.mktemp("sources"), random.Random(1)
    questions, abstracts = [], []
    for number in range(240):
        subject, thing, other = rng.choice(SUBJECTS), rng.choice(THINGS), rng.choice(THINGS)
        context = f"The small {subject} was trained on {thing} for {number} hours. It then read {other}."
        answer = f"{number} hours"
        row = {"source": "made", "split": "dev" if number % 6 == 0 else "train", "context": context, "answer": answer}
        question = f"For how long was the small {subject} trained on {thing}?"
        questions.append(row | {"question": question, "answer_start": context.index(answer)})
        abstract = f"The {subject} {number} is trained on {thing}. The {subject} uses {other} to learn."
        abstracts.append({"abstract": abstract})
    (folder / "text.jsonl").write_text("".join(json.dumps(row) + "\n" for row in abstracts))
    with gzip.open(folder / "qa.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in questions)
    return folder / "qa.jsonl.gz", folder / "text.jsonl"


def options(sources: tuple[Path, Path], folder: Path, steps: int) -> argparse.Namespace:
    qa, text = map(str, sources)
    arguments = ["--qa", qa, "--text", text, "--out", str(folder / "t5"), "--work", str(folder / "work")]
    return train_t5.parse([*arguments, "--smoke", "--steps", str(steps), "--batch", "16", "--log-every", "10"])


def test_learns_and_loads_as_a_t5(sources: tuple[Path, Path], tmp_path: Path) -> None:
    run = train_t5.train(options(sources, tmp_path, steps=60))
    assert run["log"][-1]["dev"] < 0.75 * run["log"][0]["dev"]

    out = tmp_path / "t5"
    assert {"model.safetensors", "config.json", "tokenizer.json"} <= {file.name for file in out.iterdir()}
    tokenizer, model = AutoTokenizer.from_pretrained(out), AutoModelForSeq2SeqLM.from_pretrained(out)
    assert model.dtype == torch.bfloat16
    prompt = tokenizer("generate question: The <hl> router <hl>, trained on 3 maps, waits.", return_tensors="pt")
    ids = prompt["input_ids"][0].tolist()
    assert ids.count(tokenizer.convert_tokens_to_ids("<hl>")) == 2
    assert ids.count(tokenizer.eos_token_id) == 1 and ids[-1] == tokenizer.eos_token_id
    written = model.float().generate(**prompt, num_beams=2, max_new_tokens=12)
    assert written.shape[1] > 2

    card_t5.write_card(out, *sources, run, seed=3407, batch=16)
    card = (out / "README.md").read_text()
    assert "BLEU-4 of copying the passage (floor)" in card
    assert card_t5.sha256(sources[0]) in card and "60 steps of 16 examples" in card
    assert all(sample.replace("|", "**") in card for sample in card_t5.SAMPLES)


def test_a_resumed_run_ends_where_an_unbroken_one_does(
    sources: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train_t5.train(options(sources, tmp_path / "whole", steps=12))
    broken = options(sources, tmp_path / "broken", steps=12)
    broken.save_every = 0.0
    batches = 0
    batch = train_t5.Encoded.batch

    def killed(self: train_t5.Encoded, rng: random.Random, size: int) -> list[train_t5.Pair]:
        nonlocal batches
        batches += 1
        if batches == 6:
            raise KeyboardInterrupt
        return batch(self, rng, size)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(train_t5.Encoded, "batch", killed)
        train_t5.train(broken)
    resumed = train_t5.train(broken)
    assert resumed["step"] == whole["step"] == 12
    assert resumed["seen"] == whole["seen"]
    assert resumed["log"][-1]["dev"] == pytest.approx(whole["log"][-1]["dev"], abs=1e-3)


def test_the_tokenizer_keeps_what_must_be_copied(sources: tuple[Path, Path], tmp_path: Path) -> None:
    examples = train_t5.load_examples(*sources, seed=0)["turned question"]
    tokenizer = untrained_t5.train_tokenizer(examples, vocab=400)
    for text in ["LoRA (r=16) cuts 99.5% of ΔW.", "état 日本 <b>", "state-of-the-art: 3,000 tokens"]:
        assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text
    spaced, tight = "Of <hl> maps <hl> , two", "Of <hl> maps <hl>, two"
    assert tokenizer(spaced)["input_ids"] == tokenizer(tight)["input_ids"]


def test_a_new_model_copies_before_any_training() -> None:
    tokenizer = untrained_t5.train_tokenizer([rows.Example("a b c", "d e f")] * 9, vocab=2000)
    tokenizer.add_tokens([f"word{number}" for number in range(2000)])
    torch.manual_seed(0)
    model = untrained_t5.new_model(untrained_t5.FULL, tokenizer).eval()
    lines = [torch.randperm(2000)[:20].tolist() for _ in range(8)]
    with torch.no_grad():
        loss = train_t5.loss_of(model, [(line, line) for line in lines]).item()
    assert loss < 0.5 * math.log(2000)


def test_treebank_tokens_are_undone_and_the_answer_is_kept() -> None:
    raw = "`` It ca n't -LRB- yet -RRB- fly , '' she said ."
    start = raw.index("yet")
    text, first, last = rows.detokenise(raw, start, start + 3) or ("", 0, 0)
    assert text == '"It can\'t (yet) fly," she said.'
    assert text[first:last] == "yet"


@pytest.mark.parametrize(
    ("sentence", "answer", "question"),
    [
        ("Large models are trained on web text.", "web text", "What are large models trained on?"),
        ("BERT was trained on 16 chips.", "16", "How many chips was BERT trained on?"),
        ("The router uses attention to pick experts.", "attention", "What does the router use to pick experts?"),
        ("The router uses attention.", "The router", "What uses attention?"),
        ("Support Vector Machine (SVM) is a classifier.", "Support Vector Machine", "What does SVM stand for?"),
        ("Distillation is a way to compress models.", "a way to compress models", "What is distillation?"),
    ],
)
def test_sentences_turn_into_questions(sentence: str, answer: str, question: str) -> None:
    common = Counter(dict.fromkeys(["large", "the", "distillation", "support"], 99))
    asked_about = {sentence[start:end]: asked for start, end, asked in turned.turn(sentence, common)}
    assert asked_about.get(answer) == question


def test_windows_hold_the_answer_and_whole_words() -> None:
    text = " ".join(f"Line {n} holds item{n} and nothing else." for n in range(20))
    start = text.index("item9")
    for seed in range(50):
        shown, first, last = rows.window(text, start, start + 5, random.Random(seed))
        assert shown[first:last] == "item9"
        assert len(shown.split()) <= rows.MAX_WORDS
        assert "Line 9 holds item9 and nothing else." in shown
        assert re.fullmatch(r"\S.*\S", shown)
        assert set(shown.split()) <= set(text.split())
