from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.run_name import run_name
from flows.settings import Settings, load


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    for name in ("a.pdf", "b.md", "part/c.PDF", "notes.docx", ".hidden.md", ".git/d.md"):
        path = Path("papers", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return load(raw_docs=Path("papers"), out=Path("out"))


def test_a_first_build_says_how_many_documents_there_are(settings: Settings) -> None:
    assert run_name("build", settings) == "build papers (3 files) with starter"


def test_a_later_one_names_what_came_since(settings: Settings) -> None:
    settings.work.mkdir(parents=True)
    (settings.work / "seconds.json").touch()
    os.utime(settings.work / "seconds.json", (4e9, 4e9))
    assert run_name("run", settings) == "run papers (3 files) with starter"
    os.utime(settings.work / "seconds.json", (1e9, 1e9))
    assert run_name("run", settings) == "run papers (3 files, new: a.pdf, b.md and 1 more) with starter"


def test_a_name_that_is_no_text_does_no_harm(settings: Settings) -> None:
    Path(os.fsdecode(b"papers/\xff.md")).write_text("x")
    (settings.work).mkdir(parents=True)
    (settings.work / "seconds.json").touch()
    os.utime(settings.work / "seconds.json", (1e9, 1e9))
    assert run_name("run", settings).encode()


def test_no_folder_is_a_name_too(settings: Settings) -> None:
    assert run_name("run", settings.model_copy(update={"raw_docs": Path("none")})) == "run none (0 files) with starter"


def test_training_names_the_dataset(settings: Settings) -> None:
    assert run_name("train", settings) == "train out/dataset with starter"
