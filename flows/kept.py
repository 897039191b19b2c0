"""What the steps of a build made, and keep: results under keys of our own, and files of the same names.

A key is `step@version-settings_hash-input_hash`. A version is bumped when the behaviour of its step changes. Nothing
here waits for Prefect to load, which takes longer than to see that there is nothing to do.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from flows.settings import hash_of

VERSIONS = {
    "read": "6",
    "ask": "9",
    "deduplicate": "7",
    "split": "3",
    "augment": "3",
    "write": "4",
    "push": "1",
    "train": "4",
    "judge": "1",
}


def step_key(step: str, settings_hash: str, input_hash: str) -> str:
    return f"{step}@{VERSIONS[step]}-{settings_hash}-{input_hash}"


def work_file(work: Path, key: str) -> Path:
    """Where the step of `key` writes."""
    return work / key.partition("@")[0] / f"{key}.json"


class Made(NamedTuple):
    """A finished work file, by its key: a path takes five times as much memory, and each document has two."""

    work: Path
    key: str
    sha256: str

    @property
    def file(self) -> Path:
        return work_file(self.work, self.key)


def finished(step: str, work: Path, settings_hash: str, inputs: Sequence[str]) -> Made | None:
    """What a step made of the same `inputs` before, if its result is kept and its file is there: what Prefect would
    find, without the milliseconds that a task costs it and its server."""
    key = step_key(step, settings_hash, hash_of(inputs))
    sha256 = kept(key) if used(work_file(work, key)) else None
    return Made(work, key, sha256) if sha256 else None


def used(made: Path) -> bool:
    """Whether the work file is there; notes that it is used, by which `quire clean` knows what may go first."""
    try:
        os.utime(made, (time.time(), made.stat().st_mtime))
    except FileNotFoundError:
        return False
    return True


def kept(key: str) -> str | None:
    """The result that is kept under `key`, if it is one of ours."""
    from prefect.settings import get_current_settings

    results = get_current_settings().results
    elsewhere = results.default_storage_block
    try:
        record = json.loads(
            _storage(elsewhere).read_path(key) if elsewhere else (results.local_storage_path / key).read_bytes()
        )
        if record["metadata"]["serializer"]["type"] != "json":
            return None
        result = json.loads(record["result"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return result if isinstance(result, str) else None


@cache
def _storage(block: str) -> Any:
    """Where results are kept that are not kept on this machine."""
    from prefect.blocks.core import Block

    return Block.load(block)
