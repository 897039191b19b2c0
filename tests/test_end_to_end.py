"""The whole job through the command line, as a user runs it, on small documents with the starter models."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pymupdf
import pytest
from datasets import load_dataset

from augment.records import QAPair
from extractors.files import from_lines
from extractors.ledger import LedgerEntry
from flows.store import current_documents
from tests.flows import in_process
from tests.flows.real_run import RULES_ONLY

if TYPE_CHECKING:
    from tests.watched import Watched

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_server")]

ADAPTERS = """# Adapters

## What they are

Low-rank adaptation (LoRA) is a method that trains two small matrices beside each frozen weight matrix. The rank of an
adapter is the inner dimension of its two matrices. A frozen weight is a parameter that receives no gradient update.

## What they are for

LoRA is used to fine-tune large language models on a single graphics card. The optimizer state of an adapter consists of
two moving averages for each trainable parameter. Gradient checkpointing is a technique that recomputes activations
during the backward pass. Mixed precision is the practice of computing in sixteen bits and keeping a master copy in
thirty-two bits. A learning rate schedule is a rule that changes the step size during training.
"""
DECODING = """# Decoding

Greedy decoding is a strategy that takes the most probable token at every step. Beam search is a procedure that keeps
several partial sentences at once. The temperature is a number that divides the logits before the softmax. Nucleus
sampling was introduced by Ari Holtzman and colleagues in 2019. Perplexity is the exponential of the average negative
log-likelihood of a token. A stop token is a symbol that ends the generation of a sequence.
"""
TOKENS = """# Tokens

