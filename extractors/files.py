"""Files that appear whole or not at all, and rows of JSON in them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic_core import to_json

from extractors.records import Record

R = TypeVar("R", bound=Record)


UNFINISHED = ".unfinished"
"""How the temporary names end under which files are written."""


def write_whole(path: Path, data: bytes | str | Iterable[bytes]) -> None:
    """Write `data` under a temporary name and move it to `path`, so that no reader ever sees half of it."""
    if isinstance(data, str):
        data = data.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def to_json_parts(record: Record) -> Iterator[bytes]:
    """The JSON of `record` bit by bit: all that of a long document at once takes more memory than the document."""
    before = b"{"
    for name in type(record).model_fields:
        value = getattr(record, name)
        yield before + to_json(name) + b":"
        if isinstance(value, tuple):
            yield b"["
            for n, item in enumerate(value):
                yield (b"," if n else b"") + to_json(item)
            yield b"]"
        else:
            yield to_json(value)
        before = b","
    yield b"}"


def to_lines(records: Iterable[Record]) -> str:
    """One line of JSON a record."""
    return "".join(record.model_dump_json() + "\n" for record in records)


def from_lines(path: Path, kind: type[R]) -> list[R]:
    """The records of `kind` in a file of JSON Lines."""
    with path.open(encoding="utf-8") as file:
        return [kind.model_validate_json(line) for line in file]


def sha256(data: bytes | str) -> str:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        # What the system shows as a file has no size, and may have no end.
        return hashlib.file_digest(file, "sha256").hexdigest() if path.stat().st_size else sha256(b"")
