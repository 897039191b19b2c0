"""Data of a small grammar, and a language model that was made of it."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.training.starter.made_up import ABSTRACTS, SMALL, row, sentence
from training.starter import corpus
from training.starter import pretrain as starter
from training.starter.corpus import ASKED, SUMMARIES


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Abstracts and answer-aware rows made of a small grammar, and summaries of two splits."""
    folder, rng = tmp_path_factory.mktemp("data"), random.Random(7)
    (folder / "text").mkdir()
    (folder / "qa").mkdir()
    with (folder / ABSTRACTS.path).open("w") as file:
        for number in range(400):
            text = " ".join(sentence(rng) for _ in range(6))
            file.write(json.dumps({"title": f"Study {number}", "abstract": text}) + "\n")
        file.write(json.dumps({"title": f"Study {number}", "abstract": text}) + "\n")
    with gzip.open(folder / ASKED.path, "wt") as file:
        for number in range(200):
            file.write(json.dumps(row(rng, number)) + "\n")
    said = [{"title": f"Paper {n}.", "source": [sentence(rng)], "target": [sentence(rng)]} for n in range(4)]
    first, last, after, later = map(json.dumps, said)
    with gzip.open(folder / SUMMARIES.path, "wt") as file:
        file.write(f"{first}\n{last}{after}\n{later}\n")
    return folder


@pytest.fixture(scope="session")
def made(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small language model, trained on them."""
    out = tmp_path_factory.mktemp("model") / "lm"
    starter.pretrain(data, out, SMALL, text=[ABSTRACTS])
    return out


@pytest.fixture(scope="session")
def tokenizer(data: Path) -> Any:
    """What it would get as its tokenizer."""
    return corpus.read_corpus(data, [ABSTRACTS], None, SMALL).tokenizer


@pytest.fixture(scope="session")
def published(made: Path) -> Any:
    """Its tokenizer, as anyone loads it."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(made)
