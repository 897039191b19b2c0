"""The starter language model: made in small from text of the test's own, and as it ships."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import random
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augment.starter.shards import join
from extractors.errors import QuireError
from training.prompts import IGNORED
from training.starter import conversations, corpus, measure, release
from training.starter import pretrain as starter
from training.starter.conversations import Exchange
from training.starter.corpus import ASKED, SUMMARIES, Source
from training.starter.recipe import SIZES

SHIPPED = Path(starter.__file__).parent / "lm"
SMALL = SIZES["smoke"]
ABSTRACTS = Source(path="text/abstracts.jsonl", licence="made here")
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


def row(rng: random.Random, number: int) -> dict[str, Any]:
    """An answer-aware row of two sentences, the second of which holds the answer."""
    before, said = sentence(rng), sentence(rng)
    answer = next(words for words in OBJECTS if words in said)
    question = f"What changes {said.rstrip('.').split()[-1]} in this case?"
    if number % 5 == 0:
        question = f"Which secret number is {number} here?"
    return {
        "source": "made",
        "split": "test" if number % 5 == 0 else "train",
        "context": f"{before} {said}",
        "question": question,
        "answer": answer,
        "answer_start": len(before) + 1 + said.index(answer),
    }


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Abstracts and answer-aware rows made of a small grammar, and summaries of two splits."""
    folder, rng = tmp_path_factory.mktemp("data"), random.Random(7)
    (folder / "text").mkdir()
    (folder / "qa").mkdir()
    with (folder / ABSTRACTS.path).open("w") as file:
        for number in range(400):
            text = " ".join(sentence(rng) for _ in range(6))
            file.write(json.dumps({"title": f"Study {number}", "abstract": text}) + "\n")
        file.write(json.dumps({"title": f"Study {number}", "abstract": text}) + "\n")
    with gzip.open(folder / ASKED.path, "wt") as file:
        for number in range(200):
            file.write(json.dumps(row(rng, number)) + "\n")
    said = [{"title": f"Paper {n}.", "source": [sentence(rng)], "target": [sentence(rng)]} for n in range(4)]
    first, last, after, later = map(json.dumps, said)
    with gzip.open(folder / SUMMARIES.path, "wt") as file:
        file.write(f"{first}\n{last}{after}\n{later}\n")
    return folder


