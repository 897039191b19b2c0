"""How well and how fast Quire reads papers, beside other readers: `make bench-reading`.

Each reader runs in a process and on a core of its own, and reads every paper in turn with raw PyMuPDF, so that a busy
machine slows both. Time is processor time. The papers are those of tests/papers, scored against their LaTeX
(tests/reading_score.py), and those of ../shared/data where it is there, scored by its measure_extraction.py.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Console
from rich.table import Table

from extractors.errors import UnreadableDocument
from extractors.reading import read_document
from extractors.records import BODY_KINDS, Document
from extractors.settings import ReadSettings
from tests.papers.truth import papers, truth
from tests.reading_score import BLOCKS, LEFT, TEXT, mean, score_blocks, score_text

PDF = Path(__file__).parent / "papers" / "pdf"
SHARED = Path(__file__).parents[2] / "shared"
SLOW = 20.0
"""Processor seconds for all papers from which a reader is timed once only."""

Reader = Callable[[Path], str]
Rows = list[tuple[str, list[str]]]


def quire(path: Path) -> str:
    return _document(path).text


def pymupdf_raw(path: Path) -> str:
    import pymupdf

    with pymupdf.open(path) as file:
        return "\n".join(page.get_text() for page in file)


def pymupdf_dehyphenated(path: Path) -> str:
    """Ligatures spelled out and every hyphen at a line end removed; PyMuPDF's own flag for it does nothing in 1.28."""
    import pymupdf

    flags = pymupdf.TEXTFLAGS_TEXT & ~pymupdf.TEXT_PRESERVE_LIGATURES
    with pymupdf.open(path) as file:
        text = "\n".join(page.get_text(flags=flags) for page in file)
    return re.sub(r"(?<=[^\W\d_])-\n(?=[^\W\d_])", "", text)


def pypdfium2_repaired(path: Path) -> str:
    """PDFium marks the hyphens that it takes for the typesetter's with U+FFFE."""
    import pypdfium2

    pages = []
    with pypdfium2.PdfDocument(path) as file:
        for page in file:
            text = page.get_textpage()
            pages.append(text.get_text_range().replace("\r\n", "\n"))
            text.close()
            page.close()
    return re.sub("[\ufffe\x02]\n?", "", "\n".join(pages))


def pypdf_plain(path: Path) -> str:
    import pypdf

    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def pdfminer(path: Path) -> str:
    from pdfminer.high_level import extract_text

    return str(extract_text(path))


def kreuzberg(path: Path) -> str:
    from kreuzberg import extract_file_sync

    return str(extract_file_sync(path).content)


def pdftotext(path: Path) -> str:
    return subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, errors="replace").stdout


def pymupdf4llm(path: Path) -> str:
    import pymupdf4llm

    return str(pymupdf4llm.to_text(str(path), header=False, footer=False, use_ocr=False, show_progress=False))


READERS: dict[str, Reader] = {
    "PyMuPDF": pymupdf_raw,
    "PyMuPDF, dehyphenated": pymupdf_dehyphenated,
    "pypdfium2, repaired": pypdfium2_repaired,
    "pypdf": pypdf_plain,
    "pdfminer.six": pdfminer,
    "kreuzberg": kreuzberg,
    "pdftotext": pdftotext,
    "pymupdf4llm, layout model": pymupdf4llm,
    "Quire": quire,
}


@dataclass(frozen=True, slots=True)
class Run:
    """What a reader made of each file, its pages a second, and its speed as a share of raw PyMuPDF's."""

    texts: dict[str, str]
    pages_per_second: float
    of_raw: float


def read_all(name: str, files: Sequence[Path], repeat: int) -> Run | None:
    """Reader `name` over all `files`, in this process; None where it is not installed."""
    import pymupdf

    reader = READERS[name]
    try:
        reader(files[0])  # imports and models are not timed
    except (ModuleNotFoundError, FileNotFoundError):
        return None
    pages = sum(_page_count(pymupdf, file) for file in files)
    texts: dict[str, str] = {}
    own: list[float] = []
    raw: list[float] = []
    while len(own) < (1 if own and own[0] > SLOW else repeat):
        spent = raw_spent = 0.0
        for file in files:
            start = _processor_time()
            pymupdf_raw(file)
            between = _processor_time()
            texts[str(file)] = reader(file)
            spent, raw_spent = spent + _processor_time() - between, raw_spent + between - start
        own.append(spent)
        raw.append(raw_spent)
    ratios = [of_raw / of_own for of_own, of_raw in zip(own, raw, strict=True)]
    return Run(texts, pages / statistics.median(own), statistics.median(ratios))


def _page_count(pymupdf: ModuleType, file: Path) -> int:
    with pymupdf.open(file) as document:
        return int(document.page_count)


