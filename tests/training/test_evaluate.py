"""Loss and answers of base and adapters."""

from __future__ import annotations

import json
import shutil
from itertools import cycle
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from jinja2 import UndefinedError

from extractors.errors import QuireError
from tests.training.faults import FORMS
from tests.training.made_up import make_dataset, make_job, make_lineage, make_pair
from training.adapters import write_judged
from training.base import models
from training.dataset import read_split, write_dataset
from training.evaluate import evaluate, judge_adapters
from training.inference import Budget, likelihood
from training.jobs import Event, TrainJob
from training.judging.scores import f1
from training.prompts import encode

Trained = tuple[TrainJob, list[Event]]

MEASURES = {"loss", "perplexity", "token_accuracy", "exact_match", "f1", "rouge_l", "contained"}


def test_switched_off_the_adapters_change_nothing(reloaded):
    model, tokenizer, stops, job = reloaded
    examples = encode(read_split(job.dataset, "test"), tokenizer, stops, job.train)
    base = models.load_base(models.find(job.train), job.train).eval()
    with model.disable_adapter():
        off = likelihood(model, tokenizer, examples, Budget(512))
    assert off == likelihood(base, tokenizer, examples, Budget(512))
    assert off != likelihood(model, tokenizer, examples, Budget(512))


def test_both_sets_are_told_with_all_their_numbers(trained: Trained):
    job, _ = trained
    metrics = json.loads((job.adapters / "metrics.json").read_text())
    assert list(metrics["sets"]) == ["test", "test_seen"]
    for found in metrics["sets"].values():
        for who in ("base", "adapters"):
            assert set(found[who]) == MEASURES
        assert found["won"] + found["tied"] + found["lost"] == found["questions"] == 4
        assert found["loss"]["value"] == pytest.approx(found["adapters"]["loss"] - found["base"]["loss"])
        assert found["f1"]["value"] == pytest.approx(found["adapters"]["f1"] - found["base"]["f1"])
        assert found["samples"][0].keys() == {"question", "answer", "base", "adapters"}
        assert set(found["few_shot"]) == MEASURES | {"shots"} and found["few_shot"]["shots"] == 3
        assert found["few_shot"]["loss"] != found["base"]["loss"]
        assert set(found["floor"]) == {"exact_match", "f1", "rouge_l", "contained"}
        for rival in ("few_shot", "floor"):
            assert found["over"][rival]["value"] == pytest.approx(found["adapters"]["f1"] - found[rival]["f1"])
    card = (job.adapters / "README.md").read_text()
    assert "| test | base with 3 examples |" in card and "| test_seen | the question, given back |" in card
    assert metrics["forgetting"]["sentence"] in card
    assert metrics["sets"]["test"]["documents"] == 1
    assert metrics["verdict"]["outcome"] == "cannot tell"
    assert metrics["verdict"]["sentence"] in (job.adapters / "README.md").read_text()


def test_the_floor_is_the_question_given_back(trained: Trained):
    job, _ = trained
    sets = json.loads((job.adapters / "metrics.json").read_text())["sets"]
    pairs = read_split(job.dataset, "test_seen")
    assert sets["test_seen"]["floor"]["f1"] == pytest.approx(fmean(f1(pair.question, pair.answer) for pair in pairs))


def test_memory_that_runs_out_while_judging_costs_nothing_but_a_word(reloaded, monkeypatch: pytest.MonkeyPatch):
    model, tokenizer, stops, job = reloaded
    calm = evaluate(model, tokenizer, stops, job, job.train, lambda _: None)
    forward, forms, rows = model.base_model.model.forward, cycle(FORMS), []

    def tight(*arguments: Any, **named: Any) -> Any:
        rows.append(len(named["input_ids"]))
        if rows[-1] > 2:
            raise next(forms)
        return forward(*arguments, **named)

    monkeypatch.setattr(model.base_model.model, "forward", tight)
    events: list[Event] = []
    pressed = evaluate(model, tokenizer, stops, job, job.train, events.append)
    assert max(rows) == 4  # a set, and what is general at once
    lacks = [event for event in events if event["event"] == "memory"]
    assert lacks and all(lack["place"] == "judging" for lack in lacks)
    assert pressed["memory_events"] == [{name: lack[name] for name in ("place", "error", "action")} for lack in lacks]
    for name, found in calm["sets"].items():
        assert pressed["sets"][name]["samples"] == found["samples"]
        assert pressed["sets"][name]["loss"]["value"] == pytest.approx(found["loss"]["value"], abs=1e-5)
        assert pressed["sets"][name]["f1"] == found["f1"]
    assert pressed["forgetting"]["share"] == pytest.approx(calm["forgetting"]["share"], abs=1e-5)


def test_rows_too_long_to_judge_and_empty_sets_are_left_out(reloaded, tmp_path: Path):
    model, tokenizer, stops, job = reloaded
    pairs = {"train": [make_pair("ash", 1)], "test": [make_pair("fig", 1), make_pair("fig", 2, answer="red " * 400)]}
    write_dataset(tmp_path / "dataset", pairs, make_lineage([pair for found in pairs.values() for pair in found]))
    other = job.model_copy(update={"dataset": tmp_path / "dataset"})
    judged = evaluate(model, tokenizer, stops, other, job.train, lambda _: None)
    assert list(judged["sets"]) == ["test"]
    counts = {"read": 2, "used": 1, "too_long": 1, "outliers": 0, "unlabelled": 0, "open_book": 0}
    assert judged["sets"]["test"]["rows"] == counts
    write_dataset(tmp_path / "dataset", {"train": pairs["train"]}, make_lineage(pairs["train"]))
    judged = evaluate(model, tokenizer, stops, other, job.train, lambda _: None)
    assert judged["sets"] == {} and "nothing was held out" in judged["verdict"]["sentence"]


def test_judging_again_gives_the_same_verdict(trained: Trained):
    job, _ = trained

    def found() -> tuple[dict[Path, bytes], dict[str, Any]]:
        files = {path: path.read_bytes() for path in job.adapters.rglob("*") if path.is_file()}
        return files, {**json.loads(files.pop(job.adapters / "metrics.json")), "timings": None}

    before, events = found(), []
    judge_adapters(job, events.append)
    assert found() == before
    assert events[-1]["event"] == "done" and events[-1]["verdict"] == before[1]["verdict"]


def test_a_card_that_cannot_be_written_costs_no_adapters(trained: Trained, tmp_path: Path):
    job, _ = trained
    shutil.copytree(job.adapters, tmp_path, dirs_exist_ok=True)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(UndefinedError):
        write_judged(tmp_path, {})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_another_dataset_is_refused(trained: Trained, tmp_path: Path):
    job, _ = trained
    make_dataset(tmp_path / "other")
    text = (tmp_path / "other" / "test.json").read_text()
    (tmp_path / "other" / "test.json").write_text(text.replace("flask", "jar"))
    with pytest.raises(QuireError, match="were trained on dataset"):
        judge_adapters(job.model_copy(update={"dataset": tmp_path / "other"}), lambda _: None)


def test_a_job_survives_its_file(tmp_path: Path, tiny_qwen: Path):
    job = make_job(tmp_path, tiny_qwen, targets=("q_proj",))
    assert TrainJob.model_validate_json(job.model_dump_json()) == job
