"""Whole models of what was trained: that they are that, load with plain transformers, and say what they cost."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from extractors.errors import QuireError
from tests.training.published import publish
from training import export as module
from training.base import models
from training.export import Exported, Order, export, merging
from training.jobs import TrainJob
from training.prompts import encode_question
from training.strategies import STRATEGIES


@pytest.fixture(scope="module")
def qlora(tiny_qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainJob:
    return publish(tmp_path_factory.mktemp("qlora"), tiny_qwen, "qlora")


@pytest.fixture(scope="module")
def exported(qlora: TrainJob, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(order(qlora, tmp_path_factory.mktemp("exported") / "model"), lambda now: None)


@pytest.fixture(scope="module")
def lora(tiny_qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainJob:
    return publish(tmp_path_factory.mktemp("lora"), tiny_qwen, "lora")


def order(job: TrainJob, folder: Path, **changes: Any) -> Order:
    return Order(adapters=job.adapters, dataset=job.dataset, folder=folder, evaluate=job.evaluate, **changes)


def losses(done: Exported) -> dict[str, float]:
    found = {row.model: row.loss for row in done.losses}
    assert all(loss is not None for loss in found.values())
    return found  # type: ignore[return-value]


def loaded(folder: Path) -> tuple[Any, Any]:
    """Model and tokenizer as anybody loads them."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def logits(model: Any, job: TrainJob) -> Any:
    tokenizer = models.load_tokenizer(models.find(job.train))
    return merging.logits_of(model, merging.sample_prompts(tokenizer, job.train))


def in_bfloat16(model: Path, folder: Path) -> Path:
    """The same model, stored in 16 bits as those of the hub are."""
    import torch
    from transformers import AutoModelForCausalLM

    shutil.copytree(model, folder)
    AutoModelForCausalLM.from_pretrained(model).to(torch.bfloat16).save_pretrained(folder)
    return folder


def test_adapters_trained_on_four_bits_are_merged_into_the_base_as_it_is_published(qlora: TrainJob, exported: Exported):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model, tokenizer = loaded(exported.folder)
    base = AutoModelForCausalLM.from_pretrained(qlora.train.model)
    adapted = PeftModel.from_pretrained(base, str(qlora.adapters)).eval()
    assert torch.allclose(logits(model, qlora), logits(adapted, qlora), atol=1e-4)
    found = losses(exported)
    assert found["merged model"] == pytest.approx(found["adapters on the base in 32 bits"], abs=1e-5)
    assert abs(found["base in four bits, as trained on"] - found["base in 32 bits"]) > 1e-3
    same, bases = exported.told
    assert "merged model differ by" in same and "100.0 % of" in same
    assert f"{found['base in four bits, as trained on']:.3f} there and {found['base in 32 bits']:.3f} here" in bases
    asked = [{"role": "user", "content": "Which iron is in the red flask?"}]
    ids = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=False)
    assert ids == encode_question("Which iron is in the red flask?", "", tokenizer, qlora.train)
    assert model.generation_config.eos_token_id == [0, 2] and not model.generation_config.do_sample


def test_card_and_manifest_say_what_it_came_from_and_how_it_is_served(qlora: TrainJob, exported: Exported):
    folder = exported.folder
    manifest = json.loads((folder / "manifest.json").read_text())
    trained = json.loads((qlora.adapters / "manifest.json").read_text())
    assert manifest["base"] == trained["base"] and manifest["dataset"] == trained["dataset"]
    weights = (qlora.adapters / "adapter_model.safetensors").read_bytes()
    assert manifest["adapters"]["adapter_model.safetensors"] == hashlib.sha256(weights).hexdigest()
    assert set(manifest["files"]) == {path.name for path in folder.iterdir()} - {"manifest.json"}
    assert all((path.stat().st_mode & 0o777) == 0o644 for path in folder.iterdir())
    card = (folder / "README.md").read_text()
    assert "vllm serve model --served-model-name model" in card and "not run here" in card
    assert "convert_hf_to_gguf.py model --outfile model.gguf --outtype f32" in card
    assert dict(exported.commands)["vLLM"].startswith(f"vllm serve {folder} ")
    assert "faster" not in card and hashlib.sha256(weights).hexdigest() in card


def test_a_quantised_model_loads_back_as_it_was_measured(lora: TrainJob, tmp_path: Path):
    done = export(order(lora, tmp_path / "8bit", quantise="8bit"), lambda now: None)
    model, _ = loaded(done.folder)
    assert type(model.model.layers[0].mlp.up_proj).__name__ == "Linear8bitLt"
    small, whole = done.losses[-1], done.losses[-2]
    assert small.mib is not None and whole.mib is not None and small.mib < whole.mib
    assert small.loss == pytest.approx(whole.loss, rel=0.05) and small.loss != whole.loss
    assert losses(done)["merged model"] == whole.loss
    assert "llama.cpp" not in dict(done.commands)


def test_a_pruned_model_has_the_zeros_that_it_says(lora: TrainJob, tmp_path: Path):
    done = export(order(lora, tmp_path / "pruned", prune="magnitude", share=0.4), lambda now: None)
    model, _ = loaded(done.folder)
    weight = model.model.layers[1].mlp.down_proj.weight
    assert float((weight == 0).float().mean()) == pytest.approx(0.4, abs=1e-3)
    assert json.loads((done.folder / "manifest.json").read_text())["zeros"] == pytest.approx(0.4, abs=1e-3)
    assert losses(done)["pruned (magnitude, 40 % zeros)"] != losses(done)["merged model"]
    assert "nothing was timed" in (done.folder / "README.md").read_text()


