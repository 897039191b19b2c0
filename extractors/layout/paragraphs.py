"""Labelled lines become pieces: joined over columns and pages, hyphens repaired, note marks dropped."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby

from extractors.cleaning import LOWERED, SUPERSCRIPTS
from extractors.documents import Part, Piece, union
from extractors.hyphens import joint, vocabulary
from extractors.layout.context import Labelled
from extractors.layout.lists import without_mark
from extractors.layout.tables import cells
from extractors.pages.writing import FORMULA
from extractors.records import BlockKind, Box
from extractors.sentences import sentence_spans

_DIGITS = SUPERSCRIPTS[:10]
_NOTE = re.compile(
    rf"(?:(?<=[^\W\d_][^\W\d_])|(?<=[.,;:)\]”\"’']))[{_DIGITS}][{_DIGITS},]*(?=[\s.,;:)\]]|$)",
)


def pieces(parts: Iterable[Sequence[Labelled]]) -> Iterator[Piece]:
    """Blocks in reading order. A paragraph that a note or a page break interrupts stays one block; one that a formula
    does goes on after a mark in its place; a figure or table is set between two of its sentences.

    How a hyphen is repaired depends on the words of the document up to the end of the part it stands in.
    """
    words: Counter[str] = Counter()
    notes: dict[int, set[str]] = {}
    open_: list[Labelled] = []
    for part in parts:
        words.update(vocabulary(entry.line.text for entry in part))
        notes.update(_note_numbers(part))
        # The last paragraph may go on in the next part.
        starts = (n for n in reversed(range(len(part))) if part[n].starts and part[n].kind in ("heading", "paragraph"))
        cut = next(starts, len(part))
        yield from _placed([*open_, *part[:cut]], words, notes)
        open_ = list(part[cut:])
    yield from _placed(open_, words, notes)


def _placed(labelled: Sequence[Labelled], words: Counter[str], notes: dict[int, set[str]]) -> list[Piece]:
    blocks = _blocks(labelled)
    parts = [_parts(block, labelled, words, notes) for block in blocks]
    made = [
        Piece(labelled[block[0]].kind, tuple(chain(*lines)), labelled[block[0]].level)
        for block, lines in zip(blocks, parts, strict=True)
    ]
    placed: list[Piece] = []
    n = 0
    while n < len(blocks):
        last = blocks[n][-1]
        within = [m for m in range(n + 1, len(blocks)) if blocks[m][0] < last]
        lengths = [sum(len(part.text) for part in line) for line in parts[n]]
        placed += _around(made[n], blocks[n], lengths, [(made[m], blocks[m][0]) for m in within])
        n += 1 + len(within)
    return placed


def _blocks(labelled: Sequence[Labelled]) -> list[list[int]]:
    """The indices of the lines of each block. What stands between two lines of a paragraph follows it."""
    blocks: list[list[int]] = []
    open_: dict[BlockKind, list[int]] = {}
    for i, entry in enumerate(labelled):
        flow: BlockKind = "paragraph" if entry.kind == "list" else entry.kind
        block = open_.get(flow)
        if block and (entry.kind == "list" or not entry.starts) and labelled[block[0]].kind == entry.kind:
            block.append(i)
            continue
        if entry.kind == "heading":
            open_.clear()
        elif entry.kind != "furniture":
            open_ = {kind: block for kind, block in open_.items() if kind in ("paragraph", "furniture")}
        open_[flow] = [i]
        blocks.append(open_[flow])
    return blocks


def _around(
    paragraph: Piece, lines: Sequence[int], lengths: Sequence[int], within: Sequence[tuple[Piece, int]]
) -> list[Piece]:
    """`paragraph`, and what it was set around, each with the index of its first line; `lines` are the indices of the
    paragraph's, `lengths` their characters. Figures and tables stand where they were set, but between two sentences."""
    placed: list[Piece] = []
    after: list[Piece] = []
    rest, done = paragraph, 0
    for at, group in groupby(within, key=lambda entry: bisect_left(lines, entry[1])):
        here = [piece for piece, _ in group]
        if not any(piece.kind in ("caption", "table", "code") for piece in here):
            after += here
            continue
        first, rest = _cut(rest, sum(lengths[:at]) - done)
        placed += [*first, *here]
        done = sum(lengths) - sum(len(part.text) for part in rest.parts)
    return [*placed, rest, *after]


def _cut(piece: Piece, offset: int) -> tuple[list[Piece], Piece]:
    """`piece` in two, before the sentence that runs over character `offset`; only `piece` if that is its first."""
    text = "".join(part.text for part in piece.parts)
    at = next((start for start, end in sentence_spans(text) if end > offset), 0)
    if not at:
        return [], piece
    first: list[Part] = []
    rest: list[Part] = []
    for part in piece.parts:
        cut = min(max(at, 0), len(part.text))
        first += [replace(part, text=part.text[:cut], box=_share(part, 0, cut))] if cut else []
        rest += [replace(part, text=part.text[cut:], box=_share(part, cut, len(part.text)))] if part.text[cut:] else []
        at -= len(part.text)
    first[-1] = replace(first[-1], text=first[-1].text.rstrip())
    return [replace(piece, parts=tuple(first))], replace(piece, parts=tuple(rest))


def _share(part: Part, start: int, end: int) -> Box | None:
    """The box of characters `start` to `end` of a part."""
    if part.box is None:
        return None
    left, top, right, bottom = part.box
    step = (right - left) / max(len(part.text), 1)
    return left + step * start, top, left + step * end, bottom


def _note_numbers(labelled: Iterable[Labelled]) -> dict[int, set[str]]:
    """The marks of the footnotes of each page."""
    notes: dict[int, set[str]] = {}
    for entry in labelled:
        if entry.kind == "footnote":
            mark = entry.line.mark or (re.match(r"\d{1,2}", entry.line.text) or [""])[0]
            notes.setdefault(entry.line.page, set()).update({mark} - {""})
    return notes


def _parts(
    block: Sequence[int], labelled: Sequence[Labelled], words: Counter[str], notes: dict[int, set[str]]
) -> list[list[Part]]:
    """The text of each line of a block, with what joins it to the next one."""
    entries = [labelled[i] for i in block]
    kind = entries[0].kind
    texts = [_without_notes(e.line.text, notes.get(e.line.page, set())) for e in entries]
    if kind == "list":
        texts = [without_mark(t) if e.starts else t for t, e in zip(texts, entries, strict=True)]
    elif kind == "table":
        texts = [cells(e.line.text, e.line.gaps) for e in entries]
    parts: list[list[Part]] = []
    for n, entry in enumerate(entries):
        text, formula = texts[n], []
        if n + 1 < len(entries):
            if kind in ("table", "code", "equation") or (kind == "list" and entries[n + 1].starts):
                text += "\n"
            elif formula := [e.line for e in labelled[block[n] + 1 : block[n + 1]] if e.kind == "equation"]:
                text += " "
            else:
                text = "".join(joint(text, texts[n + 1], words))
        parts.append([Part(text, entry.line.page, entry.line.box)])
        if formula:
            box = union([line.box for line in formula if line.page == formula[0].page])
            parts[-1].append(Part(f"{FORMULA} ", formula[0].page, box))
    return parts


def _without_notes(text: str, numbers: set[str]) -> str:
    if not numbers:
        return text
    return _NOTE.sub(lambda m: "" if set(m[0].translate(LOWERED).split(",")) <= numbers else m[0], text)
