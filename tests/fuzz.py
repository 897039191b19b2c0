"""Damages documents, scans among them, reads each under a reader's limits and asks what was read: what comes out is a
Document and its pairs, or a reason, and in time.

    python -m tests.fuzz --seconds 60 --seed 1

Documents that come to anything else are kept in `fuzz-failures`; the exit status is then 1.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import psutil
import pymupdf

from augment.asking import Asked
from augment.settings import AskSettings
from extractors.errors import UnreadableDocument
from extractors.records import Document
from extractors.settings import ReadSettings
from flows.reading import read
from flows.work import ask_into
from flows.workers import in_worker, worker_pools
from tests.extractors import invariants
from tests.extractors.hostile import between, stream, text

LIMITS = ReadSettings(dpi=100, timeout_s=30, page_s=5, memory_gb=1.5, max_pages=50)
ASKING = AskSettings(generators=("rules",), timeout_s=30)
MARGIN_S = 30
"""Seconds on top of its limit within which a document must be done with: starting a fresh reader takes some."""
MOST_MIB = 200
"""By how much this process may grow, however much is read."""
RAW_DOCS = Path(__file__).parent.parent / "raw_docs"

Mutation = Callable[[random.Random, bytes, bytes], bytes]


def flip(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """A few bytes become others."""
    changed = bytearray(data)
    for _ in range(chance.choice([1, 4, 64])):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut(chance: random.Random, data: bytes, other: bytes) -> bytes:
    start, end = part(chance, data)
    return data[:start] + data[end:]


def end_early(chance: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def repeat(chance: random.Random, data: bytes, other: bytes) -> bytes:
    start, end = part(chance, data)
    return data[:end] + data[start:end] * chance.choice([1, 10, 200]) + data[end:]


def graft(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """A part becomes one of another document."""
    (start, end), (first, last) = part(chance, data), part(chance, other)
    return data[:start] + other[first:last] + data[end:]


def renumber(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """A few numbers become others: lengths, counts, references, boxes."""
    found = list(re.finditer(rb"-?\d+(?:\.\d+)?", data))
    for match in sorted(chance.sample(found, min(len(found), chance.choice([1, 3, 20]))), key=re.Match.start)[::-1]:
        number = chance.choice([b"0", b"-1", b"1", b"2", b"7", b"65536", b"2147483648", b"-9e30", b"1e-30", b"nan"])
        data = data[: match.start()] + number + data[match.end() :]
    return data


def rename(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """A name of a PDF becomes another of its names."""
    names = list(re.finditer(rb"/[A-Za-z]{2,}", data))
    if not names:
        return data
    match = chance.choice(names)
    return data[: match.start()] + chance.choice(names)[0] + data[match.end() :]


def nest(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """What may be nested, is, deeply."""
    opening = chance.choice(
        [b"> ", b"- ", b"[", b"(", b"*", b"<div>", b"<<", b"q ", b"`", b"$", b"![", b"\\(", b"<table>"]
    )
    place = chance.randrange(len(data))
    return data[:place] + opening * chance.choice([50, 1000, 20_000]) + data[place:]


def strange(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """Characters that no text has."""
    signs = [
        "\0",
        "\ufeff",
        "\u202e",
        "\u200b",
        "\u2028",
        "\U000e0041",
        "\r",
        "\x0b",
        "\x1b[2J",
        "a\u0301" * 500,
        "|" * 3000,
    ]
    sign = chance.choice([*(sign.encode() for sign in signs), b"\xff\xfe", b"\xc3(", b"\xed\xa0\x80"])
    lines = data.split(b"\n")
    for _ in range(chance.choice([1, 5, 50])):
        number = chance.randrange(len(lines))
        place = chance.randrange(len(lines[number]) + 1)
        lines[number] = lines[number][:place] + sign + lines[number][place:]
    return b"\n".join(lines)


MUTATIONS: tuple[Mutation, ...] = (flip, cut, end_early, repeat, graft, renumber, rename, nest, strange)


def part(chance: random.Random, data: bytes) -> tuple[int, int]:
    start = chance.randrange(len(data))
    return start, min(len(data), start + chance.choice([1, 16, 256, 4096]))


def seeds() -> dict[str, list[bytes]]:
    """Whole documents by the end of their names; PDFs as they are and with their streams laid open, so that damage goes
    deeper; and a few lines of each as a scan."""
    with tempfile.TemporaryDirectory() as folder:
        own = between(
            Path(folder) / "own.pdf", text("A page."), more=[stream(b"/Fm0 Do", b"/Type/XObject")]
        ).read_bytes()
    found: dict[str, list[bytes]] = {".pdf": [own], ".md": [], ".scan.pdf": []}
    for path in sorted(RAW_DOCS.rglob("*")):
        if path.suffix == ".md":
            found[".md"].append(path.read_bytes())
        elif path.suffix == ".pdf":
            found[".pdf"].append(path.read_bytes())
            with pymupdf.open(path) as pdf:
                found[".pdf"].append(pdf.tobytes(expand=255))
                found[".scan.pdf"] += scans(pdf)
    return found


def scans(pdf: pymupdf.Document) -> Iterator[bytes]:
    """The upper part of the first page as a picture and nothing else, as a JPEG and laid open."""
    part = pymupdf.Rect(pdf[0].rect.tl, pdf[0].rect.width, pdf[0].rect.height / 3)
    picture = pdf[0].get_pixmap(dpi=100, clip=part, colorspace=pymupdf.csGRAY)
    for data, expand in ((picture.tobytes("jpeg"), 0), (picture.tobytes("png"), 255)):
        with pymupdf.open() as scan:
            scan.new_page(width=part.width, height=part.height).insert_image(part, stream=data)
            yield scan.tobytes(expand=expand)


def mutants(seed: int) -> Iterator[tuple[str, bytes]]:
    """Damaged documents without end, by name; the same for the same seed."""
    whole = seeds()
    number = 0
    while True:
        number += 1
        chance = random.Random(f"{seed}:{number}")
        suffix = chance.choice(sorted(whole))
        data, other = chance.choice(whole[suffix]), chance.choice(whole[chance.choice(sorted(whole))])
        done = []
        for mutation in chance.choices(MUTATIONS, k=chance.choice([1, 2, 5])):
            data = mutation(chance, data, other) or b" "
            done.append(mutation.__name__)
        yield f"{number:06}-{'-'.join(done)}{suffix}", data


def outcome(folder: Path, name: str, data: bytes, workers: int) -> str:
    """What came of one document: 'read' or the reason why not. Raises whatever should not be."""
    path, made = folder / name, folder / "made" / f"{name}.json"
    path.write_bytes(data)
    began = time.monotonic()
    try:
        read(made, path, name, LIMITS, workers)
    except UnreadableDocument as error:
        assert error.reason and error.message and error.fix, f"no clear word: {error!r}"
        came = error.reason
    else:
        document = Document.model_validate_json(made.read_bytes())
        invariants.hold(document)
        ask(document, made, workers)
        ocr = any(page.read_as == "ocr" for page in document.pages)
        came = "read, by OCR too" if ocr else "read"
    assert time.monotonic() - began < LIMITS.timeout_s * 2 + ASKING.timeout_s + MARGIN_S, (
        f"took {time.monotonic() - began:.0f} s"
    )
    path.unlink()
    made.unlink(missing_ok=True)
    return came


def ask(document: Document, made: Path, workers: int) -> None:
    """Asks what was read. Raises what asking raises: whatever was read must do for it."""
    asked = made.with_suffix(".asked")
    in_worker("ask", workers, 0, ASKING.timeout_s, ask_into, asked, made, ASKING, None)
    for pair in Asked.model_validate_json(asked.read_bytes()).pairs:
        assert document.text[pair.char_start : pair.char_end] == pair.answer_span
    asked.unlink()


def fuzz(seconds: float, seed: int, workers: int, failures: Path) -> tuple[Counter[str], dict[str, str]]:
    """How often each outcome came, and by the names of the documents that are kept in `failures` what was wrong."""
    outcomes: Counter[str] = Counter()
    wrong: dict[str, str] = {}
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as kept, worker_pools(), ThreadPoolExecutor(workers) as threads:
        folder, under_way = Path(kept), dict[Future[str], tuple[str, bytes]]()
        made = mutants(seed)
        while under_way or time.monotonic() < until:
            while len(under_way) < workers and time.monotonic() < until:
                name, data = next(made)
                under_way[threads.submit(outcome, folder, name, data, workers)] = name, data
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                name, data = under_way.pop(future)
                if error := future.exception():
                    wrong[name] = f"{type(error).__name__}: {error}"
                    failures.mkdir(exist_ok=True)
                    (failures / name).write_bytes(data)
                else:
                    outcomes[future.result()] += 1
    return outcomes, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="the documents of a seed are always the same"
    )
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    print(f"Reading damaged documents for {options.seconds:g} s, seed {options.seed}.")
    this = psutil.Process()
    before = this.memory_info().rss
    outcomes, wrong = fuzz(options.seconds, options.seed, options.workers, Path("fuzz-failures"))
    grown = (this.memory_info().rss - before) / 2**20
    for reason, count in outcomes.most_common():
        print(f"{count:7} {reason}")
    print(f"This process grew by {grown:.0f} MiB.")
    for name, what in wrong.items():
        print(f"fuzz-failures/{name}: {what}")
    sys.exit(bool(wrong) or grown > MOST_MIB)


if __name__ == "__main__":
    main()
