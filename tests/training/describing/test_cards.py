"""The model card, for every strategy and however far the training came; and the picture of the losses."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from training.adapters import read_manifest, read_metrics
from training.describing.cards import loss_curve, render
from training.jobs import Event, TrainJob

Trained = tuple[TrainJob, list[Event]]


def card(trained: Trained, strategy: str = "qlora", **changes: Any) -> str:
    job, _ = trained
    manifest, metrics = read_manifest(job.adapters), read_metrics(job.adapters)
    manifest["settings"]["train"]["strategy"] = strategy
    return render("model_card.md.j2", manifest=manifest, metrics={**metrics, **changes})


def test_the_card_has_losses_verdict_and_a_prompt_that_can_be_pasted(trained: Trained) -> None:
    job, _ = trained
    metrics, text = read_metrics(job.adapters), card(trained)
    assert metrics["verdict"]["sentence"] in text and metrics["forgetting"]["sentence"] in text
    assert f"| 4 | {sum(e['loss'] for e in metrics['history'][1:5]) / 4:.6f} |" in text
    assert "trainable params: 8,192 || all params: 109,376 || trainable%: 7.4898" in text
    assert repr(metrics["preflight"]["sample"]["read"]) in text
    assert "Loaded anew in another process" in text


@pytest.mark.parametrize(
    ("strategy", "library", "title", "loads"),
    [
        ("lora", "peft", "# Adapters for", "PeftModel.from_pretrained(base"),
        ("prompt", "peft", "# A soft prompt for", "PeftModel.from_pretrained(base"),
        ("full", "transformers", "fine-tuned\n", 'AutoModelForCausalLM.from_pretrained("out/adapters")'),
        ("qat", "transformers", "fine-tuned for four bits\n", 'AutoModelForCausalLM.from_pretrained("out/adapters")'),
    ],
)
def test_a_card_of_every_strategy(trained: Trained, strategy: str, library: str, title: str, loads: str) -> None:
    text = card(trained, strategy)
    assert yaml.safe_load(text.split("---\n")[1])["library_name"] == library
    assert title in text and loads in text
    assert ("quire export" in text) == (strategy != "prompt") and ("vllm serve" in text) == (strategy == "lora")
    (block,) = [part for part in text.split("```") if part.startswith("python\n")]
    compile(block.removeprefix("python\n"), "card", "exec")


def test_the_card_holds_nothing_that_another_run_would_measure_otherwise(trained: Trained) -> None:
    measured = {"peak_memory_gib": 1e3, "probe": {}, "timings": {"trained_s": 1e6}, "memory_events": [{"step": 7}]}
    assert card(trained, **measured) == card(trained)


def test_lacks_of_memory_are_told_and_words_from_outside_are_no_markup(trained: Trained) -> None:
    job, _ = trained
    lack = {"place": "training", "step": 7, "error": "CUDA | out of *memory*", "action": "64 tokens at once"}
    told = render("memory.md.j2", metrics={**read_metrics(job.adapters), "memory_events": [lack]})
    assert "Memory ran out 1 time, and no step was lost" in told
    assert r"| training | 7 | 64 tokens at once | CUDA \| out of \*memory\* |" in told
    assert "Memory never ran out." in render("memory.md.j2", metrics=read_metrics(job.adapters))
    assert '"a # b" with "\\`c\\`".' in card(trained, reloaded=[{"question": "a\n# b", "answer": "`c`"}])


def test_the_picture_is_the_same_each_time_and_shows_many_points_as_few() -> None:
    history = [{"step": step, "loss": 5 / step} for step in range(1, 60)] + [{"step": 60, "eval_loss": 0.5}]
    assert loss_curve(history) == loss_curve(history) != loss_curve(history[:10])
    assert all(loss_curve(part).startswith(b"\x89PNG") for part in (history[:1], history[-1:], []))