def test_pruned_and_quantised_it_says_what_each_costs(lora: TrainJob, tmp_path: Path):
    done = export(order(lora, tmp_path / "both", prune="2:4", quantise="4bit"), lambda now: None)
    assert [row.model for row in done.losses][-3:] == [
        "merged model",
        "pruned (2:4, 50 % zeros)",
        "pruned, in 4 bits",
    ]
    assert done.losses[-1].loss == pytest.approx(done.losses[-2].loss, rel=0.1)
    model, _ = loaded(done.folder)
    assert type(model.model.layers[0].mlp.up_proj).__name__ == "Linear4bit"
    assert [path.name for path in tmp_path.iterdir()] == ["both"]
    assert not any(path.is_dir() for path in done.folder.iterdir())


def test_a_model_that_was_trained_whole_is_exported_as_it_is(tiny_qwen: Path, tmp_path: Path):
    job = publish(tmp_path, tiny_qwen, "full")
    done = export(order(job, tmp_path / "model"), lambda now: None)
    assert (done.folder / "model.safetensors").read_bytes() == (job.adapters / "model.safetensors").read_bytes()
    assert list(losses(done)) == ["base", "trained model"]
    assert losses(done)["base"] != losses(done)["trained model"]


def test_a_model_that_was_trained_to_be_rounded_is_exported_rounded(tiny_qwen: Path, tmp_path: Path):
    import torch

    from training.strategies import qat

    job = publish(tmp_path, tiny_qwen, "qat")
    done = export(order(job, tmp_path / "model"), lambda now: None)
    model, _ = loaded(done.folder)
    rounded = STRATEGIES[job.train.strategy].load(models.find(job.train), job.train, job.adapters)
    qat.quantise(rounded)
    assert torch.allclose(logits(model, job), logits(rounded, job), atol=1e-4)
    assert list(losses(done)) == ["base", "trained model", "in 4 bits, as it was trained for"]
    assert "torchao" in (done.folder / "README.md").read_text()
    before = {path.name: path.read_bytes() for path in done.folder.iterdir()}
    export(order(job, tmp_path / "model"), lambda now: None)
    assert before == {path.name: path.read_bytes() for path in done.folder.iterdir()}
    with pytest.raises(QuireError, match="was trained to be rounded"):
        export(order(job, tmp_path / "other", quantise="8bit"), lambda now: None)


def test_virtual_tokens_cannot_be_merged(tiny_qwen: Path, tmp_path: Path):
    job = publish(tmp_path, tiny_qwen, "prompt")
    with pytest.raises(QuireError, match=r"nothing to merge them into\. Load them with PEFT.*train\.strategy"):
        export(order(job, tmp_path / "model"), lambda now: None)
    assert not (tmp_path / "model").exists()


def test_a_merged_model_that_is_another_one_is_not_exported(
    lora: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def wrong(model: Any, dtype: Any) -> Any:
        whole = model.merge_and_unload()
        whole.model.layers[0].mlp.up_proj.weight.data.mul_(1.5)
        return whole

    monkeypatch.setattr(merging, "merged", wrong)
    with pytest.raises(QuireError, match=r"another one than base and adapters.*--enable-lora"):
        export(order(lora, tmp_path / "model"), lambda now: None)
    assert not any(tmp_path.iterdir())


def test_changes_that_rounding_drowns_are_told(tiny_qwen: Path, tmp_path: Path):
    """In bfloat16, of whose numbers a weight and its sum with a small change are often the same."""
    job = publish(tmp_path / "small", in_bfloat16(tiny_qwen, tmp_path / "base"), "lora", spread=1e-4)
    with pytest.raises(QuireError, match="Rounding to bfloat16 may cost more"):
        export(order(job, tmp_path / "model"), lambda now: None)


def test_without_the_dataset_it_is_exported_and_not_measured(tiny_qwen: Path, tmp_path: Path):
    import torch

    job = publish(tmp_path / "job", in_bfloat16(tiny_qwen, tmp_path / "base"), "lora")
    wanted = order(job, tmp_path / "model").model_copy(update={"dataset": tmp_path / "none"})
    done = export(wanted, lambda now: None)
    assert loaded(done.folder)[0].dtype == torch.bfloat16
    assert "base in 16 bits" in [row.model for row in done.losses]
    assert "is missing" in done.measured_on and all(row.loss is None for row in done.losses)
    assert "No loss was measured. " in (done.folder / "README.md").read_text()


def test_weights_that_training_did_not_write_are_refused(lora: TrainJob, tmp_path: Path):
    adapters = tmp_path / "adapters"
    shutil.copytree(lora.adapters, adapters)
    with (adapters / "adapter_model.safetensors").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(QuireError, match=r"adapter_model\.safetensors is not what training wrote"):
        export(order(lora, tmp_path / "model").model_copy(update={"adapters": adapters}), lambda now: None)


def test_a_lack_of_memory_says_what_may_help(lora: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def lacking(*_: Any) -> Any:
        raise RuntimeError("CUDA error: out of memory")

    monkeypatch.setattr(module, "load", lacking)
    with pytest.raises(QuireError, match="CUDA_VISIBLE_DEVICES="):
        export(order(lora, tmp_path / "model"), lambda now: None)
    assert not any(tmp_path.iterdir())
