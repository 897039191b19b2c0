"""A whole model as a folder that any program reads, and whether such a folder may be replaced."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from augment.models import TOKENIZERS, WEIGHTS, ModelFiles
from extractors.errors import QuireError
from extractors.files import sha256, sha256_of, write_whole
from training.memory.available import GIB, free_disk
from training.prompts import FORMATS, encode_question
from training.settings import TrainSettings

MAKER = "quire export"
MANIFEST = "manifest.json"
TEMPLATE, CONFIG = "chat_template.jinja", "tokenizer_config.json"


def weights_bytes(folder: Path) -> int:
    """How much of the disk the weights in a folder take."""
    for formats in WEIGHTS:
        if found := [path.stat().st_size for glob in formats for path in folder.glob(glob)]:
            return sum(found)
    return 0


@contextmanager
def written_whole(folder: Path, needed: int) -> Iterator[Path]:
    """An empty folder on the same disk, which takes the place of `folder` when the block ends well, and else is gone.

    Raises QuireError where `folder` holds what no export made, or the disk has no `needed` bytes.
    """
    _refuse_foreign(folder)
    aside, old = (folder.with_name(f".{folder.name}.{state}") for state in ("part", "old"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    if old.exists() and not folder.exists():  # killed between the two renames below
        old.rename(folder)
    for left in (aside, old):
        shutil.rmtree(left, ignore_errors=True)
    if needed > (free := free_disk(folder)):
        raise QuireError(
            f"The export needs {needed / GIB:.1f} GiB at {folder.parent}, and {free / GIB:.1f} are free.",
            fix="Make room there, or name a folder on another disk: quire export FOLDER.",
        )
    aside.mkdir()
    try:
        yield aside
        if folder.exists():
            folder.rename(old)
        aside.rename(folder)
    finally:
        for left in (aside, old):
            shutil.rmtree(left, ignore_errors=True)


def _refuse_foreign(folder: Path) -> None:
    """Raises QuireError where `folder` is there and holds anything but what an export made, to the byte."""
    if not folder.exists():
        return
    made = _made(folder)
    for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
        if not path.is_file() or sha256_of(path) != made.get(path.relative_to(folder).as_posix()):
            raise QuireError(
                f"{folder} holds what no export made ({path.name}), and stays as it is.",
                fix="Name another folder, quire export FOLDER, or move this one away.",
            )


def _made(folder: Path) -> dict[str, str]:
    """The files that an export made of `folder`, with their sha256; none if none did."""
    try:
        data = (folder / MANIFEST).read_bytes()
        manifest = json.loads(data)
        made = {name: told["sha256"] for name, told in manifest["files"].items()}
        return {**made, MANIFEST: sha256(data)} if manifest["made_by"] == MAKER else {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def write_tokenizer(
    files: ModelFiles, tokenizer: Any, train: TrainSettings, questions: Sequence[str], to: Path
) -> bool:
    """Copy the tokenizer's files. Where it was trained on another prompt than its chat template writes, the template
    becomes one that writes that prompt.

    Returns whether the template of the copy asks as was trained, tried on `questions`; if not, it is the tokenizer's.
    """
    from transformers import AutoTokenizer

    _copy(files, to)
    if train.prompt == "chat":
        return True
    config = json.loads((to / CONFIG).read_bytes())
    config.pop("chat_template", None)  # llama.cpp reads it here before it looks into the file
    write_whole(to / CONFIG, json.dumps(config, indent=2, ensure_ascii=False) + "\n")
    write_whole(to / TEMPLATE, _template(tokenizer, train))
    copied = AutoTokenizer.from_pretrained(to, trust_remote_code=False)
    for question in questions:
        asked = [{"role": "user", "content": question}]
        ids = copied.apply_chat_template(asked, add_generation_prompt=True, return_dict=False)
        if list(ids) != encode_question(question, "", tokenizer, train):
            (to / TEMPLATE).unlink()
            _copy(files, to)
            return False
    return True


def _copy(files: ModelFiles, to: Path) -> None:
    for name in TOKENIZERS:
        if (files.folder / name).is_file():
            shutil.copyfile(files.folder / name, to / name)


def _template(tokenizer: Any, train: TrainSettings) -> str:
    """A chat template that writes what the user says into the prompt of the training."""
    prompt = FORMATS[train.prompt]("\0", "")
    assert isinstance(prompt, str)
    before, after = (json.dumps(part) for part in prompt.split("\0"))
    first = "{{ bos_token }}" if tokenizer("")["input_ids"] == [tokenizer.bos_token_id] else ""
    return (
        f"{first}{{% for message in messages %}}{{% if message['role'] == 'assistant' %}}"
        "{{ message['content'] + eos_token }}"
        f"{{% else %}}{{{{ {before} + message['content'] + {after} }}}}{{% endif %}}{{% endfor %}}"
    )


def write_generation(tokenizer: Any, stops: frozenset[int], to: Path) -> None:
    """How to go on from a prompt: as was judged, always with the likeliest token, until one of `stops`."""
    from transformers import GenerationConfig

    GenerationConfig(
        do_sample=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=sorted(stops),
        pad_token_id=tokenizer.pad_token_id,
    ).save_pretrained(to)
