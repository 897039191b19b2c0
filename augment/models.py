"""Where the files of a model are: shipped, in a folder, in the hub's cache, or to be downloaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import TypeVar

from extractors.errors import QuireError
from extractors.records import Record

T = TypeVar("T")

REACH_S = 6.0
"""Seconds in which the hub must answer a first request. A resolver without a network can hang far longer."""

CONFIGS = ("config.json", "generation_config.json")
TOKENIZERS = (
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("vocab.json", "merges.txt", "spiece.model", "tokenizer.model", "chat_template.jinja", "chat_template.json"),
)
VOCABULARIES = ("tokenizer.json", "spiece.model", "tokenizer.model", "vocab.json")
WEIGHTS = (
    ("model.safetensors", "model-*-of-*.safetensors", "model.safetensors.index.json"),
    ("pytorch_model.bin", "pytorch_model-*-of-*.bin", "pytorch_model.bin.index.json"),
)
"""Formats of weights, the preferred first."""


class ModelFiles(Record):
    """A model on this disk. `revision` is the hub's commit, or a hash of the files where a folder was given."""

    name: str
    folder: Path
    revision: str


def locate(name: str, revision: str, starter: Path, *, setting: str = "ask.model", download: bool = True) -> ModelFiles:
    """The files of the model `name`: 'starter' for the folder `starter`, an existing folder, else a hub id.

    A hub model comes from the hub's cache where it is there, else it is downloaded: configuration, tokenizer and one
    format of weights, safetensors before pickles, and never code. `revision` is a branch, tag or commit of the hub, ''
    for its newest; `setting` is what the messages tell the user to change. Raises QuireError within seconds where the
    model cannot be had, at once where it is not on this machine and `download` is off.
    """
    if name == "starter":
        return _in_folder("starter", starter, setting)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _in_folder(folder.resolve().name, folder, setting)
    if name.startswith(("/", ".", "~")) or name.count("/") > 1:
        raise QuireError(f"There is no model folder {name}.", fix=f"Set {setting} to a hub id or an existing folder.")
    snapshot = _cached(name, revision) or _downloaded(name, revision, setting, download)
    return ModelFiles(name=name, folder=snapshot, revision=snapshot.name)


def wanted(names: Iterable[str]) -> list[str]:
    """Of the files of a repository, those that loading needs: configuration, tokenizer and one format of weights."""
    top = sorted(name for name in names if "/" not in name)
    formats = ([name for name in top if any(fnmatch(name, glob) for glob in format)] for format in WEIGHTS)
    weights = next((found for found in formats if found), [])
    return [name for name in top if name in (*CONFIGS, *TOKENIZERS)] + weights


def _in_folder(name: str, folder: Path, setting: str) -> ModelFiles:
    if lack := _lack(folder):
        raise QuireError(
            f"The model folder {folder} has no {lack}.",
            fix=f"Copy the whole repository of the model into it, or set {setting} to another.",
        )
    digest = hashlib.sha256()
    for file in wanted(path.name for path in folder.iterdir()):
        with (folder / file).open("rb") as content:
            digest.update(f"{file}\0{hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return ModelFiles(name=name, folder=folder, revision=digest.hexdigest()[:12])


def _lack(folder: Path) -> str:
    """The file that loading from `folder` would miss; '' where all are there."""
    files = wanted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if "config.json" not in files:
        return "config.json"
    if not set(VOCABULARIES) & set(files):
        return f"tokenizer ({', '.join(VOCABULARIES)})"
    weights = [file for file in files if file not in (*CONFIGS, *TOKENIZERS)]
    shards = {
        str(shard)
        for index in weights
        if index.endswith(".index.json")
        for shard in json.loads((folder / index).read_text(encoding="utf-8")).get("weight_map", {}).values()
    }
    if not any(file.endswith((".safetensors", ".bin")) for file in weights):
        return "weights (model.safetensors or pytorch_model.bin)"
    return min(shards - set(weights), default="")


def _cached(name: str, revision: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        # Without patterns a snapshot counts as complete only if it holds every file of the repository.
        snapshot = Path(
            snapshot_download(name, revision=revision or None, local_files_only=True, allow_patterns=["config.json"])
        )
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return None if _lack(snapshot) else snapshot


def _downloaded(name: str, revision: str, setting: str, download: bool) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    copy = (
        f"Download it where there is a network (`hf download {name}`), copy the folder here, "
        f"then --set {setting}=FOLDER; or --set {setting}=starter."
    )
    if not download:
        raise QuireError(f"The model {name} is not on this machine.", fix=copy)
    try:
        listing = _within(REACH_S, lambda: HfApi().model_info(name, revision=revision or None, timeout=REACH_S))
        files = wanted(file.rfilename for file in listing.siblings or ())
        snapshot = Path(snapshot_download(name, revision=revision or None, allow_patterns=files))
    except HFValidationError as error:
        raise QuireError(f"{name!r} is neither an existing folder nor a hub id.", fix=f"Correct {setting}.") from error
    except GatedRepoError as error:
        raise QuireError(
            f"The model {name} is gated.",
            fix=f"Accept its terms at https://huggingface.co/{name}, then `hf auth login`.",
        ) from error
    except RepositoryNotFoundError as error:
        raise QuireError(
            f"The hub has no model {name}, or it is private.", fix=f"Correct {setting}, or `hf auth login`."
        ) from error
    except RevisionNotFoundError as error:
        raise QuireError(f"The model {name} has no revision {revision}.", fix="Correct the revision.") from error
    except OfflineModeIsEnabled as error:
        raise QuireError(
            f"The model {name} is not on this machine, and HF_HUB_OFFLINE forbids downloading it.",
            fix=f"Unset HF_HUB_OFFLINE. {copy}",
        ) from error
    except Exception as error:  # no network, a full disk, an error of whichever HTTP library the hub's client uses
        raise QuireError(
            f"The model {name} is not on this machine, and it could not be downloaded: "
            f"{str(error).strip() or type(error).__name__}.",
            fix=copy,
        ) from error
    if lack := _lack(snapshot):
        raise QuireError(f"The model {name} has no {lack} on the hub.", fix=f"Set {setting} to another model.")
    return snapshot


def _within(seconds: float, call: Callable[[], T]) -> T:
    """What `call` returns or raises, or TimeoutError: name look-ups obey no time limit of their own."""
    done: Queue[tuple[T | None, Exception | None]] = Queue(1)

    def run() -> None:
        try:
            done.put((call(), None))
        except Exception as error:
            done.put((None, error))

    Thread(target=run, daemon=True).start()
    try:
        value, error = done.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"the hub did not answer within {seconds:g} seconds") from None
    if error is not None:
        raise error
    return value  # type: ignore[return-value]
