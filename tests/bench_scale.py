"""How reading and asking scale: `python -m tests.bench_scale --documents 1000`.

Typesets papers that are no duplicates of one another and builds from them through `quire build` as a user runs it:
from some of them with all its processes held on one core, and from all with every core. Prints documents a second, the
share of linear, the processor seconds of each kind of process, and the memory of the main process on the way. Beside it
stands what the machine itself gives: the same reading and asking done by bare processes, one and then one a core,
without Prefect. Then it reads one file of ever more pages and prints the most memory that took.
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
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import psutil
import pymupdf

SAMPLES = Path(__file__).parent / "samples"
PAGES, WORDS = 10, 560
CORES = sorted(os.sched_getaffinity(0))
NO_OCR = ("--set", "read.ocr=never")
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
    parser.add_argument("--model", action="store_true", help="let the question model ask too, as the preset does")
    parser.add_argument("--scans", action="store_true", help="make a page of each paper a picture that OCR has to read")
    options = parser.parse_args()
    settings = (() if options.scans else NO_OCR) + (() if options.model else RULES_ALONE)
    count = len(CORES)
    with tempfile.TemporaryDirectory(prefix="quire-scale-") as name:
        folder = Path(name)
        papers = [folder / "all" / f"paper{number:04}.pdf" for number in range(options.documents)]
        for part in ("all", "some"):
            (folder / part).mkdir()
        with ProcessPoolExecutor(count) as processes:
            list(processes.map(partial(typeset, scan=options.scans), range(options.documents), papers))
        some = papers[: max(options.documents // count, 2)]
        for paper in some:
            (folder / "some" / paper.name).hardlink_to(paper)
        one = build(folder / "some", folder / "one", CORES[:1], settings)
        print(told(f"1 core, {len(some)} documents", one, 1))
        many = build(folder / "all", folder / "many", CORES, settings)
        print(told(f"{count} cores, {options.documents} documents", many, count))
        print(f"share of linear: {rate(many, count) / (count * rate(one, 1)):.2f}")
        bare_one, bare_many = (bare(papers, folder / f"bare{len(on)}", on, settings) for on in (CORES[:1], CORES))
        print(f"bare processes: 1 does {bare_one:.2f}/s, {count} do {bare_many:.2f}/s")
        print(f"share of linear: {bare_many / (count * bare_one):.2f} for the bare processes")
        print(
            f"share of what they do: {rate(one, 1) / bare_one:.2f} on one, {rate(many, count) / bare_many:.2f} on all"
        )
        for pages in (100, 400, 1500):
            peak = peak_of_reading(bound(pages, folder / str(pages) / "long.pdf"))
            print(f"one file of {pages} pages: {peak} MB at most")


def bare(papers: Sequence[Path], folder: Path, cores: Sequence[int], settings: Sequence[str]) -> float:
    """Documents a second of processes that do nothing else, each held on one of `cores`."""
    share = max(len(papers) // (2 * len(CORES)), 2)
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
    from flows.settings import load
    from flows.work import ask_into, read_into

    overrides, papers = words[: words.index("--")], words[words.index("--") + 1 :]
    settings = load(overrides=overrides)
    model = None
    if "model" in settings.ask.generators:
        from augment.models import locate
        from augment.starter import STARTER_T5

        model = locate(settings.ask.model, settings.ask.revision, STARTER_T5, download=False)
    mark = Path(folder) / "begun.page"
    mark.parent.mkdir(parents=True)
    for number, paper in enumerate(map(Path, papers)):
        if number == 1:
            print("ready", flush=True)
            sys.stdin.readline()
        made, asked = (Path(folder) / step / f"{paper.stem}.json" for step in ("read", "ask"))
        read_into(made, paper, paper.name, settings.read, mark, {})
        ask_into(asked, made, settings.ask, model)


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


def rate(glances: list[Glance], cores: int) -> float:
    """Documents a second, from when each core has finished one: the workers are warm then, and all are under way."""
    first, last = _warm(glances, cores)
    return (last.documents - first.documents) / (last.clock - first.clock)


def told(title: str, glances: list[Glance], cores: int) -> str:
    first, last = _warm(glances, cores)
    count = last.documents - first.documents
    spent = ", ".join(f"{kind} {(last.spent[kind] - first.spent[kind]) / count:.3f}" for kind in last.spent)
    marks = [mark for mark in (1, 100, 500, last.documents) if mark <= last.documents]
    memory = ", ".join(f"{next(g.memory for g in glances if g.documents >= mark)} at {mark}" for mark in marks)
    return f"{title}: {rate(glances, cores):.2f}/s\n  CPU seconds a document: {spent}\n  main process MB: {memory}"


def _warm(glances: list[Glance], cores: int) -> tuple[Glance, Glance]:
    return next(glance for glance in glances if glance.documents >= cores), glances[-1]


def build(raw_docs: Path, out: Path, cores: Sequence[int], settings: Sequence[str]) -> list[Glance]:
    """Run `quire build` on `cores` alone and look at it whenever another document has been asked."""
    command = [sys.executable, "-m", "flows.cli", "build", str(raw_docs), "--out", str(out), *settings]
    run = subprocess.Popen(
        command,
        env={**os.environ, "PREFECT_HOME": str(out.with_suffix(".prefect"))},
        stderr=subprocess.DEVNULL,
        preexec_fn=partial(os.sched_setaffinity, 0, cores),
    )
    process, spent = psutil.Process(run.pid), dict[int, tuple[str, float]]()
    glances: list[Glance] = []
    while run.poll() is None:
        done = len(list((out / ".quire" / "ask").glob("*.json")))
        for each in (process, *_children(process)):
            with contextlib.suppress(psutil.Error):
                times = each.cpu_times()
                # A worker's own tesseract counts with it once it has ended; the main process's children are here.
                ended = 0.0 if each == process else times.children_user + times.children_system
                spent[each.pid] = (_kind(each, process), times.user + times.system + ended)
        if done and (not glances or done > glances[-1].documents):
            by_kind = {kind: sum(s for k, s in spent.values() if k == kind) for kind in ("main", "server", "workers")}
            glances.append(Glance(done, time.monotonic(), process.memory_info().rss >> 20, by_kind))
        time.sleep(0.25)
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {run.returncode}")
    return glances


def _children(process: psutil.Process) -> list[psutil.Process]:
    children: list[psutil.Process] = []
    with contextlib.suppress(psutil.NoSuchProcess):
        children = process.children()
    return children


def _kind(each: psutil.Process, main: psutil.Process) -> str:
    if each == main:
        return "main"
    return "server" if any("uvicorn" in word for word in each.cmdline()) else "workers"


def typeset(number: int, path: Path, scan: bool = False) -> None:
    """A paper of ten pages whose sentences are the samples' with every few words another: no duplicate of any other.

    Its last page is a picture with `scan`.
    """
    draw = random.Random(f"scale:{number}")
    sentences, words = _prose()
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
        if scan:
            picture = file[-1].get_pixmap(dpi=200, colorspace=pymupdf.csGRAY)
            file.delete_page(-1)
            sheet = file.new_page()
            sheet.insert_image(sheet.rect, pixmap=picture)
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