@pytest.fixture(scope="module")
def made(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model") / "lm"
    starter.pretrain(data, out, SMALL, text=[ABSTRACTS])
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


def test_training_lowers_perplexity_of_held_out_text(data: Path, made: Path, tokenizer: Any) -> None:
    from transformers import AutoModelForCausalLM

    _, texts = corpus.read_text(data, [ABSTRACTS], SMALL.held_out_every)
    before = measure.likeliness(starter.new_model(SMALL, tokenizer), tokenizer, texts)
    after = measure.likeliness(AutoModelForCausalLM.from_pretrained(made), tokenizer, texts)
    assert before.perplexity > 0.8 * SMALL.vocabulary
    assert after.perplexity < 10
    assert before.octets == sum(len(text.encode()) for text in texts)


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


def test_an_epoch_takes_each_row_once() -> None:
    windows = np.arange(24).reshape(24, 1)
    epoch = [row for step in range(3) for row in starter.batch_of(windows, step, 8, seed=1).ravel().tolist()]
    again = [row for step in range(3, 6) for row in starter.batch_of(windows, step, 8, seed=1).ravel().tolist()]
    assert sorted(epoch) == sorted(again) == list(range(24))
    assert epoch != again


def test_conversations_take_their_share_of_a_batch(data: Path, tokenizer: Any) -> None:
    recipe = SMALL.model_copy(update={"conversations": 0.75})
    read = corpus.read_corpus(data, [ABSTRACTS], tokenizer, recipe)
    batch = starter.batch_at(SMALL.steps - 1, read, recipe)
    assert (batch[:, 1] == IGNORED).any(axis=1).tolist() == [False] * 2 + [True] * 6


def test_the_rate_hangs_on_the_step_alone() -> None:
    rates = [starter.rate(step, SMALL) for step in range(SMALL.steps)]
    assert rates[0] == 1 / SMALL.warmup and max(rates) == 1
    assert rates[-SMALL.fall :] == sorted(rates[-SMALL.fall :], reverse=True)
    assert rates[-1] == pytest.approx(1 / SMALL.fall)


def test_conversations_come_in_the_last_steps(data: Path, tokenizer: Any) -> None:
    read = corpus.read_corpus(data, [ABSTRACTS], tokenizer, SMALL)
    masked = [bool((starter.batch_at(step, read, SMALL)[:, 1] == IGNORED).any()) for step in range(SMALL.steps)]
    assert masked == [False] * (SMALL.steps - SMALL.chat) + [True] * SMALL.chat


def test_a_killed_run_goes_on_to_the_same_weights(
    data: Path, tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    recipe = SMALL.model_copy(update={"steps": 12, "chat": 5})
    read = corpus.read_corpus(data, [ABSTRACTS], tokenizer, SMALL)

    def run(name: str) -> Any:
        model = starter.new_model(recipe, tokenizer)
        starter.train(model, read, recipe, tmp_path / name)
        return model.state_dict()

    whole = run("whole.pt")
    honest, calls = starter.loss_of, iter(range(1000))

    def killed(*arguments: Any) -> Any:
        if next(calls) == 8:
            raise KeyboardInterrupt
        return honest(*arguments)

    monkeypatch.setattr(starter, "SAVE_SECONDS", 0)
    monkeypatch.setattr(starter, "loss_of", killed)
    with pytest.raises(KeyboardInterrupt):
        run("killed.pt")
    assert 0 < torch.load(tmp_path / "killed.pt", weights_only=True)["progress"]["step"] < 12
    resumed = run("killed.pt")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_another_run_does_not_go_on_from_this_one(data: Path, made: Path) -> None:
    other = SMALL.model_copy(update={"seed": 1})
    with pytest.raises(QuireError, match="other files or settings"):
        starter.pretrain(data, made, other, text=[ABSTRACTS])


def test_a_run_begins_with_the_weights_and_tokenizer_it_is_given(data: Path, made: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    recipe = SMALL.model_copy(update={"steps": 1, "muon_rate": 0.0, "adam_rate": 0.0})
    starter.pretrain(data, tmp_path / "lm", recipe, text=[ABSTRACTS], start=made)
    before, after = (AutoModelForCausalLM.from_pretrained(folder).state_dict() for folder in (made, tmp_path / "lm"))
    assert all(bool((before[name] == after[name]).all()) for name in before)
    vocabularies = [AutoTokenizer.from_pretrained(folder).get_vocab() for folder in (made, tmp_path / "lm")]
    assert vocabularies[0] == vocabularies[1]
    settings = [json.loads((folder / "tokenizer_config.json").read_text()) for folder in (made, tmp_path / "lm")]
    assert settings[0] == settings[1]
    starter.pretrain(data, tmp_path / "later", recipe, text=[ABSTRACTS], start=tmp_path / "lm")
    card = (tmp_path / "later" / "README.md").read_text()
    assert card.count("`model.safetensors` with sha256") == 2 and card.count("began with | nothing") == 1
    assert card.count("What it began with, by its own card:") == 2 and card.count("steps, tokens seen | 40 steps") == 1
    with pytest.raises(QuireError, match="another shape"):
        starter.new_model(SMALL.model_copy(update={"layers": 3}), AutoTokenizer.from_pretrained(made), made)


def test_a_missing_file_is_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(QuireError, match=r"absent\.jsonl"):
        absent = ABSTRACTS.model_copy(update={"path": "text/absent.jsonl"})
        starter.pretrain(data, tmp_path / "lm", SMALL, text=[absent])


def test_the_command_trains_on_a_folder_and_leaves_pieces_that_join(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoModelForCausalLM

    (tmp_path / "text").mkdir()
    (tmp_path / "qa").mkdir()
    (tmp_path / ASKED.path).write_bytes((data / ASKED.path).read_bytes())
    abstracts = (data / ABSTRACTS.path).read_text().splitlines()
    markdown = b"# Study of pages\n\nThe page improves the loss.\n\n```python\nhidden = 1\n```\n"
    for number, source in enumerate(corpus.TEXT):
        if source.path.endswith(".xz"):
            with lzma.open(tmp_path / source.path, "wt") as file:
                file.write("\n".join(abstracts[number::2]))
        else:
            with tarfile.open(tmp_path / source.path, "w:gz") as archive:
                (member := tarfile.TarInfo(f"page{number}.md")).size = len(markdown)
                archive.addfile(member, io.BytesIO(markdown))
    pages = list(corpus.documents(tmp_path / corpus.TEXT[-1].path))
    assert pages == ["# Study of pages\n\nThe page improves the loss."]
    out = tmp_path / "lm"
    line = f"pretrain --size smoke --data {tmp_path} --out {out} --pieces"
    monkeypatch.setattr("sys.argv", line.split())
    starter.main()
    assert not (out / "model.safetensors").exists()
    join(out)
    assert AutoModelForCausalLM.from_pretrained(out).config.hidden_size == SMALL.hidden
    assert "this model | passage copied" in (out / "README.md").read_text()


def test_card_names_data_settings_and_versions(made: Path) -> None:
    card = (made / "README.md").read_text()
    for said in ("| abstracts.jsonl | made here |", "40 steps", "seed 3407", "began with | nothing", "torch "):
        assert said in card
    assert "Not measured. There is no " in card


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