Byte-pair encoding (BPE) is an algorithm that merges the most frequent pair of symbols again and again. A vocabulary is
the set of tokens that a model knows. Subword tokenisation is used to represent rare words as sequences of known pieces.
SentencePiece is a library that trains a tokeniser on raw text. The embedding matrix consists of one vector for each
token of the vocabulary.
"""
WARM_UP = """Warm-up is a phase of training in which the learning rate rises from zero. A checkpoint is a file that
holds the weights and the state of the optimiser. Weight decay is a penalty that pulls all weights towards zero."""
QUICK = ("--set", "train.max_steps=2", "--set", "evaluate.max_rows=4", "--set", "evaluate.max_new_tokens=8")


def documents(folder: Path) -> Path:
    """Three sound documents in Markdown, one in PDF, and four that cannot be read."""
    folder.mkdir()
    for name, text in {"adapters": ADAPTERS, "decoding": DECODING, "tokens": TOKENS, "empty": ""}.items():
        (folder / f"{name}.md").write_text(text)
    with pymupdf.open() as paper, pymupdf.open() as locked:
        paper.new_page().insert_textbox((60, 60, 540, 400), WARM_UP, fontname="tiro", fontsize=14)
        paper.save(folder / "warm-up.pdf")
        locked.new_page().insert_text((72, 72), "secret")
        locked.save(folder / "locked.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="u", owner_pw="o")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing follows")
    (folder / "page.pdf").write_text("<html><body>Please log in.</body></html>")
    return folder


@pytest.fixture
def raw_docs(tmp_path: Path) -> Path:
    folder = tmp_path / "raw_docs"
    folder.mkdir()
    (folder / "adapters.md").write_text(ADAPTERS)
    (folder / "decoding.md").write_text(DECODING)
    (folder / "tokens.md").write_text(TOKENS)
    return folder


def quire(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=500,
        env={**os.environ, **environment},
    )


def done(run: subprocess.CompletedProcess[str]) -> None:
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Traceback" not in run.stderr


def contents(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def work_files(out: Path, *steps: str) -> dict[Path, int]:
    """The files of some steps, by which a file that was written again can be told: its time says when it was used."""
    return {file: file.stat().st_ino for step in steps for file in (out / ".quire" / step).iterdir()}


def rows(out: Path, names: Sequence[str] = ("train", "validate", "test", "test_seen")) -> list[QAPair]:
    return [pair for name in names for pair in from_lines(out / "dataset" / f"{name}.json", QAPair)]


def test_documents_become_a_dataset_and_adapters(whole_job: Watched, tmp_path: Path) -> None:
    out = whole_job.out
    made = rows(out)
    assert len(made) >= 10
    documents = current_documents(out / ".quire")
    for pair in made:
        assert pair.answer_span == documents[pair.doc_id].text[pair.char_start : pair.char_end]
        assert pair.page == documents[pair.doc_id].page_at(pair.char_start)
        assert pair.question.strip() and pair.answer.strip()

    loaded = load_dataset(str(out / "dataset"), cache_dir=str(tmp_path / "cache"))
    assert sum(len(split) for split in loaded.values()) == len(made)
    plain = load_dataset(
        "json",
        data_files={
            name: str(out / "dataset" / f"{file}.json")
            for name, file in {"train": "train", "validation": "validate"}.items()
        },
        cache_dir=str(tmp_path / "cache"),
    )
    assert {"question", "answer"} <= set(plain["train"].column_names)

    entries = from_lines(out / "ledger.jsonl", LedgerEntry)
    lost = {entry.source: entry.reason for entry in entries if entry.unit == "document"}
    assert set(lost) == {"broken.pdf", "locked.pdf", "empty.md", "page.pdf"}
    manifest = json.loads((out / "dataset" / "manifest.json").read_text())
    for row in manifest["funnel"]:
        assert row["made"] == row["kept"] + row["dropped"]
    assert manifest["funnel"][0] | {"reasons": None} == {
        "unit": "document",
        "made": 8,
        "kept": 4,
        "dropped": 4,
        "reasons": None,
    }

    for name in ("adapter_model.safetensors", "adapter_config.json", "README.md", "metrics.json", "manifest.json"):
        assert (out / "adapters" / name).stat().st_size > 0
    metrics = json.loads((out / "adapters" / "metrics.json").read_text())
    assert metrics["verdict"]["sentence"]
    lineage = json.loads((out / "adapters" / "manifest.json").read_text())
    assert manifest["dataset"] in json.dumps(lineage)
    assert (out / "report.html").stat().st_size > 10_000

    answer = (whole_job.folder / "answer").read_text()
    assert "base model:" in answer and "adapters:" in answer


def test_a_job_that_is_done_is_not_done_again(whole_job: Watched, tmp_path: Path) -> None:
    raw_docs = shutil.copytree(whole_job.folder / "raw_docs", tmp_path / "raw_docs")
    out = shutil.copytree(whole_job.out, tmp_path / "out")
    before = contents(out / "dataset") | contents(out / "adapters")
    work = work_files(out, "read", "ask", "deduplicate", "split", "augment")
    done(quire("run", raw_docs, "--out", out, *QUICK))
    assert contents(out / "dataset") | contents(out / "adapters") == before
    assert work_files(out, "read", "ask", "deduplicate", "split", "augment") == work


def test_a_rebuild_does_only_what_changed_and_equals_a_clean_build(raw_docs: Path, tmp_path: Path) -> None:
    out, rules = tmp_path / "out", RULES_ONLY[:2]
    done(quire("build", raw_docs, "--out", out, *rules))
    first = work_files(out, "read", "ask")
    (raw_docs / "adapters.md").write_text(ADAPTERS + "\nA scheduler is a component that sets the learning rate.\n")
    (raw_docs / "decoding.md").unlink()
    (raw_docs / "more.md").write_text(
        "# More\n\nA data loader is a component that feeds batches to the training loop.\n"
    )
    done(quire("build", raw_docs, "--out", out, *rules))
    second = work_files(out, "read", "ask")
    assert {file: second[file] for file in first} == first
    assert len(second) == len(first) + 4
    assert {pair.source for pair in rows(out)} == {"adapters.md", "tokens.md", "more.md"}

    # A setting that changes no pair is told by the manifest all the same.
    clean, setting = tmp_path / "clean", ("--set", "read.timeout_s=500")
    done(quire("build", raw_docs, "--out", out, *rules, *setting))
    done(quire("build", raw_docs, "--out", clean, *RULES_ONLY, *setting))
    assert contents(clean / "dataset") == contents(out / "dataset")
    assert (clean / "ledger.jsonl").read_bytes() == (out / "ledger.jsonl").read_bytes()


def test_exit_statuses_say_what_happened(raw_docs: Path, tmp_path: Path, server: str) -> None:
    out = tmp_path / "out"
    empty = tmp_path / "empty"
    empty.mkdir()
    wrong_option = quire("build", "--no-such-option")
    assert (wrong_option.returncode, "--no-such-option" in wrong_option.stderr) == (2, True)
    wrong_setting = in_process.quire(server, "build", raw_docs, "--set", "train.epoch=1", out=out)
    assert (wrong_setting.status, "train.epoch" in wrong_setting.stderr) == (2, True)
    assert in_process.quire(server, "build", tmp_path / "missing", out=out).status == 2
    nothing = in_process.quire(server, "build", empty, out=out)
    assert (nothing.status, "no document to read" in nothing.stderr) == (3, True)
    (empty / "blank.md").write_text("# \n")
    nothing = quire("build", empty, "--out", out)
    assert (nothing.returncode, "could be read" in nothing.stderr) == (3, True)
    assert len(from_lines(out / "ledger.jsonl", LedgerEntry)) == 1
    (tmp_path / "file").write_text("in the way")
    unwritable = in_process.quire(server, "build", raw_docs, out=tmp_path / "file")
    assert (unwritable.status, "--out" in unwritable.stderr) == (1, True)
    untrained = in_process.quire(server, "train", out=tmp_path / "new")
    assert (untrained.status, "quire build" in untrained.stderr) == (1, True)
    for run in (wrong_setting, nothing, unwritable, untrained):
        assert "Traceback" not in run.stderr


@pytest.mark.usefixtures("kept_workers")
def test_a_model_that_cannot_be_had_costs_only_what_needs_it(raw_docs: Path, tmp_path: Path, server: str) -> None:
    out = tmp_path / "out"
    without = in_process.quire(server, "build", raw_docs, "--set", "ask.model=nobody/no-such-model", out=out)
    assert without.status == 0, without.stderr
    assert "nobody/no-such-model" in without.stderr
    entries = from_lines(out / "ledger.jsonl", LedgerEntry)
    assert [entry.reason for entry in entries if entry.unit == "run"] == ["no question model"]
    no_base = (*RULES_ONLY, "--set", "train.model=nobody/no-such-model")
    base = in_process.quire(server, "run", raw_docs, *no_base, out=out)
    assert (base.status, "nobody/no-such-model" in base.stderr) == (1, True)
    assert base.stderr.index("built all the same") < base.stderr.index("Reading"), "said at once, not after the build"
    entries = from_lines(out / "ledger.jsonl", LedgerEntry)
    assert [entry.reason for entry in entries if entry.unit == "run"] == ["no base model"]
    assert rows(out)
    only_model = ("--set", "ask.model=nobody/x", "--set", 'ask.generators=["model"]')
    nothing = in_process.quire(server, "build", raw_docs, *only_model, out=out)
    assert (nothing.status, "nobody/x" in nothing.stderr) == (1, True)
    (out / "dataset" / "test.json").unlink()
    made_again = in_process.quire(server, "build", raw_docs, *RULES_ONLY, out=out)
    assert made_again.status == 0 and (out / "dataset" / "test.json").exists(), "a file that is gone is made again"


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_without_tesseract_scanned_pages_are_in_the_ledger(tmp_path: Path) -> None:
    raw_docs, out = tmp_path / "raw_docs", tmp_path / "out"
    raw_docs.mkdir()
    (raw_docs / "tokens.md").write_text(TOKENS)
    with pymupdf.open() as text, pymupdf.open() as scan:
        text.new_page().insert_text((72, 72), "A scanned page is a picture of a page.", fontsize=14)
        picture = text[0].get_pixmap(dpi=150)
        scan.new_page().insert_image((0, 0, 595, 842), pixmap=picture)
        scan.save(raw_docs / "scan.pdf")
    elsewhere = os.pathsep.join(
        folder for folder in os.environ["PATH"].split(os.pathsep) if not (Path(folder) / "tesseract").exists()
    )
    done(quire("build", raw_docs, "--out", out, *RULES_ONLY, PATH=elsewhere))
    entries = from_lines(out / "ledger.jsonl", LedgerEntry)
    assert any("tesseract" in entry.detail for entry in entries)
    done(quire("build", raw_docs, "--out", out, *RULES_ONLY))
    assert not any("tesseract" in entry.detail for entry in from_lines(out / "ledger.jsonl", LedgerEntry))
