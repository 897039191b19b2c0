"""The starter question model can be trained from nothing, stopped, resumed and read back as a T5."""

import argparse
import gzip
import json
import math
import random
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from augment.starter import card_t5, encoded, plain, rows, shards, silver, train_t5, turned, untrained_t5
from augment.starter.encoded import Batch, Encoded
from augment.starter.recipe import RECIPES
from extractors.errors import QuireError

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
        source, split = (
            ("squad-1.1-dev", "test")
            if number % 9 == 0
            else ("fairytaleqa", "dev")
            if number % 9 == 1
            else ("made", "dev" if number % 6 == 0 else "train")
        )
        row = {"source": source, "split": split, "context": context, "answer": answer}
        question = f"For how long was the small {subject} trained on {thing}?"
        questions.append(row | {"question": question, "answer_start": context.index(answer)})
        abstract = f"The {subject} is trained on {thing}. The {subject} uses {other} to learn. " * 4
        abstracts.append({"abstract": abstract})
    (folder / "text.jsonl").write_text("".join(json.dumps(row) + "\n" for row in abstracts))
    with gzip.open(folder / "qa.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in questions)
    return folder / "qa.jsonl.gz", folder / "text.jsonl"


def options(sources: tuple[Path, Path], folder: Path, steps: int) -> argparse.Namespace:
    qa, text = map(str, sources)
    arguments = ["--qa", qa, "--text", text, "--out", str(folder / "t5"), "--work", str(folder / "work"), "--smoke"]
    return train_t5.parse([*arguments, "--steps", str(steps), "--threads", "1", "--log-every", "10"])


def test_learns_and_loads_as_a_t5(sources: tuple[Path, Path], tmp_path: Path) -> None:
    chosen = options(sources, tmp_path, steps=200)
    run = train_t5.train(chosen)
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

    card_t5.write_card(chosen, run)
    card = (out / "README.md").read_text()
    assert card_t5.sha256(sources[0]) in card and card_t5.sha256(sources[1]) in card
    assert "200 steps of 1,024 padded tokens" in card and "| sentence copied |" in card
    assert all(sample.replace("|", "**") in card for sample in card_t5.SAMPLES)


def test_a_resumed_run_ends_where_an_unbroken_one_does(
    sources: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train_t5.train(options(sources, tmp_path / "whole", steps=12))
    broken = options(sources, tmp_path / "broken", steps=12)
    broken.save_every = 0.0
    batches = 0
    draw = Encoded.draw

    def killed(self: Encoded, rng: random.Random, tokens: int) -> Batch:
        nonlocal batches
        batches += 1
        if batches == 6:
            raise KeyboardInterrupt
        return draw(self, rng, tokens)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Encoded, "draw", killed)
        train_t5.train(broken)
    resumed = train_t5.train(broken)
    assert resumed["step"] == whole["step"] == 12
    assert resumed["seen"] == whole["seen"]
    assert resumed["log"][-1]["dev"] == pytest.approx(whole["log"][-1]["dev"], abs=1e-3)


def tokenizer_of(lines: list[str], vocab: int) -> PreTrainedTokenizerFast:
    return untrained_t5.train_tokenizer([rows.Example(line, line) for line in lines], vocab)


def test_the_tokenizer_keeps_what_must_be_copied() -> None:
    tokenizer = tokenizer_of(["A state-of-the-art model of 175 billion parameters, by OpenAI in 2020."] * 9, 600)
    for text in ["LoRA (r=16) cuts 99.5% of ΔW.", "état 日本 <b>", "state-of-the-art: 3,000 tokens"]:
        assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text
    for whole in ["state-of-the-art", "175", "OpenAI", "2020"]:
        assert len(tokenizer(f"of {whole}")["input_ids"]) == 3
    spaced, tight = "Of <hl> maps <hl> , two", "Of <hl> maps <hl>, two"
    assert tokenizer(spaced)["input_ids"] == tokenizer(tight)["input_ids"]


@pytest.mark.parametrize("name", ["small", "large"])
def test_a_new_model_copies_before_any_training(name: str) -> None:
    tokenizer = tokenizer_of(["a b c d e f"] * 9, 2000)
    tokenizer.add_tokens([f"word{number}" for number in range(2000)])
    torch.manual_seed(0)
    model = untrained_t5.new_model(RECIPES[name], tokenizer).eval()
    lines = np.stack([np.random.default_rng(line).permutation(2000)[:20] for line in range(8)])
    with torch.no_grad():
        loss = train_t5.loss_function(model)(*train_t5.on(model.device, (lines, lines)), 0.0).item()
    assert loss < 0.5 * math.log(2000)


def test_sizes_of_the_recipes() -> None:
    sizes = {}
    for name, recipe in RECIPES.items():
        with torch.device("meta"):
            model = T5ForConditionalGeneration(
                T5Config(
                    **recipe.layers,
                    vocab_size=recipe.vocabulary,
                    feed_forward_proj="gated-gelu",
                    tie_word_embeddings=True,
                )
            )
        sizes[name] = sum(weight.numel() for weight in model.parameters())
        for _, mixture in recipe.mixtures:
            assert sum(mixture.values()) == pytest.approx(1)
    assert 7e6 < sizes["small"] < 12e6 < sizes["large"] <= 30e6  # 60 MB in bfloat16


def test_batches_hold_what_was_encoded() -> None:
    examples = [rows.Example(f"{'word ' * length}{length}", f"line {length}") for length in (2, 30, 30, 50, 90, 300)]
    tokenizer = tokenizer_of([example.prompt for example in examples], 600)
    data = encoded.unpacked(encoded.packed({"kind": Encoded.of(examples, tokenizer)}))["kind"]
    assert len(data) == 5  # no shape holds the longest
    drawn = set()
    for seed in range(40):
        prompts, targets = data.draw(random.Random(seed), tokens=400)
        assert prompts.size + targets.size <= 400 and (prompts.shape[1], targets.shape[1]) in encoded.SHAPES
        for prompt, target in zip(prompts, targets, strict=True):
            text, asked = tokenizer.decode(prompt[prompt > 0]), tokenizer.decode(target[target >= 0])
            drawn.add((text.removesuffix("</s>"), asked.removesuffix("</s>")))
    assert drawn == {(example.prompt, example.target) for example in examples[:5]}


def test_exercises_are_of_their_text() -> None:
    text = "The encoder reads forty long sentences of the corpus in each step. A decoder writes one of them again."
    rng = random.Random(3)
    clozes = [found for _ in range(80) if (found := plain.cloze(text, 0, 66, rng))]
    assert len(clozes) > 10
    for prompt, target in clozes:
        question, context = prompt.removeprefix("question: ").split("  context: ")
        assert target in context and question.endswith("?") and question[0].isupper()
        assert re.search(r"\b(?:what|which|how many)\b", question, re.IGNORECASE)
    restored = plain.restored(text, random.Random(5))
    assert restored.target == text and restored.prompt != f"restore: {text}"
    assert set(restored.prompt.removeprefix("restore: ").split()) <= set(text.split())


def test_silver_examples_are_the_same_with_more_processes() -> None:
    texts = [
        f"Early stopping {number} is used to reduce overfitting. Convolutional Neural Networks (CNNs) are models. "
        "The router uses attention to pick experts. BERT was trained on 16 chips by a team of engineers in 2018."
        for number in range(1100)
    ]
    made = silver.silver_examples(texts, seed=1, drawn=0.2)
    assert made == silver.silver_examples(texts, seed=1, drawn=0.2, processes=2)
    assert all(made[kind] for kind in silver.KINDS)
    asked = {example.target for example in made["rule question"] + made["turned question"]}
    assert {"What was BERT trained on?", "How many chips was BERT trained on?"} <= asked
    for prompt, target in made["made answer"] + made["cloze answer"]:
        assert target in prompt.split("  context: ")[1]


def test_people_paraphrase_without_changing_the_facts() -> None:
    kept = rows.paraphrases(
        ["Who wrote the 3 books of the series?", "Who was the writer of the 3 books of the series?"]
    )
    assert {example.prompt.removeprefix("paraphrase: ") for example in kept} == {example.target for example in kept}
    assert len(kept) == 2
    assert not rows.paraphrases(["Who wrote the books?", "Who wrote the 3 books?"])
    assert not rows.paraphrases(["Who wrote the book?", "What was the book about?"])


def test_spans_to_extract_do_not_overlap() -> None:
    text = "Ada wrote the first program in 1843 for a machine."
    spans = {(0, 3), (10, 27), (14, 27), (31, 35)}
    assert rows.extracted(text, spans) == "Ada <sep> first program <sep> 1843 <sep>"


def test_weights_are_cut_and_joined(tmp_path: Path) -> None:
    file, content = tmp_path / "model.safetensors", random.Random(0).randbytes(10_000)
    file.write_bytes(content)
    pieces = shards.split(file, size=3000)
    assert [piece.stat().st_size for piece in pieces] == [3000, 3000, 3000, 1000] and not file.exists()
    damaged = pieces[1].read_bytes()
    pieces[1].write_bytes(damaged[::-1])
    with pytest.raises(QuireError, match="part01 is missing or damaged"):
        shards.join(tmp_path)
    pieces[1].write_bytes(damaged)
    assert shards.join(tmp_path) == file and file.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


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
