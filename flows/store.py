"""The work folder: what each step made, by key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from extractors.errors import QuireError
from extractors.files import write_whole
from extractors.records import Document

FORMAT = 1
"""Version of the work folder; one of another version is refused, never misread."""


@contextmanager
def opened(work: Path) -> Iterator[None]:
    """Hold the work folder for one run.

    Raises QuireError if it cannot be written, is of another version, or is held by another run.
    """
    lock = FileLock(work / "lock", timeout=0)
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        mark = work / "format"
        if not mark.exists():
            write_whole(mark, f"{FORMAT}\n")
        found = mark.read_text().strip()
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
        if found != str(FORMAT):
            raise QuireError(
                f"{work} was written by another version of Quire (format {found}, not {FORMAT}).",
                fix=f"Delete {work}; the dataset and the adapters beside it stay.",
            )
        yield
    finally:
        lock.release()


def remember_documents(work: Path, documents: dict[str, Path]) -> None:
    """Note which read documents belong to the dataset that is there now."""
    names = {doc_id: path.name for doc_id, path in sorted(documents.items())}
    write_whole(work / "documents.json", json.dumps(names, indent=1) + "\n")


def current_documents(work: Path) -> dict[str, Document]:
    """The documents of the dataset that is there now, by doc_id; those whose file is gone are left out."""
    index = work / "documents.json"
    if not index.exists():
        return {}
    files = {doc_id: work / "read" / name for doc_id, name in json.loads(index.read_text()).items()}
    return {doc_id: Document.model_validate_json(file.read_bytes()) for doc_id, file in files.items() if file.exists()}
