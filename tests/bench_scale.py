"""How a build scales: `python -m tests.bench_scale --documents 1000`.

Typesets papers that are no duplicates of one another and builds from them through `quire build` as a user runs it:
from some of them with all its processes held on one core, and from all with every core, on the task runner that is
asked for. First the question rules ask alone, so that reading is nearly all; then, of a third of the papers, the
question model asks too, and nothing but asking is done again. Prints of each how many times as fast all cores are, the
processor seconds of each kind of process, the memory of the main process on the way, and what the end of the build
takes and leaves. Speed is taken while every core has something to do: from when each has finished one paper until the
first finds none left, as with few papers the end would count for more than it does with many. Beside it stands what the
machine itself gives: the same done by bare processes, one and then one a core, without Prefect. Last it reads one file
of ever more pages and prints the most memory that took.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import psutil
import pymupdf

from tests.many_papers import PAGES, SAMPLES, typeset

CORES = sorted(os.sched_getaffinity(0))
NO_OCR = ("--set", "read.ocr=never")
RULES_ALONE = ("--set", 'ask.generators=["rules"]')
KINDS = ("main", "server", "runner", "workers")
MARKS = (1, 100, 500, 1000, 5000, 10000)


class Glance(NamedTuple):
    """What a run was like when so many documents were done: the clock, the memory of the main process in MB, and the
    processor seconds that each kind of process has used."""

    documents: int
    clock: float
    memory: int
    spent: dict[str, float]


class Build(NamedTuple):
    """A build: how it went on, and of its end, when no document was left to do, the seconds, and the most memory in MB
    of the main process and of a worker."""

    glances: list[Glance]
    end_s: float
    end_main: int
    end_worker: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=PAGES, help="pages of each paper")
    parser.add_argument("--scans", action="store_true", help="make a page of each paper a picture that OCR has to read")
    parser.add_argument("--runner", choices=("threads", "dask", "ray"), default="threads")
    parser.add_argument("--only-memory", action="store_true", help="build once, with every core, and compare nothing")
    options = parser.parse_args()
    settings = ("--set", f"runner={options.runner}", *(() if options.scans else NO_OCR))
    count = len(CORES)
    with tempfile.TemporaryDirectory(prefix="quire-scale-") as name:
        folder = Path(name)
        (folder / "all").mkdir()
        papers = [folder / "all" / f"paper{number:05}.pdf" for number in range(options.documents)]
        with ProcessPoolExecutor(count) as processes:
            each = partial(typeset, scan=options.scans, pages=options.pages)
            list(processes.map(each, range(options.documents), papers, chunksize=8))
        many = build(folder / "all", folder / "many", CORES, (*settings, *RULES_ALONE))
        print(told(f"reading, {count} cores, {options.documents} documents", many, count))
        print(end_of(many, folder / "many", options.documents))
        if options.only_memory:
            return
        some = part(papers, folder / "some", options.documents // count)
        one = build(folder / "some", folder / "one", CORES[:1], (*settings, *RULES_ALONE))
        print(told(f"reading, 1 core, {len(some)} documents", one, 1))
        print(f"reading: {count} cores are {rate(many, count) / rate(one, 1):.2f} times as fast as one")
        asked = part(papers, folder / "asked", options.documents // 3)
        many = build(folder / "asked", folder / "many", CORES, settings)
        print(told(f"questions, {count} cores, {len(asked)} documents", many, count))
        asked = part(some, folder / "asked by one", options.documents // 3 // count)
        one = build(folder / "asked by one", folder / "one", CORES[:1], settings)
        print(told(f"questions, 1 core, {len(asked)} documents", one, 1))
        print(f"questions: {count} cores are {rate(many, count) / rate(one, 1):.2f} times as fast as one")
        for does, share, asks in (("reads", 8, (*settings, *RULES_ALONE)), ("reads and asks", 24, settings)):
            papers_each = max(options.documents // share, 2)
            at = [folder / f"bare {does} {len(on)}" for on in (CORES[:1], CORES)]
            one_alone = bare(papers, papers_each, at[0], CORES[:1], asks)
            together = bare(papers, papers_each, at[1], CORES, asks)
            times = together / one_alone
            print(f"bare processes: 1 {does} {one_alone:.2f}/s, {count} {together:.2f}/s: {times:.2f} times")
        for pages in (100, 400, 1500):
            peak = peak_of_reading(bound(pages, folder / str(pages) / "long.pdf"))
            print(f"one file of {pages} pages: {peak} MB at most")


def part(papers: Sequence[Path], folder: Path, count: int) -> Sequence[Path]:
    """A folder with some of the papers."""
    chosen = papers[: max(count, 3 * len(CORES))]
    folder.mkdir()
    for paper in chosen:
        (folder / paper.name).hardlink_to(paper)
    return chosen


def bare(papers: Sequence[Path], share: int, folder: Path, cores: Sequence[int], settings: Sequence[str]) -> float:
    """Documents a second of processes that do nothing else, each with a `share` of the papers on one of `cores`."""
    code = "import sys; from tests.bench_scale import work_through; work_through(*sys.argv[1:])"
    workers = []
    for number, core in enumerate(cores):
        mine = papers[number * share : (number + 1) * share]
        command = [sys.executable, "-c", code, str(folder / str(number)), *settings[1::2], "--", *map(str, mine)]
        workers.append(
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},
                preexec_fn=partial(os.sched_setaffinity, 0, {core}),
            )
        )
    for worker in workers:
        if worker.stdout:
            worker.stdout.readline()
    began = time.monotonic()
    for worker in workers:
        if worker.stdin:
            worker.stdin.write("begin\n")
            worker.stdin.flush()
    for worker in workers:
        worker.wait()
    if any(worker.returncode for worker in workers):
        raise SystemExit("A bare process failed.")
    return (share - 1) * len(cores) / (time.monotonic() - began)


def work_through(folder: str, *words: str) -> None:
    """Read and ask one paper to be warm, say so, wait to be told to begin, and do the others."""
    from flows.before import question_model
    from flows.settings import load
    from flows.work import ask_into, read_into

    overrides, papers = words[: words.index("--")], words[words.index("--") + 1 :]
    settings = load(overrides=overrides)
    model, _ = question_model(settings)
    mark = Path(folder) / "begun.page"
    mark.parent.mkdir(parents=True)
    for number, paper in enumerate(map(Path, papers)):
        if number == 1:
            print("ready", flush=True)
            sys.stdin.readline()
        made, asked = (Path(folder) / step / f"{paper.stem}.json" for step in ("read", "ask"))
        read_into(made, paper, paper.name, settings.read, mark, {})
        ask_into(asked, made, settings.ask, model, 1)


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


def rate(build: Build, cores: int) -> float:
    """Documents a second while every core has something to do."""
    first, last = _busy(build, cores)
    return (last.documents - first.documents) / (last.clock - first.clock)


def told(title: str, build: Build, cores: int) -> str:
    first, last = _busy(build, cores)
    count = last.documents - first.documents
    spent = ", ".join(f"{kind} {(last.spent[kind] - first.spent[kind]) / count:.3f}" for kind in last.spent)
    there_are = build.glances[-1].documents
    marks = [mark for mark in sorted({*MARKS, there_are}) if mark <= there_are]
    memory = ", ".join(f"{next(g.memory for g in build.glances if g.documents >= mark)} at {mark}" for mark in marks)
    return f"{title}: {rate(build, cores):.2f}/s\n  CPU seconds a document: {spent}\n  main process MB: {memory}"


def end_of(build: Build, out: Path, documents: int) -> str:
    """The steps that have all documents in hand, and what is left on the disk."""
    folders = {name: out / ".quire" / name for name in ("read", "ask", "results")}
    folders |= {"dataset": out / "dataset", "Prefect": out.with_suffix(".prefect")}
    kept = ", ".join(f"{name} {_bytes_of(at) / documents / 1000:.1f}" for name, at in folders.items())
    return (
        f"  the end: {build.end_s:.0f} s, main process {build.end_main} MB, a worker {build.end_worker} MB at most\n"
        f"  kB a document on the disk: {kept}"
    )


def _bytes_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _busy(build: Build, cores: int) -> tuple[Glance, Glance]:
    """When each core had finished one document, and when the first had none left."""
    there_are = build.glances[-1].documents
    first = next(glance for glance in build.glances if glance.documents >= cores)
    return first, next(glance for glance in build.glances if glance.documents > there_are - cores)


def build(raw_docs: Path, out: Path, cores: Sequence[int], settings: Sequence[str]) -> Build:
    """Run `quire build` on `cores` alone and look at it whenever another document has been asked."""
    command = [sys.executable, "-m", "flows.cli", "build", str(raw_docs), "--out", str(out), *settings]
    asked, wanted = out / ".quire" / "ask", len(list(raw_docs.iterdir()))
    before = len(list(asked.glob("*.json")))
    run = subprocess.Popen(
        command,
        env={**os.environ, "PREFECT_HOME": str(out.with_suffix(".prefect"))},
        stderr=subprocess.DEVNULL,
        preexec_fn=partial(os.sched_setaffinity, 0, cores),
    )
    process, spent = psutil.Process(run.pid), dict[int, tuple[str, float]]()
    glances: list[Glance] = []
    end_main = end_worker = 0
    while run.poll() is None:
        done = len(list(asked.glob("*.json"))) - before
        for each in (process, *_children(process)):
            with contextlib.suppress(psutil.Error):
                times, kind = each.cpu_times(), _kind(each, process)
                # A worker's own tesseract counts with it once it has ended; all else that was started is here itself.
                ended = times.children_user + times.children_system if kind == "workers" else 0.0
                spent[each.pid] = (kind, times.user + times.system + ended)
                if done == wanted and kind == "workers":
                    end_worker = max(end_worker, each.memory_info().rss >> 20)
        memory = process.memory_info().rss >> 20
        if done == wanted:
            end_main = max(end_main, memory)
        if done and (not glances or done > glances[-1].documents):
            by_kind = {kind: sum(s for k, s in spent.values() if k == kind) for kind in KINDS}
            glances.append(Glance(done, time.monotonic(), memory, by_kind))
        time.sleep(0.25)
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {run.returncode}")
    return Build(glances, time.monotonic() - glances[-1].clock, end_main, end_worker)


def _children(process: psutil.Process) -> list[psutil.Process]:
    children: list[psutil.Process] = []
    with contextlib.suppress(psutil.NoSuchProcess):
        children = process.children(recursive=True)
    return children


def _kind(each: psutil.Process, main: psutil.Process) -> str:
    if each == main:
        return "main"
    command = " ".join(each.cmdline())
    if "server" in command and "gcs_server" not in command:
        return "server"
    # Of a cluster, what reads and asks are children of its processes, which are children of the main one.
    in_charge = any("spawn_main" in " ".join(child.cmdline()) for child in each.children())
    return "workers" if "spawn_main" in command and not in_charge else "runner"


if __name__ == "__main__":
    main()
