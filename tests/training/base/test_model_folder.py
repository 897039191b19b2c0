"""A folder that appears whole or not at all, never in the place of anything else, and asks as was trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from extractors.errors import QuireError
from extractors.files import sha256
from training.base import model_folder, models
from training.base.model_folder import MAKER, write_generation, write_tokenizer, written_whole
from training.prompts import encode_question
from training.settings import TrainSettings


def write(folder: Path, word: str) -> None:
    with written_whole(folder, 10) as made:
        (made / "weights").write_text(word)
        manifest = {"made_by": MAKER, "files": {"weights": {"sha256": sha256(word)}}}
        (made / "manifest.json").write_text(json.dumps(manifest))


def test_an_export_takes_the_place_of_one_before(tmp_path: Path):
    for word in ("first", "second"):
        write(tmp_path / "deep" / "model", word)
        assert (tmp_path / "deep" / "model" / "weights").read_text() == word
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model"]


def test_one_that_fails_leaves_what_was_there(tmp_path: Path):
    write(tmp_path / "model", "first")
    with pytest.raises(ZeroDivisionError), written_whole(tmp_path / "model", 10) as made:
        (made / "weights").write_text("half")
        raise ZeroDivisionError
    assert (tmp_path / "model" / "weights").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_what_a_killed_one_left_is_cleared_and_put_back(tmp_path: Path):
    write(tmp_path / "model", "first")
    (tmp_path / "model").rename(tmp_path / ".model.old")  # killed between the renames
    shutil.copytree(tmp_path / ".model.old", tmp_path / ".model.part")
    with pytest.raises(ZeroDivisionError), written_whole(tmp_path / "model", 10):
        assert (tmp_path / "model" / "weights").read_text() == "first"
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("what", ["a file", "a file in it", "a folder in it", "an edit", "another's manifest"])
def test_what_no_export_made_stays(tmp_path: Path, what: str):
    folder = tmp_path / "model"
    if what == "a file":
        folder.write_text("mine")
    else:
        write(folder, "first")
    if what == "a file in it":
        (folder / "notes.txt").write_text("mine")
    if what == "a folder in it":
        (folder / "notes").mkdir()
    if what == "an edit":
        (folder / "weights").write_text("mine")
    if what == "another's manifest":
        (folder / "manifest.json").write_text('{"files": {}}')
    before = sorted((path.name, path.is_file() and path.read_text()) for path in [folder, *folder.rglob("*")])
    with pytest.raises(QuireError, match=r"holds what no export made .* stays as it is"), written_whole(folder, 10):
        pytest.fail("it was written")
    assert before == sorted((path.name, path.is_file() and path.read_text()) for path in [folder, *folder.rglob("*")])
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_disk_that_is_too_small_is_told_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(model_folder, "free_disk", lambda folder: 2**30)
    lacking = pytest.raises(QuireError, match=r"needs 3\.0 GiB at .*, and 1\.0 are free")
    with lacking, written_whole(tmp_path / "model", 3 * 2**30):
        pytest.fail("it was written")
    assert not any(tmp_path.iterdir())


def own_template(base: Path, folder: Path) -> Path:
    """The model's tokenizer with the template where older repositories have it: in its configuration."""
    shutil.copytree(base, folder)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["chat_template"] = (folder / "chat_template.jinja").read_text()
    (folder / "chat_template.jinja").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize("prompt", ["chat", "question", "instruction"])
@pytest.mark.parametrize("base", ["tiny_qwen", "tiny_llama"])
def test_the_chat_template_asks_as_was_trained(prompt: Any, base: str, request: Any, tmp_path: Path):
    from transformers import AutoTokenizer

    train = TrainSettings(model=str(own_template(request.getfixturevalue(base), tmp_path / "base")), prompt=prompt)
    files = models.find(train)
    own, to = models.load_tokenizer(files), tmp_path / "to"
    to.mkdir()
    assert write_tokenizer(files, own, train, ["Is it?"], to)
    asked = [{"role": "user", "content": 'Is "this"\nit?'}]
    ids = AutoTokenizer.from_pretrained(to).apply_chat_template(asked, add_generation_prompt=True, return_dict=False)
    assert ids == encode_question('Is "this"\nit?', "", own, train)
    assert ("chat_template" in json.loads((to / "tokenizer_config.json").read_text())) == (prompt == "chat")


def test_a_template_that_cannot_ask_so_stays_what_it_was(
    tiny_qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    train = TrainSettings(model=str(own_template(tiny_qwen, tmp_path / "base")), prompt="question")
    files = models.find(train)
    own = models.load_tokenizer(files)
    (to := tmp_path / "to").mkdir()
    monkeypatch.setattr(model_folder, "_template", lambda *_: "{{ messages[0]['content'] }}")
    assert not write_tokenizer(files, own, train, ["Is it?"], to)
    copied = {path.name: path.read_bytes() for path in to.iterdir()}
    assert copied == {name: (files.folder / name).read_bytes() for name in copied}
    write_generation(own, frozenset({0, 2}), to)
    assert json.loads((to / "generation_config.json").read_text())["eos_token_id"] == [0, 2]
