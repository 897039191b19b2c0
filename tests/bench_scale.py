"""How reading and asking scale: `python -m tests.bench_scale --documents 1000`.

Typesets papers that are no duplicates of one another, builds from some of them with one worker and from all of them
with a worker a core, through `quire build` as a user runs it, and prints documents a second, the share of linear, the
processor seconds of each kind of process, and the memory of the main process on the way. Then it reads one file of ever
more pages and prints the most memory that took.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import psutil
import pymupdf

SAMPLES = Path(__file__).parent / "samples"
PAGES, WORDS = 10, 560
SETTINGS = ("--set", "read.ocr=never")
RULES_ALONE = ("--set", 'ask.generators=["rules"]')


class Glance(NamedTuple):
    """What a run was like when so many documents were done: the clock, the memory of the main process in MB, and the
    processor seconds that each kind of process has used."""

    documents: int
    clock: float
    memory: int
    spent: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--model", action="store_true", help="let the question model ask too, as the preset does")
    options = parser.parse_args()
    settings = SETTINGS if options.model else SETTINGS + RULES_ALONE
    with tempfile.TemporaryDirectory(prefix="quire-scale-") as name:
        folder = Path(name)
        alone = max(options.documents // options.workers, 20)
        for number in range(options.documents):
            typeset(number, folder / "all" / f"paper{number:04}.pdf")
        (folder / "some").mkdir()
        for number in range(alone):
            (folder / "some" / f"paper{number:04}.pdf").hardlink_to(folder / "all" / f"paper{number:04}.pdf")
        one = build(folder / "some", folder / "one", 1, settings)
        print(told(f"1 worker, {alone} documents", one))
        many = build(folder / "all", folder / "many", options.workers, settings)
        print(told(f"{options.workers} workers, {options.documents} documents", many))
        for pages in (100, 400, 1500):
            peak = peak_of_reading(bound(pages, folder / str(pages) / "long.pdf"))
            print(f"one file of {pages} pages: {peak} MB at most")
        print(f"share of linear: {rate(many) / (options.workers * rate(one)):.2f}")


def bound(pages: int, path: Path) -> Path:
    """The papers of `tests/papers`, one after the other, again and again, as one file of so many pages."""
    with pymupdf.open() as book:
        for paper in cycle(sorted((SAMPLES.parent / "papers" / "pdf").glob("*.pdf"))):
            with pymupdf.open(paper) as part:
                book.insert_pdf(part, to_page=min(part.page_count, pages - book.page_count) - 1)
            if book.page_count == pages:
                break
        path.parent.mkdir()
        book.save(path)
    return path


def peak_of_reading(path: Path) -> int:
    """The most memory, in MB, that a process takes for reading the file and writing its record."""
    code = (
        "import resource, sys; from pathlib import Path; from extractors import ReadSettings; from flows.work import *;"
        "file = Path(sys.argv[1]); made = file.parent / 'work/read/long.json'; made.parent.mkdir(parents=True);"
        "read_into(made, file, file.name, ReadSettings(ocr='never'), file.with_suffix('.page'), {});"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)"
    )
    reader = [sys.executable, "-c", code, str(path)]
    return int(subprocess.run(reader, check=True, stdout=subprocess.PIPE, text=True).stdout)


def rate(glances: list[Glance]) -> float:
    """Documents a second, without the start and the end of the run."""
    first, last = glances[0], glances[-1]
    return (last.documents - first.documents) / (last.clock - first.clock)


def told(title: str, glances: list[Glance]) -> str:
    first, last = glances[0], glances[-1]
    count = last.documents - first.documents
    spent = ", ".join(f"{kind} {(last.spent[kind] - first.spent[kind]) / count:.3f}" for kind in last.spent)
    marks = [mark for mark in (1, 100, 500, last.documents) if mark <= last.documents]
    memory = ", ".join(f"{next(g.memory for g in glances if g.documents >= mark)} at {mark}" for mark in marks)
    return f"{title}: {rate(glances):.2f}/s\n  CPU seconds a document: {spent}\n  main process MB: {memory}"


def build(raw_docs: Path, out: Path, workers: int, settings: tuple[str, ...]) -> list[Glance]:
    """Run `quire build` and look at it now and then. A document read or asked counts half."""
    command = [sys.executable, "-m", "flows.cli", "build", str(raw_docs), "--out", str(out), *settings]
    run = subprocess.Popen(
        [*command, "--set", f"workers={workers}"],
        env={**os.environ, "PREFECT_HOME": str(out.with_suffix(".prefect"))},
        stderr=subprocess.DEVNULL,
    )
    process, spent = psutil.Process(run.pid), dict[int, tuple[str, float]]()
    glances: list[Glance] = []
    while run.poll() is None:
        done = sum(len(list((out / ".quire" / step).glob("*.json"))) for step in ("read", "ask")) // 2
        for each in (process, *_children(process)):
            with contextlib.suppress(psutil.Error):
                spent[each.pid] = (_kind(each, process), sum(each.cpu_times()[:2]))
        if done and (not glances or done > glances[-1].documents):
            by_kind = {kind: sum(s for k, s in spent.values() if k == kind) for kind in ("main", "server", "workers")}
            glances.append(Glance(done, time.monotonic(), process.memory_info().rss >> 20, by_kind))
        time.sleep(0.25)
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {run.returncode}")
    return glances


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _kind(each: psutil.Process, main: psutil.Process) -> str:
    if each == main:
        return "main"
    return "server" if any("uvicorn" in word for word in each.cmdline()) else "workers"


def typeset(number: int, path: Path) -> None:
    """A paper of ten pages whose sentences are the samples' with every few words another: no duplicate of any other."""
    draw = random.Random(f"scale:{number}")
    sentences, words = _prose()
    path.parent.mkdir(exist_ok=True)
    with pymupdf.open() as file:
        for sheet in range(PAGES):
            page = file.new_page()
            page.insert_text((60, 60), f"{sheet + 1} {' '.join(draw.choices(words, k=3)).capitalize()}", fontsize=13)
            for column in (60, 310):
                text, length = [], 0
                while length < WORDS // 2:
                    drawn = draw.choice(sentences).split()
                    drawn = [draw.choice(words) if word.islower() and draw.random() < 0.2 else word for word in drawn]
                    text.append(" ".join(drawn))
                    length += len(drawn)
                page.insert_textbox((column, 76, column + 228, 790), " ".join(text), fontname="tiro", fontsize=9.5)
        file.save(path, deflate=True)


def _prose() -> tuple[list[str], list[str]]:
    if not _kept:
        text = " ".join(file.read_text() for file in sorted(SAMPLES.glob("*.md")))
        sentences = [" ".join(found.split()) for found in re.findall(r"[A-Z][^.!?|#*`$\n]{40,200}\.", text)]
        _kept.append((sentences, sorted({w for s in sentences for w in s.split() if w.isalpha() and len(w) > 4})))
    return _kept[0]


_kept: list[tuple[list[str], list[str]]] = []

if __name__ == "__main__":
    main()
