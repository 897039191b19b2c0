"""What stands between paragraphs without being one: tables, formulas, listings, and the lettering of figures. A line of
them says little by itself; the caption above or below tells, or a formula among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from extractors.layout.captions import Float, about
from extractors.layout.context import TERMINATED, Labelled
from extractors.layout.equations import is_numbered
from extractors.records import BlockKind

_OF: dict[Float, BlockKind] = {"figure": "furniture", "table": "table", "algorithm": "code"}


def settled(labelled: Sequence[Labelled]) -> list[Labelled]:
    """`labelled` with each run of loose lines of the kind that its surroundings show."""
    labelled = _with_head_rows(labelled)
    result = list(labelled)
    for run in _runs(labelled):
        page = labelled[run[0]].line.page
        entries = [labelled[i] for i in run]
        kind = _by_captions(entries, _caption(labelled, run[0], -1, page), _caption(labelled, run[-1], 1, page))
        last: BlockKind | None = None
        for prose, part in groupby(run, key=lambda i: kind is None and labelled[i].kind == "paragraph"):
            if prose:
                last = None
                continue
            members = list(part)
            of = kind or _by_lines([labelled[i] for i in members])
            for i in members:
                result[i] = replace(labelled[i], kind=of, starts=last != of, level=None, loose=False)
                last = of
    return result


def _with_head_rows(labelled: Sequence[Labelled]) -> list[Labelled]:
    """`labelled` with the heads of tables loose that look like a line or two of text, though no sentence ends there."""
    result = list(labelled)
    for i in range(1, len(labelled)):
        row, above = labelled[i], labelled[i - 1]
        if not (row.loose and row.kind == "table") or above.kind != "paragraph" or above.loose:
            continue
        head = [i - 1] if above.starts else [i - 2, i - 1]
        first, last = labelled[head[0]], above
        if not first.starts or first.kind != "paragraph" or first.line.page != row.line.page:
            continue
        near = 0 < row.line.base - last.line.base < 1.8 * last.line.size
        if near and not TERMINATED.search(last.line.text):
            for n in head:
                result[n] = replace(labelled[n], loose=True, kind="table")
    return result


def _runs(labelled: Sequence[Labelled]) -> Iterator[list[int]]:
    """Indices of loose lines that only furniture parts, page by page."""
    run: list[int] = []
    for i, entry in enumerate(labelled):
        if run and (entry.line.page != labelled[run[0]].line.page or not (entry.loose or entry.kind == "furniture")):
            yield run
            run = []
        if entry.loose:
            run.append(i)
    if run:
        yield run


def _caption(labelled: Sequence[Labelled], index: int, step: int, page: int) -> Float | None:
    """What the caption next to a run is of, if it is a caption that stands there."""
    i = index + step
    while 0 <= i < len(labelled) and labelled[i].kind == "furniture" and not labelled[i].loose:
        i += step
    if not 0 <= i < len(labelled) or labelled[i].kind != "caption" or labelled[i].line.page != page:
        return None
    while i > 0 and not labelled[i].starts:
        i -= 1
    return about(labelled[i].line.text)


def _by_captions(run: Sequence[Labelled], above: Float | None, below: Float | None) -> BlockKind | None:
    if above is None and below is None:
        return None
    if above in ("table", "algorithm"):
        return _OF[above]
    if below is not None:
        return _OF[below]
    return None if any(e.kind == "equation" and is_numbered(e.line) for e in run) else "furniture"


def _by_lines(run: Sequence[Labelled]) -> BlockKind:
    kinds: set[BlockKind] = {entry.kind for entry in run}
    for kind in ("equation", "code", "table"):
        if kind in kinds:
            return kind
    return "furniture"
