"""A folder of hostile documents: the build ends, each file is read or told of, and what is sound is asked."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests import hostile
from tests.extractors.hostile import between, text
from tests.flows.real_run import RULES_ONLY
from tests.flows.test_reading import HANG

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_server")]

SOUND = "# Decoding\n\nBeam search is a procedure that keeps several partial sentences at once.\n"


def test_nothing_hangs_and_each_file_is_read_or_told_of(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "sound.md").write_text(SOUND)
    (folder / "endless.md").write_text(f"# Endless\n\nA retriever is a {'model' * 400_000}.\n")
    (folder / "deep.md").write_text("> " * 20_000 + "Quoted.\n")
    (folder / "long.txt").write_text("Words without end. " * 150_000)
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "cut.pdf").write_bytes(between(tmp_path / "whole.pdf", text("Whole.")).read_bytes()[:300])
    with zipfile.ZipFile(folder / "archive.pdf", "w") as archive:
        archive.writestr("inside", "nothing")
    between(folder / "hanging.pdf", HANG)
    limits = ("--set", "read.page_s=1", "--set", "read.max_characters=2500000", "--set", "read.ocr=never")
    outcome = hostile.build(folder, tmp_path / "out", *RULES_ONLY, *limits)
    assert outcome.faults(folder) == []
    assert outcome.status == 0, outcome.said
    assert {"sound.md", "hanging.pdf"} <= outcome.read, "of one a page is lost, of the other nothing"
    assert {"long.txt": "too much text", "empty.pdf": "empty file"}.items() <= outcome.told.items()
    assert "sound.md" in (tmp_path / "out" / "dataset" / "train.json").read_text()
