"""What a person at the terminal sees of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column

console = Console(stderr=True, highlight=False)

PACE_S = 300.0
"""Seconds over which a pace is taken: a step of a large model takes as long as other bars last."""


def say(message: str) -> None:
    """One line on standard error, which leaves standard output to what was asked for."""
    console.print(message, markup=False, soft_wrap=True)


class Advance(Protocol):
    """Tell of one more finished part, or that `done` of `total` are, with a word on what is going on now."""

    def __call__(self, now: str, done: int | None = None, total: int | None = None) -> None: ...


@contextmanager
def bar(title: str, total: int | None) -> Iterator[Advance]:
    """A progress bar; one plain line where nobody watches."""
    if not console.is_terminal:
        say(title if total is None else f"{title} ({total})")
        yield lambda now, done=None, total=None: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=min(40, console.width // 8)),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        # Takes what is left of the line, and is what is cut where that is too little.
        TextColumn("[dim]{task.fields[now]}", table_column=Column(ratio=1, no_wrap=True)),
    )
    with Progress(*columns, console=console, expand=True, speed_estimate_period=PACE_S) as progress:
        task = progress.add_task(title, total=total, now="")

        def advance(now: str, done: int | None = None, total: int | None = None) -> None:
            now = escape(now[-60:])
            if done is None:
                progress.update(task, advance=1, now=now)
            else:
                progress.update(task, completed=done, total=total, now=now)

        yield advance
