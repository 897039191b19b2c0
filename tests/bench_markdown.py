"""How Markdown readers bear hostile input: seconds each takes for it, python-markdown beside the reader of Quire.

    python -m tests.bench_markdown

It is why Quire does not read through python-markdown: a document of 100 kB that takes minutes, or the whole stack, is
one that anybody can drop into the folder.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

LIMIT_S = 20
BEFORE, AFTER = "Some words before.", "Some words after."
HOSTILE = {
    "30,000 x '['": "[" * 30_000,
    "15,000 x '!['": "![" * 15_000,
    "15,000 x '<a '": "<a " * 15_000,
    "10,000 x '[a]('": "[a](" * 10_000,
    "10,000 x '[^'": "[^" * 10_000,
    "20,000 x '*a '": "*a " * 20_000,
    "20,000 x '<!-- '": "<!-- " * 20_000,
    "5,000 x '<div>'": "<div>" * 5_000,
    "a list 300 deep": "\n".join("    " * depth + "- item" for depth in range(300)),
    "a quote 500 deep": "> " * 500 + "deep",
    "3,000 footnotes": "\n\n".join(f"x[^{n}]\n\n[^{n}]: note {n}" for n in range(3_000)),
    "100,000 spaces": "a" + " " * 100_000 + "b",
}


def by_python_markdown(text: str) -> str:
    from markdown import markdown

    return markdown(text, extensions=["extra"])


def by_quire(text: str) -> str:
    from extractors import ReadSettings, read_document

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hostile.md"
        file.write_text(text)
        return read_document(file, ReadSettings(), file.name).text


def outcome(reader: Callable[[str], str], text: str) -> str:
    """Seconds of processor time, or how the reader failed, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    result, answer = context.Pipe(duplex=False)
    process = context.Process(target=_tried, args=(answer, reader, f"{BEFORE}\n\n{text}\n\n{AFTER}\n"))
    process.start()
    said: str = result.recv() if result.poll(LIMIT_S + 10) else f"over {LIMIT_S} s"
    process.kill()
    process.join()
    return said


def _tried(answer: multiprocessing.connection.Connection, reader: Callable[[str], str], text: str) -> None:
    reader("Warm up.")
    start = time.process_time()
    try:
        read = reader(text)
    except Exception as error:
        answer.send(type(error).__name__)
        return
    seconds = time.process_time() - start
    lost = "" if BEFORE in read and AFTER in read else ", text lost"
    answer.send(f"over {LIMIT_S} s" if seconds > LIMIT_S else f"{seconds:.2f}{lost}")


def main() -> None:
    table = Table("input", "python-markdown with extra", "Quire", title="Hostile Markdown, processor seconds")
    for name, text in HOSTILE.items():
        table.add_row(escape(name), outcome(by_python_markdown, text), outcome(by_quire, text))
    Console().print(table)


if __name__ == "__main__":
    main()
