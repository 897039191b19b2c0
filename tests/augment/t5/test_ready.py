"""A T5 that is kept ready to run writes what its checkpoint writes, without torch, and is made again where it is not
whole."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import ctranslate2
import pytest

from augment.models import ModelFiles, locate
from augment.starter import STARTER_T5
from augment.t5 import ready, seq2seq
from augment.t5.engines import CTranslate2
from augment.t5.ready import ABOUT, Ready
from augment.t5.seq2seq import Seq2Seq
from tests.augment.checkpoints import new_layout, old_layout, sentences

PROMPTS = [f"generate question: <hl> {text} <hl>  and  more" for text in sentences(60)[::3]]
ODD = ["", "  two  blanks ", "naïve ﬁne", "<sep> <hl>", "日本語 und\u00a0mehr", "</s> inside", "<extra_id_3>"]


def starter(_: Path) -> Path:
    return STARTER_T5


def never(*_: object) -> None:
    raise AssertionError("what is kept is not loaded again")


@pytest.mark.parametrize("layout", [new_layout, old_layout, starter])
@pytest.mark.parametrize("exact", [True, False])
def test_what_is_kept_writes_what_the_checkpoint_writes(
    layout: Callable[[Path], Path], exact: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = locate(str(layout(tmp_path / "model")), "", STARTER_T5)
    plain = Seq2Seq(files, exact=exact, threads=1)
    Seq2Seq(files, exact=exact, threads=1, kept=tmp_path / "kept")
    monkeypatch.setattr(seq2seq, "_loaded", never)
    kept = Seq2Seq(files, exact=exact, threads=1, kept=tmp_path / "kept")
    assert kept.encode(ODD) == plain.encode(ODD)
    prompts = plain.encode(PROMPTS)
    assert kept.encode(PROMPTS) == prompts
    written = plain.write(prompts, beams=4, batch_tokens=512, kept=2)
    assert kept.write(prompts, beams=4, batch_tokens=512, kept=2) == written
    assert len({best.text for best, _ in written}) > 1
    assert (kept.limit, kept.positions, kept.name) == (plain.limit, plain.positions, plain.name)
    for name in ("unk_token_id", "all_special_ids"):
        assert getattr(kept.tokenizer, name) == getattr(plain.tokenizer, name)
    for token in ("<hl>", "<sep>", "</s>", "no such word"):
        assert kept.tokenizer.convert_tokens_to_ids(token) == plain.tokenizer.convert_tokens_to_ids(token)
    bare = [tokenizer(ODD, add_special_tokens=False, verbose=False) for tokenizer in (kept.tokenizer, plain.tokenizer)]
    assert bare[0]["input_ids"] == bare[1]["input_ids"]


ASKING = """
import sys
from pathlib import Path
from augment.models import locate
from augment.settings import AskSettings
from augment.starter import STARTER_T5
from augment.t5.questions import QuestionModel
QuestionModel(locate("starter", "", STARTER_T5), AskSettings(), 1, Path(sys.argv[1]))
print(*sorted({"torch", "transformers"} & sys.modules.keys()))
"""


def test_torch_is_not_loaded_where_the_model_is_kept(tmp_path: Path) -> None:
    assert [loaded_by(tmp_path) for _ in range(2)] == ["torch transformers", ""]


def loaded_by(kept: Path) -> str:
    asked = subprocess.run([sys.executable, "-c", ASKING, str(kept)], capture_output=True, text=True, check=True)
    return asked.stdout.strip()


@pytest.fixture
def files(tmp_path: Path) -> ModelFiles:
    return locate(str(new_layout(tmp_path / "model")), "", STARTER_T5)


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json", ABOUT, "search.json"])
@pytest.mark.parametrize("damage", ["cut", "gone", "changed"])
def test_what_is_damaged_is_made_again(name: str, damage: str, files: ModelFiles, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    before = Seq2Seq(files, threads=1, kept=kept)
    (folder,) = kept.iterdir()
    whole = {file.name: file.read_bytes() for file in folder.iterdir()}
    if damage == "gone":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(whole[name][:-9] if damage == "cut" else whole[name][:-1] + b"\0")
    again = Seq2Seq(files, threads=1, kept=kept)
    prompts = before.encode(PROMPTS)
    assert again.write(prompts, beams=1, batch_tokens=512) == before.write(prompts, beams=1, batch_tokens=512)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == whole


def test_processes_that_make_it_at_the_same_time_agree(files: ModelFiles, tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, get_context("spawn")) as processes:
        written = [*processes.map(write, [files] * 3, [tmp_path / "kept"] * 3)]
    assert written[0] == written[1] == written[2]
    assert len([*(tmp_path / "kept").iterdir()]) == 1


def write(files: ModelFiles, kept: Path) -> list[str]:
    t5 = Seq2Seq(files, threads=1, kept=kept)
    return [best.text for (best,) in t5.write(t5.encode(PROMPTS), beams=1, batch_tokens=512)]


def test_a_gpu_is_faster_than_what_is_kept(files: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Seq2Seq(files, threads=1, kept=tmp_path)
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    assert Ready(tmp_path, files).opened("int8", 1) is None
    assert [*tmp_path.glob("*/model.bin")], "which stays for when there is none"


def test_another_version_of_a_package_makes_its_own(
    files: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Ready(tmp_path, files).folder
    monkeypatch.setattr(ready.importlib.metadata, "version", lambda _: "99")
    assert Ready(tmp_path, files).folder != before


def test_without_ctranslate2_nothing_is_kept(
    files: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ctranslate2", None)

    def absent(name: str) -> str:
        raise ready.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(ready.importlib.metadata, "version", absent)
    t5 = Seq2Seq(files, threads=1, kept=tmp_path / "kept")
    assert not isinstance(t5._engine, CTranslate2)
    assert not (tmp_path / "kept").exists()
