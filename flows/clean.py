"""What may go: work files that the last build did not use, what trainings that were given up left, old runs."""

from __future__ import annotations

import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from extractors.errors import QuireError
from flows.server import at_server
from flows.settings import Settings
from flows.store import current_asked, current_files, opened

OF_A_DOCUMENT, OF_ALL = ("read", "ask"), ("deduplicate", "split", "augment")
BESIDE = ("results", "seconds", "brief", "outline", "varied")
"""Folders of what is kept about a work file, under its name. What is in quarantine stays there."""
DAY_S, GB = 86400.0, 1e9


@dataclass(frozen=True)
class Spare:
    """A result of a step, or the checkpoints of a training: its files, their bytes, and when it was last used."""

    name: str
    files: tuple[Path, ...]
    size: int
    used: float


def cleaned(settings: Settings, days: float | None, gigabytes: float | None, *, dry_run: bool = False) -> Iterator[str]:
    """Removes it, in words a line each; with `days` also the runs on the Prefect server that are older.

    Raises QuireError where the folder is held by a run, or there is none.
    """
    if not (settings.work / "format").is_file():
        raise QuireError(f"{settings.out} has no work folder.", fix="Name the output folder of a run with --out.")
    with opened(settings.work):
        found = spare(settings.work, days, gigabytes)
        for one in found:
            yield f"{one.name}, {one.size / 1e6:.1f} MB"
            if not dry_run:
                remove(one)
        total, left = sum(one.size for one in found), _size(settings.work)
        kept = f"{settings.work} keeps {(left - total if dry_run else left) / 1e6:.1f} MB."
        what = (
            f"{'Would remove' if dry_run else 'Removed'} {len(found)}: {total / 1e6:.1f} MB"
            if found
            else "Nothing to remove"
        )
        yield f"{what}; {kept}"
        if days is not None and dry_run:
            yield f"Runs that ended more than {days:g} days ago would go from the Prefect pages."
        elif days is not None:
            with at_server(settings.work / "server.log"):
                yield f"{forget_runs(settings.out, days)} runs removed from the Prefect pages."


def spare(work: Path, days: float | None = None, gigabytes: float | None = None) -> list[Spare]:
    """What the work folder keeps although the last build did not use it, the longest unused first: all of it, or only
    what was not used for so many `days`, or only as much as the folder is larger than so many `gigabytes`. What the
    last training or search would go on from, and the question model that was used last, are among it only by age.

    No file of a user is among it: those are none of the work folder.
    """
    found = sorted(_unused(work, all_stopped=days is not None), key=lambda one: (one.used, one.name))
    if days is not None:
        found = [one for one in found if one.used < time.time() - days * DAY_S]
    if gigabytes is not None:
        over = _size(work) - gigabytes * GB
        chosen = []
        for one in found:
            if over > 0:
                chosen.append(one)
                over -= one.size
        found = chosen
    return found


def remove(found: Spare) -> None:
    """Delete it. A result goes before the file it speaks of, so that none is left that speaks of nothing."""
    for file in sorted(found.files, key=lambda path: path.parent.name != "results"):
        if file.is_dir() and not file.is_symlink():
            shutil.rmtree(file)
        else:
            file.unlink(missing_ok=True)


def forget_runs(out: Path, days: float) -> int:
    """Delete the runs on `out` that ended more than so many days ago from the Prefect server; returns how many."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterEndTime, FlowRunFilterTags
    from prefect.client.schemas.sorting import FlowRunSort

    from flows.crashed import MOST, tag_of

    old = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[tag_of(out)]),
        end_time=FlowRunFilterEndTime(before_=datetime.now(UTC) - timedelta(days=days)),
    )
    count = 0
    with get_client(sync_client=True) as client:
        while runs := client.read_flow_runs(flow_run_filter=old, sort=FlowRunSort.START_TIME_ASC, limit=MOST):
            for run in runs:
                client.delete_flow_run(run.id)
            count += len(runs)
    return count


def _unused(work: Path, all_stopped: bool) -> Iterator[Spare]:
    current = {path.stem for index in (current_files(work), current_asked(work)) for path in index.values()}
    for step in OF_ALL:
        current |= {path.stem for path in sorted((work / step).glob("*.json"), key=_used)[-1:]}
    files = [path for name in (*OF_A_DOCUMENT, *OF_ALL, *BESIDE) for path in (work / name).glob("*@*")]
    for key, group in groupby(sorted(files, key=_key), key=_key):
        # What is written outside the work folder has only a result here: without it the step would be done again.
        made = [*group]
        if key not in current and any(path.parent.name != "results" for path in made):
            yield _spare(key, made)
    # Prefect keeps a failure too, under a name that nobody asks for again.
    if failures := [path for path in (work / "results").glob("*") if "@" not in path.name]:
        yield _spare("failures that were kept", failures)
    for name, of in (
        ("question model made ready", work / "t5"),
        ("checkpoints of training", work / "train" / "checkpoints"),
        ("trials of search", work / "tune"),
    ):
        # A link is none of ours, however new it is.
        stopped = sorted(of.glob("*"), key=lambda path: (not path.is_symlink(), _used(path)))
        for folder in stopped if all_stopped else stopped[:-1]:
            yield _spare(f"{name} {folder.name}", [folder])


def _key(path: Path) -> str:
    return path.name.partition(".")[0]


def _spare(name: str, files: list[Path]) -> Spare:
    return Spare(name, tuple(files), sum(_size(file) for file in files), max(map(_used, files)))


def _used(path: Path) -> float:
    """When a file was last used, which is noted, or something in a folder made: to look into one counts as its use."""
    found = path.lstat()
    return found.st_mtime if stat.S_ISDIR(found.st_mode) else found.st_atime


def _size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; of a link, its own."""
    inside = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
    return sum(file.lstat().st_size for file in inside if file.is_symlink() or not file.is_dir())