def _processor_time() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _alone(name: str, files: Sequence[Path], repeat: int) -> Run | None:
    """`read_all` in a process of its own, on one core."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_on_one_core) as pool:
        return pool.submit(read_all, name, files, repeat).result()


def _on_one_core() -> None:
    logging.disable()  # pypdf complains of every file that it repairs
    os.environ.update(OMP_NUM_THREADS="1", OMP_THREAD_LIMIT="1")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _document(path: Path) -> Document:
    return read_document(path, ReadSettings(ocr="never"), path.name)


def _figure(value: float | None, *, left: bool = False) -> str:
    if value is None:
        return "–"
    digits = 2 if left or value in (0.0, 1.0) else 3
    return f"{value:.{digits}f}".removeprefix("0") if 0 < value < 1 else f"{value:.0f}"


def _text_rows(
    runs: Mapping[str, Run], scores: Callable[[Run], Mapping[str, float | None]], names: Sequence[str]
) -> Rows:
    rows = []
    for reader, run in runs.items():
        found = scores(run)
        speed = [f"{run.pages_per_second:.0f}" if run.pages_per_second >= 10 else f"{run.pages_per_second:.1f}"]
        speed.append(f"{run.of_raw:.2f}")
        rows.append((reader, speed + [_figure(found.get(name), left=name in LEFT or "leak" in name) for name in names]))
    return rows


def own_scores(run: Run) -> Mapping[str, float | None]:
    """The measures of tests/reading_score.py over our own papers."""
    rows = []
    for name in papers():
        path = PDF / f"{name}.pdf"
        rows.append(score_text(truth(name), run.texts[str(path)], pymupdf_raw(path)))
    return mean(rows)


def _measure() -> ModuleType | None:
    """The project's shared measure, where it is at hand with what it needs."""
    path = SHARED / "measure" / "measure_extraction.py"
    if not path.is_file() or not importlib.util.find_spec("rapidfuzz"):
        return None
    spec = importlib.util.spec_from_file_location("measure_extraction", path)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _markdown_and_decisions() -> Rows:
    """What the shared measure says of Markdown and of the decision for OCR: its last line."""
    data = SHARED / "data" / "docs"
    rows: Rows = []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        for file in sorted((data / "open" / "markdown").iterdir()):
            blocks = _document(file).blocks
            text = "\n\n".join(block.text for block in blocks if block.kind in BODY_KINDS | {"heading"})
            (out / f"{file.name}.txt").write_text(text, encoding="utf-8")
        decisions = {
            file.stem: _decisions(file)
            for kind in ("scanned", "papers")
            for file in sorted((data / "open" / kind).glob("*.pdf"))
        }
        (out / "decisions.json").write_text(json.dumps(decisions), encoding="utf-8")
        for what, command in (("Markdown", "md"), ("pages for OCR", "decide")):
            said = subprocess.run(
                [sys.executable, SHARED / "measure" / "measure_extraction.py", command, folder, "--data", data],
                capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
            rows.append((what, [said.strip().splitlines()[-1]]))
    return rows


def _decisions(file: Path) -> list[bool]:
    """For each page whether its text layer was not what was read."""
    try:
        return [page.read_as != "text" for page in _document(file).pages]
    except UnreadableDocument:
        import pymupdf

        return [True] * _page_count(pymupdf, file)


def _show(console: Console, title: str, columns: Sequence[str], rows: Rows) -> str:
    """Prints a table, and returns it as Markdown."""
    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right" if len(columns) > 1 else "left")
    for name, cells in rows:
        table.add_row(name, *cells)
    console.print(table)
    lines = [f"| {' | '.join(['', *columns])} |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {' | '.join([name, *cells])} |" for name, cells in rows]
    return "\n".join([f"**{title}**", "", *lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables there, as Markdown")
    parser.add_argument("--repeat", type=int, default=3, help="how often fast readers are timed; the median counts")
    parser.add_argument("--only", nargs="+", choices=READERS, default=list(READERS), metavar="READER")
    asked = parser.parse_args()
    console = Console(width=max(Console().width, 148))
    own = [PDF / f"{name}.pdf" for name in papers()]
    measure, data = _measure(), SHARED / "data" / "docs"
    open_papers: list[dict[str, Any]] = measure.load(str(data), "open") if measure else []
    shared = [data / paper["pdf"] for paper in open_papers]
    runs: dict[str, Run] = {}
    shared_runs: dict[str, Run] = {}
    for name in asked.only:
        with console.status(f"{name} reads ..."):
            run = _alone(name, own, asked.repeat)
            more = _alone(name, shared, asked.repeat) if shared and run else None
        if run is None:
            console.print(f"[dim]{name} is not installed: pip install '.\\[bench]'")
            continue
        runs[name] = run
        if more:
            shared_runs[name] = more
    speed = ["pages/s", "of raw"]
    tables = [_show(console, "Our own papers", [*speed, *TEXT], _text_rows(runs, own_scores, TEXT))]
    if "Quire" in runs:
        kinds = mean(score_blocks(truth(name), _document(PDF / f"{name}.pdf")) for name in papers())
        values = [_figure(kinds[name], left=name in LEFT) for name in BLOCKS]
        tables.append(_show(console, "Quire's blocks that are what they should be", BLOCKS, [("Quire", values)]))
    if measure:
        columns = ("sent", "clean", "order", "xpage", "hyph", "leak_h", "leak_r", "leak_fn")

        def scores(run: Run) -> Mapping[str, float | None]:
            texts = ((paper, run.texts[str(data / paper["pdf"])]) for paper in open_papers)
            found: Mapping[str, float | None] = measure.agg([measure.score_one(p, str(data), t) for p, t in texts])
            return found

        tables.append(_show(console, "Open papers", [*speed, *columns], _text_rows(shared_runs, scores, columns)))
        tables.append(_show(console, "Markdown and OCR", ["measured"], _markdown_and_decisions()))
    if asked.write:
        asked.write.write_text("\n".join(tables), encoding="utf-8")


if __name__ == "__main__":
    main()
