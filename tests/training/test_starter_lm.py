"""The starter language model: made in small from text of the test's own, and as it ships."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from extractors.errors import QuireError
from training.starter import corpus, release
from training.starter import pretrain as starter
from training.starter.corpus import IGNORED
from training.starter.pretrain import Recipe

SHIPPED = Path(starter.__file__).parent / "lm"
SMALL = Recipe(
    vocabulary=512,
    hidden=128,
    layers=2,
    intermediate=192,
    heads=2,
    key_value_heads=1,
    length=64,
    batch=8,
    held_out_every=10,
    constant_until=0.4,
    chat_from=0.6,
)
METHODS = (
    "The pruned network",
    "Layer normalization",
    "The attention map",
    "A sparse expert",
    "Label smoothing",
)
VERBS = ("improves", "reduces", "stabilizes", "approximates", "replaces")
OBJECTS = (
    "the training loss",
    "gradient variance",
    "the memory of the decoder",
    "calibration",
    "the learning rate",
)
PLACES = (
    "on long documents",
    "in low-resource settings",
    "with small batches",
    "under label noise",
    "at test time",
)


def sentence(rng: random.Random) -> str:
    return f"{rng.choice(METHODS)} {rng.choice(VERBS)} {rng.choice(OBJECTS)} {rng.choice(PLACES)}."


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Abstracts and answer-aware rows made of a small grammar."""
    folder, rng = tmp_path_factory.mktemp("data"), random.Random(7)
    abstracts, rows = folder / "abstracts.jsonl", folder / "qa.jsonl"
    with abstracts.open("w") as file:
        for number in range(400):
            text = " ".join(sentence(rng) for _ in range(6))
            file.write(json.dumps({"title": f"Study {number}", "abstract": text}) + "\n")
    with rows.open("w") as file:
        for number in range(200):
            before, said = sentence(rng), sentence(rng)
            answer = next(words for words in OBJECTS if words in said)
            question = "What changes " + said.rstrip(".").split()[-1] + " in this case?"
            row = {"source": "made", "context": f"{before} {said}", "question": question, "answer": answer}
            row["split"] = "test" if number % 5 == 0 else "train"
            row["answer_start"] = len(before) + 1 + said.index(answer)
            if row["split"] == "test":
                row["question"] = f"Which secret number is {number} here?"
            file.write(json.dumps(row) + "\n")
    return abstracts, rows


