"""The starter language model is trained on text of the test's own."""

from __future__ import annotations

import io
import json
import lzma
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augment.starter.shards import join
from extractors.errors import QuireError
from tests.training.starter.made_up import ABSTRACTS, SMALL
from training.prompts import IGNORED
from training.starter import corpus, measure
from training.starter import pretrain as starter
from training.starter.corpus import ASKED


def test_training_lowers_perplexity_of_held_out_text(data: Path, made: Path, tokenizer: Any) -> None:
    from transformers import AutoModelForCausalLM

    _, texts = corpus.read_text(data, [ABSTRACTS], SMALL.held_out_every)
    before = measure.likeliness(starter.new_model(SMALL, tokenizer), tokenizer, texts)
    after = measure.likeliness(AutoModelForCausalLM.from_pretrained(made), tokenizer, texts)
    assert before.perplexity > 0.8 * SMALL.vocabulary
    assert after.perplexity < 10
    assert before.octets == sum(len(text.encode()) for text in texts)


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
