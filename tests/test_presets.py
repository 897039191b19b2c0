"""The presets of the hub's models, end to end against local folders laid out like those repositories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from augment.records import QAPair
from extractors.files import from_lines
from tests.augment.checkpoints import old_layout
from tests.flows.in_process import quire
from tests.test_end_to_end import ADAPTERS, DECODING, TOKENS
from tests.training.tiny_models import make_llama, make_qwen

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_server", "kept_workers")]


@pytest.mark.parametrize(
    ("preset", "make_base", "prompt"),
    [
        ("qwen2.5-3b", make_qwen, "<|im_start|>user"),
        ("qwen2.5-3b-quick", make_qwen, "### Question:"),
        ("tinyllama-1.1b", make_llama, "Input:"),
    ],
)
def test_a_hub_preset_runs_on_local_folders(
    preset: str, make_base: object, prompt: str, tmp_path: Path, server: str
) -> None:
    raw_docs, out = tmp_path / "raw_docs", tmp_path / "out"
    raw_docs.mkdir()
    for name, text in {"adapters.md": ADAPTERS, "decoding.md": DECODING, "tokens.md": TOKENS}.items():
        (raw_docs / name).write_text(text)
    questions = old_layout(tmp_path / "t5-base-qg-hl")
    assert (questions / "pytorch_model.bin").exists() and (questions / "spiece.model").exists()
    base = make_base(tmp_path / "base")  # type: ignore[operator]
    # What a random T5 writes does not pass the gates, so the rules are asked for beside it.
    chosen = {
        "ask.model": questions,
        "ask.generators": '["model", "rules"]',
        "train.model": base,
        "train.max_steps": 2,
        "evaluate.max_rows": 4,
        "evaluate.max_new_tokens": 8,
    }
    settings = [word for name, value in chosen.items() for word in ("--set", f"{name}={value}")]
    run = quire(server, "run", raw_docs, "--preset", preset, *settings, out=out)
    assert run.status == 0, run.stderr

    rows = from_lines(out / "dataset" / "train.json", QAPair)
    assert rows and all(row.question and row.answer for row in rows)
    ledger = (out / "ledger.jsonl").read_text()
    assert "[t5-base-qg-hl@" in ledger, "the question model was not asked"
    metrics = json.loads((out / "adapters" / "metrics.json").read_text())
    assert prompt in metrics["preflight"]["sample"]["read"]
    assert metrics["steps"] == 2
    assert metrics["verdict"]["sentence"]
    lineage = json.loads((out / "adapters" / "manifest.json").read_text())
    assert lineage["base"]["name"] == "base" and lineage["seed"] == 3407
