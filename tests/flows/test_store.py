from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from extractors.errors import QuireError
from extractors.files import write_whole
from extractors.records import Document
from flows.store import (
    beside,
    current_asked,
    current_documents,
    current_files,
    current_seconds,
    opened,
    refuse_other,
    remember_documents,
    seconds_of,
)


def test_a_second_run_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    work = tmp_path / "out" / ".quire"
    with opened(work):
        code = f"from pathlib import Path; from flows.store import opened\nwith opened(Path({str(work)!r})): pass"
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert other.returncode != 0
    assert "Another run is writing" in other.stderr
    with opened(work):
        pass


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "format").write_text("99\n")
    with pytest.raises(QuireError, match="another version"), opened(tmp_path):
        pass


@pytest.mark.parametrize("damage", [b"", b'{"d1": ', bytes(range(128, 256)), b"[]", b"null", b'{"d1": 7}'])
def test_what_is_damaged_is_told_or_not_needed(tmp_path: Path, damage: bytes) -> None:
    for index, current in {"documents.json": current_files, "asked.json": current_asked}.items():
        write_whole(tmp_path / index, damage)
        with pytest.raises(QuireError, match=rf"{index} is damaged.*quire build"):
            current(tmp_path)
    write_whole(tmp_path / "seconds.json", damage)
    assert current_seconds(tmp_path) == {}
    made = tmp_path / "read" / "read@1-a-b.json"
    write_whole(beside(made, "seconds", ".txt"), damage)
    assert seconds_of(made) == 0
    write_whole(tmp_path / "format", damage)
    with pytest.raises(QuireError, match="another version"):
        refuse_other(tmp_path)


def test_the_documents_of_the_dataset_are_found_again(tmp_path: Path) -> None:
    document = Document(doc_id="d1", source="a.md", title="A", pages=(), blocks=(), text="", places=())
    kept = tmp_path / "read" / "read@1-a-b.json"
    write_whole(kept, document.model_dump_json())
    write_whole(tmp_path / "read" / "read@1-old.json", "{}")
    remember_documents(tmp_path, {"d1": kept})
    assert current_documents(tmp_path) == {"d1": document}
    kept.unlink()
    assert current_documents(tmp_path) == {}


def test_what_a_killed_run_was_just_writing_is_removed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = (
        "import os, sys; from pathlib import Path; from extractors.files import write_whole\n"
        "def parts():\n    yield b'half'\n    os.kill(os.getpid(), 9)\n"
        "write_whole(Path(sys.argv[1]), parts())"
    )
    for name in ("ledger.jsonl", "dataset/data/test.parquet", ".quire/read/a.json", "adapters/README.md"):
        subprocess.run([sys.executable, "-c", script, str(out / name)])
    mine = out / "dataset" / ".gitattributes"
    mine.write_text("*.parquet filter=lfs")
    assert len([path for path in out.rglob("*") if path.is_file()]) == 5
    with opened(out / ".quire"):
        left = {path.name for path in out.rglob("*") if path.is_file()}
    assert left == {".gitattributes", "lock", "format"}


def test_a_question_model_that_a_killed_run_was_just_keeping_is_removed(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path\n"
        "from augment.models import locate; from augment.starter import STARTER_T5\n"
        "from augment.t5 import ready, seq2seq\n"
        "def half(model, folder):\n    (folder / 'model.bin').touch()\n    os.kill(os.getpid(), 9)\n"
        "ready.convert = half\n"
        "seq2seq.Seq2Seq(locate('starter', '', STARTER_T5), threads=1, kept=Path(sys.argv[1]))"
    )
    work = tmp_path / ".quire"
    subprocess.run([sys.executable, "-c", script, str(work / "t5")])
    assert len([*work.rglob("model.bin")]) == 1
    with opened(work):
        assert [*(work / "t5").iterdir()] == []
