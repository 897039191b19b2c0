"""What a person at the terminal sees of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

console = Console(stderr=True, highlight=False)


def say(message: str) -> None:
    """One line on standard error, which leaves standard output to what was asked for."""
    console.print(message, markup=False, soft_wrap=True)


@contextmanager
def bar(title: str, total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar; call what it yields with a word on each finished part. Plain lines where nobody watches."""
    if not console.is_terminal:
        say(f"{title} ({total})")
        yield lambda _: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[now]}"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(title, total=total, now="")
        yield lambda now: progress.update(task, advance=1, now=now[-40:])
