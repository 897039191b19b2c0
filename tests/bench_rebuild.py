"""What a rebuild costs: `python -m tests.bench_rebuild --documents 1000`.

Typesets papers that are no duplicates of one another and runs `quire build` on them, as a user does, with the question
model that ships: from nothing, three times with nothing changed, and three times with another paper changed. Prints a
table of what each took, by the clock (the median, and the least and the most) and in processor seconds, what share of
the full build that is, and what share it may be.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench_scale import CORES, NO_OCR, typeset

MAY_TAKE = {"nothing changed": 0.02, "one paper changed": 0.03}
"""Of the full build's time."""
TIMES = 3
"""How often a rebuild is measured."""


class Took(NamedTuple):
    """Seconds by the clock and of the processors."""

    clock: float
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quire-rebuild-") as name:
        folder = Path(name)
        (folder / "raw_docs").mkdir()
        papers = [folder / "raw_docs" / f"paper{number:04}.pdf" for number in range(options.documents)]
        with ProcessPoolExecutor(len(CORES)) as processes:
            list(processes.map(typeset, range(options.documents), papers))
        took = {"from nothing": [build(folder)], "nothing changed": [build(folder) for _ in range(TIMES)]}
        took["one paper changed"] = []
        for number, paper in enumerate(papers[:TIMES]):
            typeset(options.documents + number, paper)
            took["one paper changed"].append(build(folder))
    print(table(options.documents, took))


def build(folder: Path) -> Took:
    """Run `quire build` to its end."""
    command = [sys.executable, "-m", "flows.cli", "build", str(folder / "raw_docs"), "--out", str(folder / "out")]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        [*command, *NO_OCR],
        env={**os.environ, "PREFECT_HOME": str(folder / "prefect")},
        stderr=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(time.monotonic() - began, cpu)


def table(documents: int, took: dict[str, list[Took]]) -> str:
    full = took["from nothing"][0].clock
    lines = [
        f"{documents} documents on {len(CORES)} cores",
        "",
        "| build | seconds | from – to | processor seconds | share of the full build | may be |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, runs in took.items():
        clocks, may = sorted(run.clock for run in runs), f"{MAY_TAKE[name]:.0%}" if name in MAY_TAKE else ""
        clock, cpu = median(clocks), median(run.cpu for run in runs)
        lines.append(
            f"| {name} | {clock:.1f} | {clocks[0]:.1f} – {clocks[-1]:.1f} | {cpu:.1f} | {clock / full:.1%} | {may} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
