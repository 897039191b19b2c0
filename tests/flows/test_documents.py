from __future__ import annotations

import os
from pathlib import Path

import pytest

from extractors.errors import NothingInHand
from extractors.files import sha256_of
from flows.documents import find_documents
from flows.settings import ConfigurationError


def test_every_file_is_found_or_told(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "b.md").write_text("beta")
    (tmp_path / "deep" / "a.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "copy.md").write_text("beta")
    (tmp_path / "slides.pptx").write_bytes(b"PK")
    (tmp_path / ".hidden.md").write_text("not looked at")
    found, passed_over = find_documents(tmp_path)
    assert [document.source for document in found] == ["b.md", "deep/a.pdf"]
    assert {(entry.source, entry.reason) for entry in passed_over} == {
        ("copy.md", "same bytes as another"),
        ("slides.pptx", "no reader for this type"),
    }


def test_files_are_told_by_their_content(tmp_path: Path) -> None:
    (tmp_path / "download").write_bytes(b"%PDF-1.7 without a suffix")
    (tmp_path / "page.pdf").write_text("<html>Please log in.</html>")
    (tmp_path / "empty.md").write_bytes(b"")
    found, passed_over = find_documents(tmp_path)
    assert [document.source for document in found] == ["download", "empty.md", "page.pdf"]
    assert not passed_over, "what is wrong with them is said where they are read"


def test_a_folder_may_hold_anything(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("alpha")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "loop").symlink_to(tmp_path)
    (tmp_path / "broken.pdf").symlink_to(tmp_path / "gone.pdf")
    (tmp_path / "itself.md").symlink_to(tmp_path / "itself.md")
    os.mkfifo(tmp_path / "pipe.pdf")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/odd\xff.md")).write_text("beta")
    found, passed_over = find_documents(tmp_path)
    assert [document.source for document in found] == ["a.md", "odd\\xff.md"]
    assert {(entry.source, entry.reason) for entry in passed_over} == {
        ("inside/loop", "link to a folder"),
        ("broken.pdf", "not a file"),
        ("itself.md", "not a file"),
        ("pipe.pdf", "not a file"),
    }
    assert sha256_of(found[1].path) == found[1].doc_id


def test_an_empty_folder_and_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(NothingInHand, match="no document to read"):
        find_documents(tmp_path)
    with pytest.raises(ConfigurationError, match="no documents folder"):
        find_documents(tmp_path / "missing")
