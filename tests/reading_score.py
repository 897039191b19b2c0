"""How well the text of a paper was read, against what its LaTeX says.

Every measure is a share between 0 and 1, or None where a paper has nothing of the kind. Of the text alone:

    whole       sentences whose letters and digits stand in the text without a break
    exact       sentences that stand there word by word: no broken words, no ligatures, no glued words
    order       neighbouring sentences found that stand in the order of the paper
    across      sentences that a page, a column or a float interrupts on paper, and that are whole in the text
    hyphens     sentences with compounds that keep each hyphen, and get no new one
    captions    captions that are whole
    heads       running heads and feet, stamps, addresses and small print that are left in the text: 0 is best
    references  pieces of the reference list that are left: 0 is best
    footnotes   footnotes that are left: 0 is best
    cells       rows of tables and labels in drawings that are left: 0 is best

Of the blocks, the share that is what it should be:

    title, headings (with their level), caption, list, table, equation, reference, footnote

and `stray`, the share of body blocks that have nothing of the paper's prose in them: 0 is best.
"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from extractors.records import BODY_KINDS, Document
from tests.papers.truth import SOMETHING, Truth

Scores = Mapping[str, float | None]

TEXT = ("whole", "exact", "order", "across", "hyphens", "captions", "heads", "references", "footnotes", "cells")
BLOCKS = ("title", "headings", "caption", "list", "table", "equation", "reference", "footnote", "stray")
LEFT = frozenset({"heads", "references", "footnotes", "cells", "stray"})
"""The measures of which less is better."""

_QUOTES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-", "\u00ad": None})
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_PIECE = 28


def letters(text: str) -> str:
    """The letters and digits of `text` in lower case and nothing between them, modifiers such as ʰ left out."""
    return "".join(
        c
        for c in unicodedata.normalize("NFKC", text).lower()
        if unicodedata.category(c)[0] in "LN" and unicodedata.category(c) != "Lm"
    )


def words(text: str) -> str:
    """The words of `text` in lower case, each between spaces, with the hyphens that they have inside."""
    return f" {' '.join(_WORD.findall(unicodedata.normalize('NFKC', text.translate(_QUOTES)).lower()))} "


def score_text(truth: Truth, text: str, printed: str) -> Scores:
    """The measures of the text that a reader made of a paper. `printed` is what the PDF holds, in its own order: what
    is whole there was not interrupted."""
    seen, seen_words = letters(text), words(text)
    without_hyphens = seen_words.replace("-", "")
    on_paper = letters(printed)
    places = [seen.find(letters(sentence)) for sentence in truth.sentences]
    found = [place for place in places if place >= 0]
    interrupted = [
        place
        for place, sentence in zip(places, truth.sentences, strict=True)
        if _is_interrupted(letters(sentence), on_paper)
    ]
    compounds = [sentence for sentence in truth.sentences if "-" in words(sentence)]
    references = [piece for entry in truth.references for piece in _pieces(letters(entry))]
    apart = [letters(part) for part in (*truth.heads, *truth.furniture)]
    own = letters(truth.title + truth.prose)
    cells = [letters(" ".join(row)) for row in truth.rows] + [letters(label) for label in truth.labels]
    return {
        "whole": _share(place >= 0 for place in places),
        "exact": _share(words(sentence).replace("-", "") in without_hyphens for sentence in truth.sentences),
        "order": _share(b > a for a, b in pairwise(found)),
        "across": _share(place >= 0 for place in interrupted),
        "hyphens": _share(words(sentence) in seen_words for sentence in compounds),
        "captions": _share(_holds(seen, caption) for caption in truth.captions),
        "heads": _share(seen.count(part) > own.count(part) for part in apart),
        "references": _share(piece in seen for piece in references),
        "footnotes": _share(_holds(seen, note) for note in truth.footnotes),
        "cells": _share(cell in seen and cell not in own for cell in cells),
    }


def score_blocks(truth: Truth, document: Document) -> Scores:
    """The measures of the blocks of `document`: what each part of the paper was taken for."""
    by_kind: dict[str, list[str]] = {}
    for block in document.blocks:
        by_kind.setdefault(block.kind, []).append(letters(block.text))
    headings = [(b.level, letters(b.text)) for b in document.blocks if b.kind == "heading" and b.level]
    wanted = [(level, letters(text)) for level, text in truth.headings if level < 4]
    right = sum(
        any(level == wanted_level and text.endswith(name) and len(text) <= len(name) + 12 for level, text in headings)
        for wanted_level, name in wanted
    )
    named = {letters(text) for _, text in truth.headings} | {letters(name) for name in _NAMED}
    wrong = sum(not (any(text.endswith(name) for name in named) or _STATEMENT.match(text)) for _, text in headings)
    prose = words(truth.prose)
    body = [block.text for block in document.blocks if block.kind in BODY_KINDS]

    def kept(kind: str, parts: Sequence[str], *, alone: bool = False) -> float | None:
        return _share(
            any(
                _holds(block, part) and (not alone or len(block) < 1.6 * len(letters(part)) + 12)
                for block in by_kind.get(kind, [])
            )
            for part in parts
        )

    return {
        "title": float(letters(document.title) == letters(truth.title)),
        "headings": right / (len(wanted) + wrong) if wanted else None,
        "caption": kept("caption", truth.captions, alone=True),
        "list": kept("list", truth.items),
        "table": kept("table", [" ".join(row) for row in truth.rows]),
        "equation": kept("equation", truth.equations),
        "reference": kept("reference", truth.references, alone=True),
        "footnote": kept("footnote", truth.footnotes, alone=True),
        "stray": _share(not _shares_words(words(text), prose) for text in body),
    }


def mean(rows: Iterable[Scores]) -> dict[str, float | None]:
    """The mean of each measure over the papers that have it."""
    rows = list(rows)
    names = dict.fromkeys(name for row in rows for name in row)
    values = {name: [row[name] for row in rows if row.get(name) is not None] for name in names}
    return {name: statistics.mean(found) if found else None for name, found in values.items()}


_NAMED = ("Abstract", "Summary", "References", "Acknowledgments", "Acknowledgements", "CCS Concepts", "Keywords")
"""Headings that a class sets by itself, besides those of the source."""

_STATEMENT = re.compile(r"(theorem|lemma|definition|proof)\d*$")


def _share(hits: Iterable[bool]) -> float | None:
    found = list(hits)
    return sum(found) / len(found) if found else None


def _holds(seen: str, text: str) -> bool:
    """Whether `seen` has all of `text` between the formulas in it, in order."""
    at = 0
    for part in text.split(SOMETHING):
        at = seen.find(letters(part), at)
        if at < 0:
            return False
        at += len(letters(part))
    return True


def _is_interrupted(sentence: str, printed: str) -> bool:
    """Whether `sentence` stands in `printed` in two pieces and not in one."""
    if sentence in printed:
        return False
    return any(sentence[:i] in printed and sentence[i:] in printed for i in range(8, len(sentence) - 8))


def _pieces(text: str) -> list[str]:
    """The beginning, the middle and the end of a reference: a reader may drop some of its lines."""
    middle = len(text) // 2
    return [text[:_PIECE], text[middle : middle + _PIECE], text[-_PIECE:]]


def _shares_words(text: str, prose: str, run: int = 3) -> bool:
    """Whether some `run` words in a row of `text` stand in `prose`, or all of it does."""
    parts = text.split()
    runs = (f" {' '.join(parts[i : i + run])} " for i in range(max(1, len(parts) - run + 1)))
    return any(part in prose for part in runs)
