"""Unsloth where it cannot run: what is said of it, before anything is loaded. On a GPU it was never run."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from augment.models import locate
from extractors.errors import QuireError
from tests.training.made_up import make_job
from training.base import engines, packages, unsloth
from training.base.models import STARTER
from training.preparing.prepared import prepare
from training.settings import TrainSettings

ADAPTERS = TrainSettings(engine="unsloth")


def installed(monkeypatch: pytest.MonkeyPatch, asked: dict[str, list[str]], **versions: str) -> None:
    """Pretend that these are installed, with what they ask for."""

    def version(name: str) -> str:
        found = versions.get(name.replace("-", "_"))
        if found is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return found

    def requires(name: str) -> list[str]:
        version(name)
        return asked.get(name, [])

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(importlib.metadata, "requires", requires)


def gpu(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)


def refusal(settings: TrainSettings = ADAPTERS) -> QuireError:
    with pytest.raises(QuireError) as refused:
        unsloth.refuse(settings)
    return refused.value


def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, {})
    gpu(monkeypatch, True)
    error = refusal()
    assert error.message == "Unsloth cannot train here: unsloth is not installed."
    assert ".[unsloth]" in error.fix and "train.engine=trl" in error.fix


def test_wrong_versions_are_named_with_what_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {
        "unsloth": ["trl<=1.15.0,>=0.18.2", "xformers>=0.0.27", "mlx; sys_platform == 'none'", "vllm; extra == 'fast'"],
        "unsloth_zoo": ["trl<=1.15.0,>=0.18.2", "transformers<=5.17.0"],
    }
    installed(monkeypatch, asked, unsloth="2026.10.7", unsloth_zoo="2026.10.7", trl="1.16.0", transformers="5.23.0")
    gpu(monkeypatch, True)
    assert refusal().message == (
        "Unsloth cannot train here: unsloth 2026.10.7 does not go with what is installed (transformers is 5.23.0, not "
        "<=5.17.0, trl is 1.16.0, not <=1.15.0,>=0.18.2, xformers is missing)."
    )
    installed(
        monkeypatch, asked, unsloth="2026.10.7", unsloth_zoo="2026.10.7", trl="1.15.0", transformers="5.17.0",
        xformers="0.0.35",
    )  # fmt: skip
    unsloth.refuse(ADAPTERS)


def test_no_gpu_and_no_adapters(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, {}, unsloth="2026.10.7", unsloth_zoo="2026.10.7")
    gpu(monkeypatch, False)
    assert "finds no GPU" in refusal().message and "nvidia-smi" in refusal().fix
    both = refusal(TrainSettings(engine="unsloth", strategy="full"))
    assert "train.strategy is 'full'" in both.message and "finds no GPU" in both.message
    gpu(monkeypatch, True)
    assert "GPU" not in refusal(TrainSettings(engine="unsloth", strategy="qat")).message
    unsloth.refuse(TrainSettings(engine="unsloth", strategy="lora"))


def test_a_training_is_refused_before_anything_is_loaded(
    tiny_qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.base.models.find", lambda *_, **__: pytest.fail("it looked for the model"))
    with pytest.raises(QuireError, match="Unsloth cannot train here"):
        prepare(make_job(tmp_path, tiny_qwen, engine="unsloth"))


def test_the_trl_that_comes_with_it_is_refused_on_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, {}, trl="1.15.0")
    gpu(monkeypatch, False)
    with pytest.raises(QuireError, match=r"TRL 1\.15\.0, which came with Unsloth, cannot train on a processor"):
        engines.refuse(TrainSettings())
    gpu(monkeypatch, True)
    engines.refuse(TrainSettings())
    installed(monkeypatch, {}, trl="1.16.0")
    gpu(monkeypatch, False)
    engines.refuse(TrainSettings())


def test_it_is_asked_for_the_same_adapters_without_statistics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, dict[str, Any]]] = []

    class Fast:
        @staticmethod
        def from_pretrained(**about: Any) -> tuple[str, str]:
            calls.append(("from_pretrained", about))
            return "base", "tokenizer"

        @staticmethod
        def get_peft_model(model: str, **about: Any) -> str:
            calls.append((model, about))
            return "adapted"

    module = ModuleType("unsloth")
    vars(module).update(FastLanguageModel=Fast)
    monkeypatch.setitem(sys.modules, "unsloth", module)
    for name in ("UNSLOTH_DISABLE_STATISTICS", "UNSLOTH_COMPILE_LOCATION"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    unsloth.begin(tmp_path)
    assert os.environ["UNSLOTH_DISABLE_STATISTICS"] == "1"
    assert Path(os.environ["UNSLOTH_COMPILE_LOCATION"]).parent == tmp_path

    files = locate("starter", "", STARTER, setting="train.model")
    settings = ADAPTERS.model_copy(update={"rank": 4, "alpha": 8, "dropout": 0.0, "targets": ("q_proj",)})
    assert unsloth.trainable(files, settings) == "adapted"
    (_, loaded), (base, adapted) = calls
    assert loaded["model_name"] == str(files.folder) and loaded["load_in_4bit"] and not loaded["trust_remote_code"]
    assert base == "base" and {**adapted} == {
        **adapted, "r": 4, "lora_alpha": 8, "lora_dropout": 0.0, "target_modules": ["q_proj"],
    }  # fmt: skip
    calls.clear()
    unsloth.trainable(files, TrainSettings(engine="unsloth", strategy="lora"))
    assert not calls[0][1]["load_in_4bit"] and "target_modules" not in calls[1][1]


def test_what_is_installed_here_is_what_it_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert packages.unmet("peft") == []
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: ["torch<1", "nowhere-to-be-found"])
    first, second = packages.unmet("quire")
    assert first.startswith("torch is 2.") and first.endswith("not <1") and second == "nowhere-to-be-found is missing"
