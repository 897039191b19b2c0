"""What computes the outputs does not change them: CTranslate2 is held to transformers, of every kind of T5."""

from __future__ import annotations

import errno
import logging
import sys
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, BartConfig, BartForConditionalGeneration

from augment.models import locate
from augment.t5 import engines
from augment.t5.engines import CTranslate2, Output, Transformers, batches, convert, engine_for
from augment.t5.seq2seq import Seq2Seq
from tests.augment.checkpoints import new_layout, old_layout, sentences

T5S: dict[str, dict[str, Any]] = {
    "as T5": {},
    "fewer layers in the decoder": {"num_layers": 3, "num_decoder_layers": 1},
    "gated": {"feed_forward_proj": "gated-gelu"},
    "heads wider than the model": {"d_kv": 16},
    "1.1, not tied": {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
    "another epsilon": {"layer_norm_epsilon": 1e-2},
    "more rows than words": {"vocab_size": 320},
}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)


def read(folder: Path) -> tuple[Any, Any]:
    return AutoModelForSeq2SeqLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def ctranslate2(model: Any, numbers: str, threads: int = 1) -> CTranslate2:
    with TemporaryDirectory() as folder:
        convert(model, Path(folder))
        return CTranslate2(Path(folder), numbers, threads)


def prompts_for(tokenizer: Any, count: int = 24) -> list[list[int]]:
    """Prompts of one to four sentences."""
    texts = [" ".join(sentences()[row : row + 1 + row % 4]) for row in range(count)]
    ids: list[list[int]] = tokenizer([f"generate question: {text}" for text in texts])["input_ids"]
    return ids


def ids_of(outputs: list[list[Output]]) -> list[list[int]]:
    return [best.ids for best, *_ in outputs]


