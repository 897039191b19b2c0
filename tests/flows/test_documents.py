from __future__ import annotations

from pathlib import Path

import pytest

from extractors.errors import NothingInHand
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


def test_an_empty_folder_and_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(NothingInHand, match="no document to read"):
        find_documents(tmp_path)
    with pytest.raises(ConfigurationError, match="no documents folder"):
        find_documents(tmp_path / "missing")