@pytest.fixture(scope="module")
def made(data: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model") / "lm"
    starter.pretrain([data[0]], data[1], out, minutes=1, steps=40, recipe=SMALL, licences={"qa.jsonl": "made here"})
    return out


@pytest.fixture(scope="module")
def tokenizer(made: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(made)


def four_bit(folder: Path) -> Any:
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    nf4 = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    return AutoModelForCausalLM.from_pretrained(folder, quantization_config=nf4, device_map="cpu")


def test_training_lowers_perplexity_of_held_out_text(data: tuple[Path, Path], made: Path, tokenizer: Any) -> None:
    from transformers import AutoModelForCausalLM

    texts = [text for text in corpus.documents(data[0]) if corpus.held_out(text, SMALL.held_out_every)]
    held = corpus.text_windows(tokenizer, texts, SMALL.length)
    before = starter.perplexity(starter.new_model(SMALL, tokenizer), held, "cpu")
    after = starter.perplexity(AutoModelForCausalLM.from_pretrained(made), held, "cpu")
    assert before > 0.8 * SMALL.vocabulary
    assert after < 10


def test_tokenizer_keeps_text_and_control_tokens(made: Path, tokenizer: Any) -> None:
    text = "Naïve Bayes\n  scores 3.5 % — 数学, <b>x</b>"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert [tokenizer.eos_token, tokenizer.pad_token] == ["<|im_end|>", "<|endoftext|>"]
    assert len(tokenizer("<|im_start|>user<|im_end|><|endoftext|>")["input_ids"]) <= 3 + len(
        tokenizer("user")["input_ids"]
    )
    settings = json.loads((made / "generation_config.json").read_text())
    assert settings["eos_token_id"] == [tokenizer.eos_token_id, tokenizer.pad_token_id]
    assert len(tokenizer) <= SMALL.vocabulary


def test_chat_template_is_stable_under_a_growing_conversation(tokenizer: Any) -> None:
    user, reply = {"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}
    prompt = tokenizer.apply_chat_template([user], add_generation_prompt=True, tokenize=False)
    assert prompt == "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer.apply_chat_template([user, reply], tokenize=False) == f"{prompt}Because.<|im_end|>\n"


def test_only_the_answer_and_its_end_are_labelled(tokenizer: Any) -> None:
    pairs = [("What is pruned?", "The network is pruned."), ("What is smoothed?", "Labels are.")]
    ids, labels = corpus.chat_windows(tokenizer, pairs, 128)[0]
    assert tokenizer.decode(labels[labels != IGNORED]) == "The network is pruned.<|im_end|>Labels are.<|im_end|>"
    assert np.array_equal(ids[labels != IGNORED], labels[labels != IGNORED])


def test_a_conversation_too_long_for_a_row_is_left_out(tokenizer: Any) -> None:
    rows = corpus.chat_windows(tokenizer, [("Short?", "Yes."), ("Long?", "very " * 200)], SMALL.length)
    assert len(rows) == 1
    assert "very" not in tokenizer.decode(rows[0, 0])


def test_rows_of_the_test_split_are_never_read(data: tuple[Path, Path]) -> None:
    pairs = list(corpus.asked_by_people(data[1]))
    assert len(pairs) == 160
    assert not [question for question, _ in pairs if "secret" in question]
    assert all(said.count(".") == 1 for _, said in pairs)


def test_held_out_documents_are_in_no_row_of_training(data: tuple[Path, Path]) -> None:
    sizes = {"vocabulary": 512, "length": 64, "turned": 50, "seed": 1}
    read = corpus.read_corpus([data[0]], data[1], held_out_every=5, **sizes)
    kept = {title for title in read.tokenizer.decode(read.prose.ravel()).split("Study ") if title[:3].isdigit()}
    held = {title for title in read.tokenizer.decode(read.held.ravel()).split("Study ") if title[:3].isdigit()}
    numbers = {title.split()[0] for title in kept}, {title.split()[0] for title in held}
    assert len(numbers[0]) > 200 and len(numbers[1]) > 30
    assert not numbers[0] & numbers[1]


def test_an_epoch_takes_each_row_once() -> None:
    windows = np.arange(24).reshape(24, 1)
    epoch = [row for step in range(3) for row in starter.batch_of(windows, step, 8, seed=1).ravel().tolist()]
    again = [row for step in range(3, 6) for row in starter.batch_of(windows, step, 8, seed=1).ravel().tolist()]
    assert sorted(epoch) == sorted(again) == list(range(24))
    assert epoch != again


def test_a_killed_run_goes_on_to_the_same_weights(
    data: tuple[Path, Path], tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    prose = corpus.text_windows(tokenizer, list(corpus.documents(data[0])), SMALL.length)
    chats = corpus.chat_windows(tokenizer, corpus.asked_by_people(data[1]), SMALL.length)
    texts = corpus.Corpus(tokenizer, prose, prose[:4], chats)

    def run(name: str) -> Any:
        model = starter.new_model(SMALL, tokenizer)
        starter.train(model, texts, SMALL, tmp_path / name, minutes=1, steps=12)
        return model.state_dict()

    whole = run("whole.pt")
    honest, calls = starter.loss_of, iter(range(1000))

    def killed(*arguments: Any) -> Any:
        if next(calls) == 15:
            raise KeyboardInterrupt
        return honest(*arguments)

    monkeypatch.setattr(starter, "SAVE_SECONDS", 0)
    monkeypatch.setattr(starter, "loss_of", killed)
    with pytest.raises(KeyboardInterrupt):
        run("killed.pt")
    assert 0 < torch.load(tmp_path / "killed.pt", weights_only=True)["progress"]["step"] < 12
    resumed = run("killed.pt")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_another_run_does_not_go_on_from_this_one(data: tuple[Path, Path], made: Path) -> None:
    other = SMALL.model_copy(update={"seed": 1})
    with pytest.raises(QuireError, match="other files or settings"):
        starter.pretrain([data[0]], data[1], made, minutes=1, steps=1, recipe=other)


def test_a_missing_file_is_named(data: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(QuireError, match=r"absent\.jsonl"):
        starter.pretrain([tmp_path / "absent.jsonl"], data[1], tmp_path / "lm", minutes=1)


def test_card_names_data_and_figures(made: Path) -> None:
    card = (made / "README.md").read_text()
    for said in ("| qa.jsonl | made here |", "40 steps", "bits a byte", "torch "):
        assert said in card


def test_a_lora_step_on_nf4_weights_learns(made: Path, tokenizer: Any) -> None:
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    base = four_bit(made)
    model = get_peft_model(base, LoraConfig(r=8, target_modules="all-linear", task_type="CAUSAL_LM"))
    model.train()
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    assert trained and all("lora_" in name for name in trained)
    assert {type(m.get_base_layer()).__name__ for m in model.modules() if hasattr(m, "lora_A")} == {"Linear4bit"}
    text = "<|im_start|>user\nWhat is pruned?<|im_end|>\n<|im_start|>assistant\nThe expert.<|im_end|>\n"
    batch = tokenizer(text, return_tensors="pt")
    rule, losses = torch.optim.AdamW(trained.values(), lr=5e-3), []
    for _ in range(8):
        loss = model(**batch, labels=batch["input_ids"]).loss
        loss.backward()
        rule.step()
        rule.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.5


def test_shipped_model_answers_in_a_sentence_and_ends_its_turn() -> None:
    from transformers import AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(SHIPPED), four_bit(SHIPPED)
    answers = [release.answer(model, tokenizer, question) for question in release.SAMPLE_QUESTIONS]
    assert all(len(answer.split()) >= 3 for answer in answers)
    assert sum(answer.endswith("<|im_end|>") for answer in answers) >= 2
    assert (SHIPPED / "model.safetensors").stat().st_size <= 20e6
