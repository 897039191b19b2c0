"""The work folder: what each step made, by key."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from extractors.errors import OtherVersion, QuireError
from extractors.files import UNFINISHED, write_whole
from extractors.records import Document, Record

R = TypeVar("R", bound=Record)

Names = TypeAdapter(dict[str, str])
Seconds = TypeAdapter(dict[str, dict[str, float]])

FORMAT = 1
"""Version of the work folder; one of another version is refused, never misread."""


@contextmanager
def opened(work: Path) -> Iterator[None]:
    """Hold the work folder for one run, without what a run that was killed was just writing.

    Raises QuireError if it cannot be written, is of another version, or is held by another run.
    """
    lock = FileLock(work / "lock", timeout=0)
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        mark = work / "format"
        if not mark.exists():
            write_whole(mark, f"{FORMAT}\n")
        for half in unfinished(work.parent):
            if half.is_dir() and not half.is_symlink():
                shutil.rmtree(half)
            else:
                half.unlink(missing_ok=True)
    except Timeout:
        raise QuireError(
            f"Another run is writing to {work.parent}.", fix="Wait for it to end, or choose another --out."
        ) from None
    except OSError as error:
        raise QuireError(
            f"{error.filename or work} cannot be written ({error.strerror}).",
            fix="Check its permissions and the space on its disk, or choose another --out.",
        ) from error
    try:
        refuse_other(work)
        yield
    finally:
        lock.release()


def unfinished(out: Path) -> list[Path]:
    """What runs that were killed were just writing below an output folder."""
    parts = [out / name for name in ("dataset", "adapters", ".quire")]
    return [*out.glob(f".*{UNFINISHED}"), *(half for part in parts for half in part.rglob(f".*{UNFINISHED}"))]


def refuse_other(work: Path) -> None:
    """Raise OtherVersion if another version of Quire wrote the work folder."""
    mark = work / "format"
    if mark.exists() and (found := mark.read_text(errors="replace").strip()) != str(FORMAT):
        raise OtherVersion(work, found, FORMAT, fix=f"Delete {work}; the dataset and the adapters beside it stay.")


def beside(made: Path, what: str, suffix: str = ".json") -> Path:
    """Where something about the work file `made` is kept that must not be in it, such as how long it took."""
    return made.parent.parent / what / f"{made.stem}{suffix}"


def note_seconds(made: Path, seconds: float) -> None:
    """Note how long it took to make a work file."""
    write_whole(beside(made, "seconds", ".txt"), f"{seconds:.3f}\n")


def seconds_of(made: Path) -> float:
    """How long it took to make a work file, by the clock; 0 where that is not known."""
    noted = beside(made, "seconds", ".txt")
    try:
        return float(noted.read_bytes())
    except (FileNotFoundError, ValueError):
        return 0.0


def remember_documents(work: Path, documents: dict[str, Path]) -> None:
    """Note which read documents belong to the dataset that is there now."""
    _note(work / "documents.json", documents)


def current_files(work: Path) -> dict[str, Path]:
    """The files of the documents of the dataset that is there now, by doc_id; those that are gone are left out."""
    return _noted(work / "documents.json", work / "read")


def remember_asked(work: Path, asked: dict[str, Path]) -> None:
    """Note what was asked of the documents that belong to the dataset that is there now."""
    _note(work / "asked.json", asked)


def current_asked(work: Path) -> dict[str, Path]:
    """The files of what was asked of each document of the dataset that is there now, by doc_id."""
    return _noted(work / "asked.json", work / "ask")


def _note(index: Path, files: dict[str, Path]) -> None:
    names = {doc_id: path.name for doc_id, path in sorted(files.items())}
    write_whole(index, json.dumps(names, indent=1) + "\n")


def _noted(index: Path, folder: Path) -> dict[str, Path]:
    refuse_other(index.parent)
    try:
        names = Names.validate_json(index.read_bytes()) if index.exists() else {}
    except ValidationError:
        raise QuireError(f"{index} is damaged.", fix="Run `quire build` again, which writes it anew.") from None
    files = {doc_id: folder / name for doc_id, name in names.items()}
    return {doc_id: file for doc_id, file in files.items() if file.exists()}


def current_documents(work: Path) -> dict[str, Document]:
    """The documents of the dataset that is there now, by doc_id."""
    return {doc_id: record_in(file, Document) for doc_id, file in current_files(work).items()}


def record_in(file: Path, kind: type[R]) -> R:
    """The record of `kind` in a work file. Raises QuireError where another version of Quire knew more or less of it."""
    try:
        return kind.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        raise QuireError(
            f"{file} is not what this version of Quire writes ({'.'.join(map(str, first['loc']))}: {first['msg']}).",
            fix=f"Run `quire build` again. If that does not help, delete {file.parent.parent}; the dataset and the "
            "adapters beside it stay.",
        ) from None


def remember_seconds(work: Path, seconds: dict[str, dict[str, float]]) -> None:
    """Note how long each step took for each document of the dataset that is there now."""
    write_whole(work / "seconds.json", json.dumps(seconds, indent=1, sort_keys=True) + "\n")


def current_seconds(work: Path) -> dict[str, dict[str, float]]:
    """How long each step took, by the clock, for each document of the dataset that is there now: by doc_id and step."""
    index = work / "seconds.json"
    try:
        return Seconds.validate_json(index.read_bytes()) if index.exists() else {}
    except ValidationError:
        return {}  # as where it is not known; the next build writes it anew