@pytest.fixture(params=T5S)
def checkpoint(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    changes = dict(T5S[request.param])
    rows = changes.pop("vocab_size", 0)
    folder = new_layout(tmp_path / "tiny", **changes)
    if rows:
        model, _ = read(folder)
        model.resize_token_embeddings(rows)
        model.save_pretrained(folder)
    if not changes.get("tie_word_embeddings", True):
        weights = load_file(folder / "model.safetensors")
        torch.manual_seed(1)
        weights["lm_head.weight"] = torch.randn_like(weights["shared.weight"]) * 0.2
        save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def test_greedy_outputs_are_those_of_transformers(checkpoint: Path) -> None:
    model, tokenizer = read(checkpoint)
    prompts = prompts_for(tokenizer)
    theirs = Transformers(model, tokenizer).write(prompts, 1, 512, 1)
    ours = ctranslate2(model, "float32").write(prompts, 1, 512, 1)
    assert len({tuple(ids) for ids in ids_of(theirs)}) > 1, "outputs that are all the same would compare nothing"
    assert ids_of(ours) == ids_of(theirs)
    # Step by step CTranslate2's likelihoods of outputs of many tokens are off in the fourth digit.
    assert [best.score for best, *_ in ours] == pytest.approx([best.score for best, *_ in theirs], abs=5e-3)


def test_an_old_checkpoint_converts(tmp_path: Path) -> None:
    folder = old_layout(tmp_path / "tiny")
    model, tokenizer = read(folder)
    prompts = prompts_for(tokenizer)
    before = sorted(path.name for path in folder.iterdir())
    ours = Seq2Seq(locate(str(folder), "", folder), exact=True).write(prompts, beams=1, batch_tokens=512)
    theirs = Transformers(model, tokenizer).write(prompts, 1, 512, 1)
    written = [" ".join(tokenizer.decode(ids, skip_special_tokens=True).split()) for ids in ids_of(theirs)]
    assert [best.text for best, *_ in ours] == written
    assert sorted(path.name for path in folder.iterdir()) == before, "the model's folder is the user's"


@pytest.mark.parametrize("numbers", ["float32", "int8"])
@pytest.mark.parametrize("beams", [1, 4])
def test_outputs_do_not_depend_on_the_batch(tmp_path: Path, numbers: str, beams: int) -> None:
    model, tokenizer = read(new_layout(tmp_path / "tiny"))
    prompts = prompts_for(tokenizer)
    engine = ctranslate2(model, numbers)
    together = engine.write(prompts, beams, 4096, 1)
    assert ids_of(engine.write(prompts, beams, 64, 1)) == ids_of(together)
    assert ids_of(engine.write(prompts[::-1], beams, 700, 1))[::-1] == ids_of(together)
    assert engine.write(prompts, beams, 4096, 1) == together


def test_outputs_do_not_depend_on_the_threads(tmp_path: Path) -> None:
    model, tokenizer = read(new_layout(tmp_path / "tiny"))
    prompts = prompts_for(tokenizer, 60)
    alone = ctranslate2(model, "int8").write(prompts, 4, 128, 1)
    assert ctranslate2(model, "int8", threads=2).write(prompts, 4, 128, 1) == alone


def test_the_likeliest_come_first_and_as_many_as_asked(tmp_path: Path) -> None:
    model, tokenizer = read(new_layout(tmp_path / "tiny"))
    prompts = prompts_for(tokenizer)
    for engine in (ctranslate2(model, "int8"), Transformers(model, tokenizer)):
        found = engine.write(prompts, 5, 512, 3)
        assert all(len(outputs) == 3 for outputs in found)
        assert all(first.score >= last.score - 1e-4 for first, _, last in found)


def test_what_the_model_forbids_is_forbidden(tmp_path: Path) -> None:
    model, tokenizer = read(new_layout(tmp_path / "tiny"))
    prompts = prompts_for(tokenizer)
    free = ctranslate2(model, "float32").write(prompts, 1, 512, 1)
    model.generation_config.no_repeat_ngram_size = 2
    bound = ctranslate2(model, "float32").write(prompts, 1, 512, 1)
    assert any(repeats(ids) for ids in ids_of(free)) and not any(repeats(ids) for ids in ids_of(bound))
    assert ids_of(bound) == ids_of(Transformers(model, tokenizer).write(prompts, 1, 512, 1))


@pytest.mark.parametrize("penalty", [0.0, 2.0])
def test_a_penalty_on_length_steers_the_search_and_not_the_score(tmp_path: Path, penalty: float) -> None:
    model, tokenizer = read(new_layout(tmp_path / "tiny"))
    prompts = prompts_for(tokenizer)
    model.generation_config.length_penalty = penalty
    engine = ctranslate2(model, "float32")
    ours, theirs = engine.write(prompts, 1, 512, 1), Transformers(model, tokenizer).write(prompts, 1, 512, 1)
    assert [best.score for best, *_ in ours] == pytest.approx([best.score for best, *_ in theirs], abs=5e-3)
    assert engine._search["length_penalty"] == penalty


def repeats(ids: list[int]) -> bool:
    pairs = list(pairwise(ids))
    return len(set(pairs)) < len(pairs)


def test_who_computes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    model, tokenizer = read(new_layout(tmp_path / "tiny"))
    assert isinstance(engine_for(model, tokenizer, "int8", 1), CTranslate2)
    config = BartConfig(
        vocab_size=len(tokenizer),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
    )
    assert isinstance(engine_for(BartForConditionalGeneration(config), tokenizer, "int8", 1), Transformers)

    def fails(*_: object) -> None:
        raise ValueError("no such layer")

    def is_full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken, pytest.raises(OSError, match="No space left"):
        broken.setattr(engines, "convert", is_full)
        engine_for(model, tokenizer, "int8", 1)
    with monkeypatch.context() as broken, caplog.at_level(logging.WARNING):
        broken.setattr(engines, "convert", fails)
        assert isinstance(engine_for(model, tokenizer, "int8", 1), Transformers)
    assert "no such layer" in caplog.text
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    assert isinstance(engine_for(model, tokenizer, "int8", 1), Transformers)


@given(st.lists(st.integers(1, 600), max_size=80), st.integers(64, 2048))
def test_batches_hold_every_prompt_once_within_their_budget(lengths: list[int], budget: int) -> None:
    made = list(batches(lengths, budget))
    assert sorted(index for batch in made for index in batch) == list(range(len(lengths)))
    for batch in made:
        longest = max(lengths[index] for index in batch)
        assert len(batch) == 1 or len(batch) * longest <= budget
