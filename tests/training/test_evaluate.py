"""Loss and answers of base and adapters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from extractors.errors import QuireError
from tests.training.made_up import make_dataset, make_job, make_lineage, make_pair
from training import models
from training.answering import answer
from training.dataset import read_split, write_dataset
from training.evaluate import evaluate, generate, judge_again, likelihood
from training.jobs import Event, TrainJob
from training.prompts import encode

Trained = tuple[TrainJob, list[Event]]


@pytest.fixture(scope="module")
def reloaded(trained: Trained) -> tuple[Any, Any, frozenset[int], TrainJob]:
    job, _ = trained
    files = models.find(job.train)
    tokenizer = models.load_tokenizer(files)
    return (
        models.load_adapted(files, job.train, job.adapters),
        tokenizer,
        models.stop_ids(files, tokenizer),
        job,
    )


def test_the_likelihood_in_batches_is_that_of_each_row_alone(reloaded):
    import torch

    model, tokenizer, stops, job = reloaded
    pairs = [make_pair("ash", n, answer="It is " + "very " * n + "red.") for n in range(7)]
    examples = encode(pairs, tokenizer, stops, job.train)
    for example, found in zip(examples, likelihood(model, tokenizer, examples, 3), strict=True):
        with torch.no_grad():
            ids = torch.tensor([example.input_ids])
            alone = model(input_ids=ids, labels=torch.tensor([example.labels])).loss.item()
        assert found.tokens == len(example.completion)
        assert found.nll / found.tokens == pytest.approx(alone, abs=1e-4)
        assert 0 <= found.correct <= found.tokens


def test_answers_in_batches_are_those_of_each_question_alone(reloaded):
    model, tokenizer, stops, job = reloaded
    pairs = [make_pair("ash", n, question="Which " + "white " * (2 * n) + "flask?") for n in range(5)]
    prompts = [example.prompt for example in encode(pairs, tokenizer, stops, job.train)]
    together = generate(model, tokenizer, stops, prompts, 8)
    assert together == [generate(model, tokenizer, stops, [prompt], 8)[0] for prompt in prompts]
    assert any(together)


def test_switched_off_the_adapters_change_nothing(reloaded):
    model, tokenizer, stops, job = reloaded
    examples = encode(read_split(job.dataset, "test"), tokenizer, stops, job.train)
    base = models.load_base(models.find(job.train), job.train).eval()
    with model.disable_adapter():
        off = likelihood(model, tokenizer, examples, 4)
    assert off == likelihood(base, tokenizer, examples, 4)
    assert off != likelihood(model, tokenizer, examples, 4)


def test_both_sets_are_told_with_all_their_numbers(trained: Trained):
    job, _ = trained
    metrics = json.loads((job.adapters / "metrics.json").read_text())
    assert list(metrics["sets"]) == ["test", "test_seen"]
    for found in metrics["sets"].values():
        for who in ("base", "adapters"):
            assert set(found[who]) == {"loss", "perplexity", "token_accuracy", "exact_match", "f1", "contained"}
        assert found["won"] + found["tied"] + found["lost"] == found["questions"] == 4
        assert found["loss"]["value"] == pytest.approx(found["adapters"]["loss"] - found["base"]["loss"])
        assert found["f1"]["value"] == pytest.approx(found["adapters"]["f1"] - found["base"]["f1"])
        assert found["samples"][0].keys() == {"question", "answer", "base", "adapters"}
    assert metrics["sets"]["test"]["documents"] == 1
    assert metrics["verdict"]["outcome"] == "cannot tell"
    assert metrics["verdict"]["sentence"] in (job.adapters / "README.md").read_text()


def test_rows_too_long_to_judge_and_empty_sets_are_left_out(reloaded, tmp_path: Path):
    model, tokenizer, stops, job = reloaded
    pairs = {"train": [make_pair("ash", 1)], "test": [make_pair("fig", 1), make_pair("fig", 2, answer="red " * 400)]}
    write_dataset(tmp_path / "dataset", pairs, make_lineage([pair for found in pairs.values() for pair in found]))
    other = job.model_copy(update={"dataset": tmp_path / "dataset"})
    judged = evaluate(model, tokenizer, stops, other, job.train, lambda _: None)
    assert list(judged["sets"]) == ["test"]
    assert judged["sets"]["test"]["rows"] == {"read": 2, "used": 1, "too_long": 1, "outliers": 0, "unlabelled": 0}
    write_dataset(tmp_path / "dataset", {"train": pairs["train"]}, make_lineage(pairs["train"]))
    judged = evaluate(model, tokenizer, stops, other, job.train, lambda _: None)
    assert judged["sets"] == {} and "nothing was held out" in judged["verdict"]["sentence"]


def test_judging_again_gives_the_same_verdict(trained: Trained):
    job, _ = trained
    before = {path.name: path.read_bytes() for path in job.adapters.iterdir()}
    events: list[Event] = []
    judge_again(job, events.append)
    assert {path.name: path.read_bytes() for path in job.adapters.iterdir()} == before
    assert events[-1]["event"] == "done"


def test_another_dataset_is_refused(trained: Trained, tmp_path: Path):
    job, _ = trained
    make_dataset(tmp_path / "other")
    text = (tmp_path / "other" / "test.json").read_text()
    (tmp_path / "other" / "test.json").write_text(text.replace("flask", "jar"))
    with pytest.raises(QuireError, match="were trained on dataset"):
        judge_again(job.model_copy(update={"dataset": tmp_path / "other"}), lambda _: None)


def test_a_question_is_answered_by_base_and_adapters(trained: Trained, tmp_path: Path):
    job, _ = trained
    question = read_split(job.dataset, "train")[0].question
    before, after = answer(question, job.adapters, max_new_tokens=12)
    assert after.startswith("The sample") and before != after
    assert (before, after) != answer(question, job.adapters, context="It is red.", max_new_tokens=12)
    with pytest.raises(QuireError, match="There are no adapters"):
        answer(question, tmp_path)


def test_adapters_of_another_folder_do_not_load_on_another_base(trained: Trained, tiny_llama: Path, tmp_path: Path):
    job, _ = trained
    for path in job.adapters.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["settings"]["train"]["model"] = str(tiny_llama)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(QuireError, match="these adapters were trained on"):
        answer("Which?", tmp_path)


def test_a_job_survives_its_file(tmp_path: Path, tiny_qwen: Path):
    job = make_job(tmp_path, tiny_qwen, targets=("q_proj",))
    assert TrainJob.model_validate_json(job.model_dump_json()) == job
