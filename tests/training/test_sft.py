"""Real QLoRA trainings on the processor: NF4 weights, PEFT, TRL."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extractors.errors import QuireError
from extractors.files import sha256_of
from tests.training.made_up import make_job
from training.adapters import came_from, read_manifest, read_metrics, verified, write_adapters
from training.answering import answer
from training.base import models
from training.dataset import dataset_hash, read_split
from training.evaluate import judge_adapters
from training.inference import Budget, likelihood
from training.jobs import Event, TrainJob
from training.prompts import encode
from training.sft import train
from training.strategies import STRATEGIES

Trained = tuple[TrainJob, list[Event]]


def test_the_loss_falls_and_the_best_checkpoint_is_what_is_published(trained: Trained):
    job, _ = trained
    metrics = read_metrics(job.adapters)
    evaluations = [entry["eval_loss"] for entry in metrics["history"] if "eval_loss" in entry]
    losses = [entry["loss"] for entry in metrics["history"] if "loss" in entry]
    assert losses[-1] < 0.6 * losses[0] and evaluations[-1] < 0.7 * evaluations[0]
    assert metrics["best_eval_loss"] == min(evaluations[1:])

    files = models.find(job.train)
    tokenizer = models.load_tokenizer(files)
    stops = models.stop_ids(files, tokenizer)
    held_out = encode(read_split(job.dataset, "validation"), tokenizer, stops, job.train)
    rows = likelihood(
        STRATEGIES[job.train.strategy].load(files, job.train, job.adapters), tokenizer, held_out, Budget(512)
    )
    again = sum(row.nll for row in rows) / sum(row.tokens for row in rows)
    assert again == pytest.approx(metrics["best_eval_loss"], abs=1e-5)


def test_its_events_tell_the_whole_story(trained: Trained):
    job, events = trained
    kinds = list(dict.fromkeys(event["event"] for event in events))
    assert kinds == ["preflight", "probe", "evaluation", "step", "done", "generating", "forgetting"]
    metrics = read_metrics(job.adapters)
    told = [event for event in events if event["event"] in ("step", "evaluation")]
    assert [(event["step"], event.get("loss", event.get("eval_loss"))) for event in told] == [
        (entry["step"], entry.get("loss", entry.get("eval_loss"))) for entry in metrics["history"]
    ]
    assert told[0]["step"] == 0 and "eval_loss" in told[0]
    assert events[0]["steps"] == told[-1]["steps"] == 40
    assert events[-1]["verdict"] == metrics["verdict"]
    for event in events:
        json.dumps(event)
    steps = [event for event in events if event["event"] == "step"]
    assert all(event["tokens_per_second"] > 0 and event["memory_gib"] > 0 for event in steps)
    assert steps[0]["seconds_left"] > steps[-1]["seconds_left"] == 0
    assert metrics["probe"]["training_s"] > 0 and metrics["memory_events"] == []
    (curves,) = (job.adapters / "runs").iterdir()
    assert b"step/loss" in curves.read_bytes() and b"evaluation/eval_loss" in curves.read_bytes()


def test_the_adapters_name_what_they_came_from(trained: Trained):
    job, _ = trained
    manifest = read_manifest(job.adapters)
    assert manifest["dataset"] == dataset_hash(job.dataset) and not manifest["dataset_edited"]
    assert manifest["base"]["revision"] == models.find(job.train).revision
    assert {document["source"]: document["side"] for document in manifest["documents"]} == {
        **dict.fromkeys(("ash.md", "bay.md", "cob.md", "dun.md"), "train"),
        "elm.md": "validation",
        "fig.md": "test",
    }
    assert manifest["seed"] == 3407 and manifest["settings"]["train"] == job.train.model_dump(mode="json")
    assert {"torch", "trl", "peft", "bitsandbytes"} < manifest["packages"].keys()
    for name, file in manifest["files"].items():
        assert sha256_of(job.adapters / name) == file["sha256"]
    published = {path.name for path in job.adapters.iterdir()}
    assert published == {*manifest["files"], "manifest.json", "metrics.json", "runs", "README.md"}
    assert not list(job.work.iterdir())


def test_the_weights_are_adapters_alone_in_full_precision(trained: Trained):
    from safetensors.torch import load_file

    job, _ = trained
    weights = load_file(job.adapters / "adapter_model.safetensors")
    assert all("lora_" in name for name in weights)
    assert {str(tensor.dtype) for tensor in weights.values()} == {"torch.float32"}
    assert any(tensor.abs().max() > 0 for name, tensor in weights.items() if "lora_B" in name)
    config = json.loads((job.adapters / "adapter_config.json").read_text())
    assert config["r"] == 4 and config["lora_alpha"] == 8
    assert config["target_modules"] == sorted(config["target_modules"])
    assert {name.split(".")[-1] for name in config["target_modules"]} == {
        *("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    }
    assert read_metrics(job.adapters)["trainable"]["parameters"] == sum(tensor.numel() for tensor in weights.values())


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("tiny_llama", {"prompt": "instruction", "with_context": True, "outlier_tokens": 200, "dropout": 0.05}),
        ("tiny_llama", {"prompt": "chat"}),
        (
            "tiny_qwen",
            {
                **{"prompt": "question", "targets": ("q_proj", "k_proj", "v_proj"), "optimizer": "adamw_8bit"},
                **{"max_steps": 12, "evaluate_each": "steps", "evaluate_steps": 4, "warmup": 5, "weight_decay": 0.01},
                **{"patience": 2, "gradient_checkpointing": True},
            },
        ),
        ("tiny_qwen", {"strategy": "lora", "optimizer": "paged_adamw_8bit", "scheduler": "cosine"}),
        ("tiny_qwen", {"scheduler": "constant", "evaluate_each": "steps", "evaluate_steps": 500, "patience": 1}),
    ],
    ids=["tinyllama", "zephyr", "qwen quick", "unquantised", "one late evaluation"],
)
def test_other_models_formats_and_settings_train(request: pytest.FixtureRequest, tmp_path: Path, model: str, settings):
    job = make_job(tmp_path, request.getfixturevalue(model), **settings)
    train(job, lambda _: None)
    judge_adapters(job, lambda _: None)
    metrics = read_metrics(job.adapters)
    judged = metrics["sets"]["test"]
    assert judged["adapters"]["loss"] < judged["base"]["loss"]
    assert metrics["steps"] == max(job.train.max_steps, 8 if job.train.max_steps < 0 else 0)
    assert [entry for entry in metrics["history"] if "eval_loss" in entry][-1]["step"] == metrics["steps"]
    kept = "The checkpoint with the lowest validation loss" in (job.adapters / "README.md").read_text()
    assert kept == (job.train.patience > 0) == (metrics["best_eval_loss"] is not None)


def test_the_same_job_gives_the_same_bytes(tmp_path: Path, tiny_qwen: Path):
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        job = make_job(tmp_path / name, tiny_qwen, max_steps=3, patience=1)
        train(job, lambda _: None)
        manifest = (job.adapters / "manifest.json").read_bytes()
        judge_adapters(job, lambda _: None)
        metrics = read_metrics(job.adapters)
        for measured in ("timings", "probe", "preflight", "peak_memory_gib"):
            del metrics[measured]
        assert (job.adapters / "manifest.json").read_bytes() == manifest
        found.append((manifest, (job.adapters / "README.md").read_bytes(), metrics))
    assert found[0] == found[1]


def test_adapters_that_are_there_already_are_not_trained_again(tmp_path: Path, tiny_qwen: Path):
    def kinds(job: TrainJob) -> list[str]:
        events: list[Event] = []
        train(job, events.append)
        return [event["event"] for event in events]

    job = make_job(tmp_path, tiny_qwen, max_steps=1)
    assert "step" in kinds(job)
    (job.work / "checkpoints" / "left").mkdir(parents=True)  # by a kill between the manifest and the end
    before = (job.adapters / "manifest.json").read_bytes()
    assert kinds(job) == ["done"] and not list(job.work.iterdir())
    (job.adapters / "adapter_model.safetensors").unlink()
    with pytest.raises(QuireError, match=r"are not whole: adapter_model\.safetensors is missing\. Run `quire train`"):
        judge_adapters(job, lambda _: None)
    assert "step" in kinds(job) and (job.adapters / "manifest.json").read_bytes() == before
    (job.adapters / "adapter_model.safetensors").write_bytes(b"")
    assert "step" in kinds(job) and read_manifest(job.adapters) == verified(job.adapters)
    assert "step" in kinds(job.model_copy(update={"version": "other"}))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("adapter_model.safetensors", "half", "is not what training wrote"),
        ("adapter_config.json", "{}", "is not what training wrote"),
        ("manifest.json", "[]", "is damaged"),
        ("manifest.json", '{"files"', "is damaged"),
        ("metrics.json", '{"history"', "is damaged"),
    ],
)
def test_damaged_adapters_are_told_and_not_taken_for_done(tmp_path: Path, name: str, text: str, said: str):
    job = make_job(tmp_path, "starter")
    (tmp_path / "weights").mkdir()
    for made in ("adapter_model.safetensors", "adapter_config.json"):
        (tmp_path / "weights" / made).write_text("whole")
    write_adapters(job.adapters, tmp_path / "weights", {"of": "this"}, {"history": []})
    assert came_from(job.adapters, {"of": "this"})
    (job.adapters / name).write_text(text)
    assert not came_from(job.adapters, {"of": "this"})
    with pytest.raises(QuireError, match=rf"{name} {said}\. .*`quire train`"):
        judge_adapters(job, lambda _: None)
    if name != "metrics.json":
        with pytest.raises(QuireError, match=said):
            answer("Which tin?", job.adapters)


def test_nothing_stays_of_the_adapters_that_were_there_before(tmp_path: Path, tiny_qwen: Path):
    weights, adapters = tmp_path / "weights", tmp_path / "adapters"
    for name in ("old", "new"):
        weights.mkdir()
        (weights / f"{name}.safetensors").write_text(name)
        write_adapters(adapters, weights, {"of": name}, {"history": [{"step": 1, "loss": 2.0}]})
        assert not weights.exists()
        assert {path.name for path in adapters.iterdir()} == {
            *(f"{name}.safetensors", "loss_curve.png", "manifest.json", "metrics.json")
        }
        (adapters / "README.md").write_text("the card of these")


def test_early_stopping_ends_a_training_that_gets_worse(tmp_path: Path, tiny_qwen: Path):
    job = make_job(tmp_path, tiny_qwen, learning_rate=0.5, scheduler="constant", epochs=12, patience=1)
    train(job, lambda _: None)
    metrics = read_metrics(job.adapters)
    assert metrics["steps"] < 48
    evaluations = [entry["eval_loss"] for entry in metrics["history"] if "eval_loss" in entry]
    assert evaluations[-1] > metrics["best_eval_loss"] == min(evaluations[1:])


def test_rows_without_validation_train_and_it_is_said(tmp_path: Path, tiny_qwen: Path):
    job = make_job(tmp_path, tiny_qwen, max_steps=2, patience=2)
    (job.dataset / "validate.json").write_text("")
    train(job, lambda _: None)
    metrics = read_metrics(job.adapters)
    assert any("no validation rows" in warning for warning in metrics["preflight"]["warnings"])
    assert read_manifest(job.adapters)["dataset_edited"]
    assert metrics["best_eval_loss"] is None


def test_a_loss_that_is_no_number_stops_it(tmp_path: Path, tiny_qwen: Path, monkeypatch: pytest.MonkeyPatch):
    import torch

    load = models.load_base

    def broken(files, settings):
        model = load(files, settings)
        with torch.no_grad():
            model.model.norm.weight.fill_(float("nan"))
        return model

    monkeypatch.setattr(models, "load_base", broken)
    job = make_job(tmp_path, tiny_qwen)
    with pytest.raises(QuireError, match=r"The loss became nan at step 0\. Lower train\.learning_rate"):
        train(job, lambda _: None)
    assert not job.adapters.exists()
