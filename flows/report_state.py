"""What a report was made of, so that it is not made again where nothing has changed."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from extractors.files import sha256_of
from training.dataset import JSON_FILES

READ = (
    *("ledger.jsonl", "dataset/manifest.json", "adapters/manifest.json", "adapters/metrics.json"),
    *(".quire/documents.json", ".quire/seconds.json"),
)
MARK = re.compile(rb'<meta name="quire-state" content="(\w+)">')


def state_of(out: Path, raw_docs: Path) -> str:
    """A hash of the files below `out` that a report is made of, of the names and clocks of the documents, and of the
    code that makes it."""
    digest = hashlib.sha256()
    for name in (*READ, *(f"dataset/{file}" for file in JSON_FILES.values())):
        digest.update(f"{name} {sha256_of(out / name) if (out / name).exists() else ''}\n".encode())
    for line in (*_clocks(raw_docs), *_clocks(Path(__file__).parent)):
        digest.update(os.fsencode(f"{line}\n"))
    return digest.hexdigest()


def state_in(report: Path) -> str:
    """The state that a report was made of, '' where it does not say."""
    with report.open("rb") as page:
        found = MARK.search(page.read(1000))
    return found[1].decode() if found else ""


def _clocks(folder: Path) -> Iterator[str]:
    """The files below a folder, with their size and when they were changed last."""
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            path = Path(above, name)
            try:
                found = path.stat()
            except OSError:
                continue
            yield f"{path.relative_to(folder)} {found.st_size} {found.st_mtime_ns}"
