"""A T5 that is ready to run on a CPU, as files: CTranslate2's, the tokenizer, and what else is asked of the two.

Torch and transformers take four seconds to load before they can load a checkpoint; what they make of it for
CTranslate2 is kept, and takes a tenth of one.
"""

from __future__ import annotations

import errno
import importlib.metadata
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from pydantic import ValidationError

from augment.models import ModelFiles
from augment.t5.engines import CTranslate2, convert
from extractors.files import UNFINISHED, sha256, sha256_of
from extractors.records import Record

FORMAT = 1
PACKAGES = ("ctranslate2", "tokenizers", "transformers")
"""What the files depend on beside the model."""
ABOUT, TOKENIZER = "about.json", "tokenizer.json"


class About(Record):
    """Of a tokenizer: the ids that are no words, the one for what it does not know, and how long a text it takes; of a
    model: how many positions it has. The sha256 of each other file."""

    special: tuple[int, ...]
    unknown: int | None
    longest: int
    positions: int
    files: dict[str, str]


class Tokenizer:
    """As much of a tokenizer of transformers as is used here, without transformers."""

    def __init__(self, file: Path, about: About) -> None:
        from tokenizers import Tokenizer as Backend

        self._backend = Backend.from_file(str(file))
        self._backend.no_truncation()
        self._backend.no_padding()
        self.all_special_ids = list(about.special)
        self.unk_token_id = about.unknown
        self.model_max_length = about.longest

    def __call__(self, texts: list[str], *, add_special_tokens: bool = True, **_: bool) -> dict[str, list[list[int]]]:
        encoded = self._backend.encode_batch(texts, add_special_tokens=add_special_tokens)
        return {"input_ids": [one.ids for one in encoded]}

    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool) -> str:
        text: str = self._backend.decode(list(ids), skip_special_tokens=skip_special_tokens)
        return text

    def convert_tokens_to_ids(self, token: str) -> int | None:
        found: int | None = self._backend.token_to_id(token)
        return self.unk_token_id if found is None else found


class Ready:
    """A model of `files` below the folder `kept`, where it may be there or be made."""

    def __init__(self, kept: Path, files: ModelFiles) -> None:
        versions = " ".join(map(_version, PACKAGES))
        self.folder = kept / f"{files.revision}-{sha256(f'{FORMAT} {versions}')[:8]}"

    def opened(self, numbers: str, threads: int) -> tuple[CTranslate2, Tokenizer, About] | None:
        """The model, its tokenizer, and what is to be known about both; None where they are not there, or damaged, or
        this machine has a GPU, which is faster."""
        if not self.folder.exists():
            return None
        from ctranslate2 import get_cuda_device_count

        if get_cuda_device_count():
            return None
        try:
            about = About.model_validate_json((self.folder / ABOUT).read_bytes())
            whole = about.files == _hashes(self.folder)
        except (OSError, ValidationError):
            whole = False
        if not whole:
            shutil.rmtree(self.folder, ignore_errors=True)
            return None
        os.utime(self.folder)  # by which `quire clean` knows what may go first
        return CTranslate2(self.folder, numbers, threads), Tokenizer(self.folder / TOKENIZER, about), about

    def make(self, model: Any, tokenizer: Any, positions: int) -> None:
        """Keep the T5 `model`, whole or not at all. A tokenizer of transformers that is more than one of the library
        `tokenizers` is not kept, nor what belongs to it. Raises OSError where the disk is full."""
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is None or tokenizer.clean_up_tokenization_spaces:
            return
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        half = Path(mkdtemp(UNFINISHED, f".{self.folder.name}.", self.folder.parent))
        try:
            convert(model, half)
            backend.save(str(half / TOKENIZER))
            about = About(
                special=tuple(tokenizer.all_special_ids),
                unknown=tokenizer.unk_token_id,
                longest=min(tokenizer.model_max_length, sys.maxsize),
                positions=positions,
                files=_hashes(half),
            )
            (half / ABOUT).write_text(about.model_dump_json())
            half.chmod(0o755)
            half.rename(self.folder)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):  # where another process was as quick
                raise
        finally:
            shutil.rmtree(half, ignore_errors=True)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""  # without CTranslate2 nothing is kept, and all goes on


def _hashes(folder: Path) -> dict[str, str]:
    return {file.name: sha256_of(file) for file in sorted(folder.iterdir()) if file.name != ABOUT}
