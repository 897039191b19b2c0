"""The name of a run, which says in a list of runs which documents it is about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from extractors.reading import suffixes
from flows.documents import printable
from flows.settings import Settings

NAMED = 2
"""New or changed documents that are named."""


def run_name(command: str, settings: Settings) -> str:
    """Such as 'build papers (12 files, new: lora.pdf) with starter', or 'train out/dataset with starter'.

    New is what came or was changed since the last build, by the clocks of the files; none is read for it.
    """
    if command not in ("run", "build"):
        return f"{command} {settings.out / 'dataset'} with {settings.preset}"
    return f"{command} {settings.raw_docs} ({_files(settings)}) with {settings.preset}"


def _files(settings: Settings) -> str:
    found = sorted(_dated(settings.raw_docs))
    said = f"{len(found):,} {'file' if len(found) == 1 else 'files'}"
    try:
        built = (settings.work / "seconds.json").stat().st_mtime
    except OSError:
        return said
    new = [name for name, changed in found if changed > built]
    if not new:
        return said
    more = f" and {len(new) - NAMED:,} more" if len(new) > NAMED else ""
    return f"{said}, new: {', '.join(new[:NAMED])}{more}"


def _dated(folder: Path) -> Iterator[tuple[str, float]]:
    """The documents below a folder by name, and when each was put there or changed last."""
    readable = suffixes()
    for above, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(above, name)
            try:
                if path.suffix.lower() in readable and not name.startswith("."):
                    times = path.stat()
                    yield printable(path.relative_to(folder).as_posix()), max(times.st_mtime, times.st_ctime)
            except OSError:
                continue
