"""How well and how cheaply Quire reads scans, and which pages it takes for scans: `python -m tests.bench_ocr`.

Beside plain `pytesseract.image_to_string` at 300 dpi, page by page in the same run, and beside a test of the length of
the text. Time is processor time, tesseract's processes included. The scans are made of the sample documents, and those
of ../shared/data are read as well where they are there.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import statistics
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pymupdf
from rich.console import Console
from rich.table import Table

from extractors.pages.each import read_pages
from extractors.settings import ReadSettings
from tests.extractors.hard_pages import digital, hard_pages, scanned

SHARED = Path(__file__).parents[2] / "shared" / "data" / "docs"
SHORT = 50
"""Characters below which the test of length takes a page for a scan."""
_GOES_ON = re.compile(r"(\w)-\s*\n\s*([a-z])")
_ALIKE = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u00ad": None})


class Scanned(NamedTuple):
    """Page `number`, from 0, of a document, and what stands on it."""

    name: str
    file: pymupdf.Document
    number: int
    truth: str


class Score(NamedTuple):
    error: float
    seconds: float
    plain_error: float
    plain_seconds: float


def own_scans() -> Iterator[Scanned]:
    one, two = digital("attention-and-transformers"), digital("lora-and-qlora")
    notes = digital("overfitting-and-regularisation")
    for name, page, dpi, degrees, bilevel, quarters in [
        ("one column, 300 dpi", one[1], 300, 0.0, True, 0),
        ("one column, 200 dpi, askew", one[2], 200, 1.2, False, 0),
        ("one column, 200 dpi, very askew", notes[0], 200, -6.0, False, 0),
        ("one column, 150 dpi", notes[1], 150, 0.4, False, 0),
        ("one column, sideways", one[0], 200, 0.8, True, 1),
        ("one column, upside down", one[1], 200, -0.8, False, 2),
        ("two columns, 300 dpi", two[1], 300, 0.0, True, 0),
        ("two columns, 200 dpi, askew", two[2], 200, -1.5, False, 0),
    ]:
        file = scanned(page, dpi, degrees, bilevel)
        file[0].set_rotation(90 * quarters)
        yield Scanned(name, file, 0, page.get_text())


def shared_scans() -> Iterator[Scanned]:
    for scan in _listed():
        for page in scan["pages"]:
            truth = (SHARED / page["truth"]).read_text("utf-8")
            yield Scanned(f"{scan['id']} {page['page'] + 1}", pymupdf.open(SHARED / scan["file"]), page["page"], truth)


def character_error(truth: str, text: str) -> float:
    """Levenshtein distance over the length of `truth`, quotes, dashes and words broken at line ends aside."""
    from rapidfuzz.distance import Levenshtein

    def plain(printed: str) -> str:
        joined = _GOES_ON.sub(r"\1\2", printed.translate(_ALIKE))
        return " ".join(re.sub("[\u2013\u2014]", "-", unicodedata.normalize("NFKC", joined)).split())

    return Levenshtein.distance(plain(truth), plain(text)) / max(1, len(plain(truth)))


def score(scan: Scanned) -> Score:
    start = _processor_time()
    plain = _plain(scan.file[scan.number])
    between = _processor_time()
    [read] = read_pages(scan.file, [scan.number + 1], ReadSettings(ocr="always"))
    seconds = _processor_time() - between
    text = "\n".join(line.text for line in read.sheet.lines)
    return Score(character_error(scan.truth, text), seconds, character_error(scan.truth, plain), between - start)


def _plain(page: pymupdf.Page) -> str:
    import pytesseract
    from PIL import Image

    pixels = page.get_pixmap(dpi=300, colorspace=pymupdf.csGRAY)
    return str(pytesseract.image_to_string(Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)))


def _processor_time() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _listed() -> list[dict[str, Any]]:
    file = SHARED / "open" / "truth" / "scanned.json"
    return json.loads(file.read_text("utf-8")) if file.is_file() else []


class Decision(NamedTuple):
    name: str
    needed: bool
    short: bool
    read_by_ocr: bool
    reason: str


def decisions() -> Iterator[Decision]:
    """What was decided for the hard pages, and for the pages of the sample documents that are not scanned."""
    for page in hard_pages():
        yield from _decided(page.name, page.file, [page.needs_ocr])
    for name in (
        "attention-and-transformers",
        "lora-and-qlora",
        "decoding-strategies",
        "overfitting-and-regularisation",
    ):
        file = digital(name)
        yield from _decided(name, file, [False] * file.page_count)
    for scan in _listed():
        if wanted := [page["needs_ocr"] for page in scan.get("expected_ocr", ())]:
            yield from _decided(scan["id"], pymupdf.open(SHARED / scan["file"]), wanted)


def _decided(name: str, file: pymupdf.Document, needed: list[bool]) -> Iterator[Decision]:
    for read, wanted in zip(read_pages(file, range(1, len(needed) + 1), ReadSettings()), needed, strict=True):
        text = file[read.page.number - 1].get_text()
        yield Decision(
            f"{name}, page {read.page.number}",
            wanted,
            len(text.strip()) < SHORT,
            read.page.read_as == "ocr",
            read.page.reason,
        )


def main() -> None:
    console = Console()
    if shutil.which("tesseract") is None:
        console.print("No tesseract: nothing to measure. Install it: apt-get install tesseract-ocr (Debian).")
        sys.exit(0)
    os.environ["OMP_THREAD_LIMIT"] = "1"  # for plain tesseract too, which would take minutes a page without
    for title, scans in (("Scans of our own", own_scans()), ("Scans of ../shared/data", shared_scans())):
        _show_scores(console, title, {scan.name: score(scan) for scan in scans})
    _show_decisions(console, list(decisions()))


def _show_scores(console: Console, title: str, scores: dict[str, Score]) -> None:
    if not scores:
        return
    table = Table(title=title, title_justify="left")
    table.add_column("scan", no_wrap=True)
    for column in ("wrong", "plain", "CPU s", "of plain"):
        table.add_column(column, justify="right")
    for name, found in scores.items():
        table.add_row(name, *_row(found))
    columns = list(zip(*scores.values(), strict=True))
    table.add_section()
    table.add_row("mean", *_row(Score(*map(statistics.mean, columns))))
    table.add_row("median", *_row(Score(*map(statistics.median, columns))))
    console.print(table)


def _row(found: Score) -> list[str]:
    ratio = found.seconds / found.plain_seconds
    return [f"{found.error:.3f}", f"{found.plain_error:.3f}", f"{found.seconds:.2f}", f"{ratio:.2f}"]


def _show_decisions(console: Console, found: list[Decision]) -> None:
    table = Table("taken for a scan", title="Which pages OCR is for", title_justify="left")
    needed = sum(decision.needed for decision in found)
    table.add_column("found", justify="right")
    table.add_column("false alarms", justify="right")
    for name, taken in (
        ("by Quire", [decision.read_by_ocr for decision in found]),
        (f"by less than {SHORT} characters", [decision.short for decision in found]),
    ):
        right = sum(decision.needed and one for decision, one in zip(found, taken, strict=True))
        table.add_row(name, f"{right} of {needed}", f"{sum(taken) - right} of {len(found) - needed}")
    console.print(table)
    for decision in found:
        if decision.read_by_ocr != decision.needed:
            console.print(f"wrong: {decision.name} ({decision.reason})")


if __name__ == "__main__":
    main()
