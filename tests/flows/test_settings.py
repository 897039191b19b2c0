from __future__ import annotations

from pathlib import Path

import pytest

from flows.settings import ConfigurationError, hash_of, load, preset_names
from training.strategies import STRATEGIES


def test_the_later_source_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "mine.toml"
    config.write_text("[train]\nepochs = 4\nrank = 4\nbatch = 3\n")
    monkeypatch.setenv("QUIRE_TRAIN__RANK", "5")
    monkeypatch.setenv("QUIRE_TRAIN__BATCH", "7")
    loaded = load("starter", config, ["train.batch=6"])
    assert (loaded.train.epochs, loaded.train.rank, loaded.train.batch) == (4, 5, 6)
    assert loaded.train.model == "starter"


def test_an_override_may_be_a_word_a_list_or_a_path() -> None:
    loaded = load(overrides=["ask.model=/models/t5", 'ask.generators=["rules"]', "seed=7", "augment.rates.noise=0"])
    assert loaded.ask.model == "/models/t5"
    assert loaded.ask.generators == ("rules",)
    assert loaded.seed == 7
    assert loaded.augment.rates == {"noise": 0}


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["train.epoch=2"], "train.epoch"),
        (["train.epochs=many"], "train.epochs"),
        (["train.epochs=inf"], "train.epochs"),
        (["train.max_grad_norm=inf"], "train.max_grad_norm"),
        (["epochs"], "section.key=value"),
        (["seed.deep=1"], "seed"),
        (["read.dpi=10"], "read.dpi"),
        (["augment.rates.nose=1"], "no operator nose"),
    ],
)
def test_a_wrong_setting_is_named(overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load(overrides=overrides)


def test_a_preset_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match=r"tinyllama-1\.1b"):
        load("nope")


def test_broken_toml_names_its_file(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[train\n")
    with pytest.raises(ConfigurationError, match=r"broken\.toml"):
        load(config=broken)
    with pytest.raises(ConfigurationError, match="no configuration file"):
        load(config=tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("dataset.push_to_hub=nobody", "dataset.push_to_hub = 'nobody' is not: owner/name on the Hugging Face hub"),
        ("read.languages=eng deu", "read.languages = 'eng deu' is not: tesseract's languages, joined by +"),
        (
            "train.gradient_checkpointing=often",
            "train.gradient_checkpointing = 'often': Input should be 'auto', or Input should be a valid boolean",
        ),
        ("train.rank=0", "train.rank = 0: Input should be greater than or equal to 1."),
    ],
)
def test_a_wrong_value_is_told_in_words(override: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(overrides=[override])
    assert caught.value.message.startswith(said)
    assert "literal[" not in caught.value.message and "^" not in caught.value.message


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_loads(name: str) -> None:
    assert load(name).preset == name


def test_presets_say_what_their_sources_say() -> None:
    long, quick, tiny = load("qwen2.5-3b"), load("qwen2.5-3b-quick"), load("tinyllama-1.1b")
    assert (long.train.batch, long.train.accumulation, long.train.learning_rate, long.train.epochs) == (2, 16, 2e-5, 3)
    assert (long.train.max_length, long.seed, long.split.validation + long.split.test) == (2048, 3407, 0.2)
    assert (quick.train.batch, quick.train.accumulation, quick.train.max_steps, quick.train.warmup) == (2, 4, 60, 5)
    assert (quick.train.optimizer, quick.train.weight_decay, quick.train.learning_rate) == ("adamw_8bit", 0.01, 2e-4)
    assert (quick.train.rank, quick.train.targets) == (16, ("q_proj", "k_proj", "v_proj"))
    assert (tiny.train.rank, tiny.train.alpha, tiny.train.dropout, tiny.train.batch) == (16, 32, 0.05, 4)
    assert (tiny.train.prompt, tiny.train.outlier_tokens, tiny.train.learning_rate) == ("instruction", 512, 2e-4)
    assert {long.ask.model, quick.ask.model, tiny.ask.model} == {"valhalla/t5-base-qg-hl"}
    assert long.ask.generators == ("model",)


@pytest.mark.parametrize("strategy", ["full", "prompt", "qat"])
def test_a_strategy_has_a_preset_that_warms_up_decays_and_keeps_its_best(strategy: str) -> None:
    train = load(f"starter-{strategy}").train
    low, high = STRATEGIES[strategy].RATES
    assert train.strategy == strategy and low <= train.learning_rate <= high
    assert train.warmup > 0 and train.scheduler != "constant" and train.max_grad_norm == 1 and train.patience > 0


def test_a_hash_changes_with_any_setting_and_only_then() -> None:
    ask = load().ask
    assert hash_of(ask, 1) == hash_of(ask.model_copy(), 1)
    assert hash_of(ask, 1) != hash_of(ask, 2)
    assert hash_of(ask, 1) != hash_of(ask.model_copy(update={"beams": 3}), 1)
