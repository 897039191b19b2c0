"""Builds from a folder of hostile documents, as a user would, and checks that it ends with all of them told:

    python -m tests.hostile [FOLDER]

Each file has to be in the dataset or in the ledger, the main process has to stay small, and no process may be left.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from extractors.ledger import read_ledger
from flows.store import current_documents
from tests.flows.real_run import RULES_ONLY

SHARED = Path(__file__).parents[2] / "shared" / "data" / "docs" / "open" / "bad"
MOST_MIB = 256
"""What the main process may take; those that read have limits of their own."""
MOST_S = 1800


class Outcome(NamedTuple):
    read: set[str]
    told: dict[str, str]
    """Files that were not read, and why."""
    seconds: float
    mib: float
    status: int
    said: str

    def faults(self, folder: Path) -> list[str]:
        """What should not be."""
        files = {path.name for path in folder.iterdir() if path.is_file()}
        found = [f"{name} is neither read nor told of" for name in sorted(files - self.read - {*self.told})]
        found += [f"{name} is told of without a reason" for name, reason in self.told.items() if not reason]
        if self.mib > MOST_MIB:
            found.append(f"the main process took {self.mib:.0f} MiB")
        if self.status not in (0, 3):
            found.append(f"exit status {self.status}: {self.said[-500:]}")
        if "Traceback" in self.said:
            found.append("a traceback was shown")
        return found


def build(folder: Path, out: Path, *settings: str) -> Outcome:
    """`quire build` of `folder`, its main process watched."""
    began, most, told = time.monotonic(), 0, out.with_suffix(".said")
    command = [sys.executable, "-m", "flows.cli", "build", str(folder), "--out", str(out), *settings]
    with told.open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, "OMP_NUM_THREADS": "1"})
        main, children = psutil.Process(process.pid), set[psutil.Process]()
        while process.poll() is None:
            try:
                most = max(most, main.memory_info().rss)
                children.update(main.children(recursive=True))
            except psutil.NoSuchProcess:
                break
            if time.monotonic() - began > MOST_S:
                process.kill()
            time.sleep(0.2)
    left = psutil.wait_procs([child for child in children if child.is_running()], timeout=30)[1]
    assert not left, f"still there: {left}"
    dropped = [entry for entry in read_ledger(out / "ledger.jsonl") if entry.unit == "document"]
    return Outcome(
        read={document.source for document in current_documents(out / ".quire").values()},
        told={entry.source: entry.reason for entry in dropped},
        seconds=time.monotonic() - began,
        mib=most / 2**20,
        status=process.wait(),
        said=told.read_text(),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    folder = parser.parse_args(arguments).folder
    if not folder.is_dir():
        print(f"Skipped: {folder} is not there.")
        return
    with tempfile.TemporaryDirectory(prefix="quire-hostile-") as name:
        outcome = build(folder, Path(name) / "out", *RULES_ONLY)
    print(f"{len(outcome.read)} read, {len(outcome.told)} told of:")
    for reason, count in Counter(outcome.told.values()).most_common():
        print(f"{count:7} {reason}")
    print(f"{outcome.seconds:.0f} s; the main process took {outcome.mib:.0f} MiB.")
    faults = outcome.faults(folder)
    print("\n".join(faults) or "Nothing is wrong.")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
