from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from extractors.errors import NothingInHand
from extractors.files import sha256, sha256_of
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


def test_a_name_steers_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "\x1b]0;hers\x07\u202efdp.md").write_text("alpha")
    (tmp_path / "two\nlines.md").write_text("beta")
    (tmp_path / "Größe 大小.md").write_text("gamma")
    found, _ = find_documents(tmp_path)
    names = [document.source for document in found]
    assert names == ["\\x1b]0;hers\\x07\\u202efdp.md", "Größe 大小.md", "two\\nlines.md"]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a system without /proc")
def test_what_the_system_shows_as_a_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "log.md").symlink_to("/proc/kmsg")  # whose end is waited for until the machine says something
    (tmp_path / "memory.md").symlink_to("/proc/self/mem")
    found, passed_over = find_documents(tmp_path)
    assert {document.doc_id for document in found} <= {sha256(b"")}
    assert len(found) + len(passed_over) == 2


def test_a_file_that_its_disk_does_not_give_costs_itself_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.md").write_text("alpha")
    (tmp_path / "bad.md").write_text("beta")
    opened = Path.open

    def open_from_a_bad_disk(path: Path, *how: Any, **more: Any) -> Any:
        if path.name == "bad.md":
            raise OSError(errno.EIO, "Input/output error")
        return opened(path, *how, **more)

    monkeypatch.setattr(Path, "open", open_from_a_bad_disk)
    found, passed_over = find_documents(tmp_path)
    assert [document.source for document in found] == ["a.md"]
    (entry,) = passed_over
    assert (entry.source, entry.reason, entry.detail) == ("bad.md", "cannot be opened", "Input/output error")


def test_an_empty_folder_and_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(NothingInHand, match="no document to read"):
        find_documents(tmp_path)
    with pytest.raises(ConfigurationError, match="no documents folder"):
        find_documents(tmp_path / "missing")
