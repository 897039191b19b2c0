"""The decisions on disk: `decisions.jsonl` in the output folder, a line each, to which lines are only ever added."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from pydantic import ValidationError

from augment.decisions import Decision, standing
from extractors.errors import QuireError
from extractors.files import sha256, to_lines, write_whole


def decisions_file(out: Path) -> Path:
    return out / "decisions.jsonl"


def read_decisions(out: Path) -> dict[str, Decision]:
    """The decisions that stand, by key, in the order they were made.

    A last line that was never finished is passed over. Raises QuireError for any other that is no decision.
    """
    path = decisions_file(out)
    if not path.exists():
        return {}
    *lines, unfinished = path.read_bytes().split(b"\n")
    decisions = []
    for number, line in enumerate([*lines, unfinished], 1):
        try:
            if line.strip():
                decisions.append(Decision.model_validate_json(line))
        except ValidationError as error:
            if number <= len(lines):
                raise QuireError(
                    f"Line {number} of {path} is no decision: {error.errors()[0]['msg']}.", fix="Mend or delete it."
                ) from None
    return standing(decisions)


def add_decision(out: Path, decision: Decision) -> None:
    """Add one line, whole and on the disk when this returns; it is the last word on its key."""
    line = decision.model_dump_json().encode() + b"\n"
    path = decisions_file(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        _end_last_line(file.fileno())
        file.write(line)
        os.fsync(file.fileno())


def _end_last_line(file: int) -> None:
    """Cut off what a machine that died left of a line; a line that only lacks its end gets it."""
    size = os.fstat(file).st_size
    data = os.pread(file, size, 0)
    tail = data.rpartition(b"\n")[2]
    if not tail:
        return
    try:
        Decision.model_validate_json(tail)
    except ValidationError:
        os.ftruncate(file, size - len(tail))
    else:
        os.write(file, b"\n")


def settled_decisions(out: Path, work: Path) -> tuple[Path, str]:
    """A copy in the work folder of the decisions that stand, and its hash: a build goes by it from beginning to end,
    whatever is decided meanwhile."""
    found = read_decisions(out)
    lines = to_lines(found[key] for key in sorted(found))
    copy = work / "decisions" / f"{sha256(lines)[:16]}.jsonl"
    write_whole(copy, lines)
    return copy, sha256(lines)
