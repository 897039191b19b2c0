"""Documents that belong together: versions of one another, and whoever quotes at length."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from augment.language.words import WORD
from augment.likeness.shingles import Numbers, different, held, numbers_of, shingles
from extractors import cores
from extractors.records import Document

WORDS = 5
"""Length of a shingle in words, which only copies share in numbers."""
VERSION = 0.5
"""Share of the shorter one's shingles that makes versions: a PDF and its Markdown or its scan share .86 and more, a
version with a tenth of its sentences rewritten as much, papers of one field at most .01."""
PASSAGE = 160
"""Shingles, about a passage of them."""
MOST_FAMILIES = 3
"""A passage found in more families than this is boilerplate, or a form that authors fill in."""
MARKS_OF_A_LICENCE = 3
ROWS = 64

_SHARED_SECTION = re.compile(
    r"[\W\d]*(?:references|bibliography|works cited|further reading|acknowledge?ments?|licen[cs]e|copyright|funding"
    r"|(?:author|credit)\b.{0,12} contributions?|(?:conflicts?|declarations?) of|competing|data availability"
    r"|code of conduct|contributing|(?:how to )?cit(?:e|ation|ing)\b|(?:neurips |paper |reproducibility )*checklist)",
    re.IGNORECASE,
)
_LICENCE = re.compile(
    r"\b(?:licen[cs]e|copyright|permission|granted|creative commons|warrant(?:y|ies)|redistribut|rights reserved|copies"
    r"|attribution|non-?commercial|liab(?:le|ility)|as is)",
    re.IGNORECASE,
)


def own_words(document: Document) -> str:
    """The body text of `document` that is its own: without references, acknowledgements and licences, which documents
    share that have nothing else in common."""
    return "\n\n".join(
        block.text
        for block in document.blocks
        if block.start is not None
        and not any(_SHARED_SECTION.match(name) for name in block.section)
        and len({mark.lower() for mark in _LICENCE.findall(block.text)}) < MARKS_OF_A_LICENCE
    )


def shingles_of_text(text: str) -> Numbers:
    """The different runs of words in a text, as sorted numbers of 64 bits."""
    return shingles(numbers_of(word.lower() for word in WORD.findall(text)), WORDS)


def families(found: Mapping[str, Numbers], threshold: float) -> dict[str, str]:
    """The family of each document, by doc_id, from the shingles of its `own_words`: the first 16 digits of the
    smallest doc_id among its kin.

    Documents are kin where they share half the shingles of the shorter one: a paper as PDF, as Markdown and as a scan,
    two versions. They are kin too where they share `threshold` of a passage, as a survey and what it quotes; what many
    families share is nobody's own and does not count there. Kinship is carried on: families are connected components.
    """
    names = sorted(found)
    if not names:
        return {}
    holds, sizes = held([found[name] for name in names])
    versions = _sharing(holds, lambda one, two: VERSION * np.minimum(sizes[one], sizes[two]))
    cells = holds.tocoo()
    by_shingle_and_family = cells.col.astype(np.int64) * len(names) + _components(len(names), versions)[cells.row]
    by_shingle_and_family.sort()
    holders = np.bincount(different(by_shingle_and_family) // len(names), minlength=holds.shape[1])
    own = holds[:, holders <= MOST_FAMILIES]
    quotes = _sharing(own, lambda one, two: np.full(len(one), threshold * PASSAGE))
    labels = _components(len(names), np.concatenate((versions, quotes), axis=1))
    eldest: dict[int, str] = {}
    for name, label in zip(names, labels, strict=True):
        eldest.setdefault(int(label), name[:16])
    return {name: eldest[int(label)] for name, label in zip(names, labels, strict=True)}


def joined(families: Mapping[str, str], kin: Iterable[tuple[str, str]]) -> dict[str, str]:
    """`families` with those of each two documents of `kin` made one."""
    named = dict(families)
    for one, two in kin:
        first, second = sorted((named[one], named[two]))
        if first != second:
            named = {document: first if family == second else family for document, family in named.items()}
    return named


def _sharing(holds: csr_array, enough: Callable[[Numbers, Numbers], Numbers]) -> Numbers:
    """The pairs of rows that share `enough` columns, shape (2, pairs); few rows at a time, so that memory stays flat
    however many pairs share something."""
    by_column = holds.T.tocsr()

    def of_rows(first: int) -> Numbers:
        shared = (holds[first : first + ROWS] @ by_column).tocoo()
        one, two = shared.row.astype(np.int64) + first, shared.col.astype(np.int64)
        kin = (one < two) & (shared.data >= enough(one, two))
        return np.stack((one[kin], two[kin]))

    with ThreadPoolExecutor(cores.count()) as threads:  # which scipy lets run side by side
        return np.concatenate([*threads.map(of_rows, range(0, holds.shape[0], ROWS))], axis=1)


def _components(count: int, pairs: Numbers) -> Numbers:
    """The number of the connected component of each of `count` rows, linked by `pairs`."""
    links = csr_array((np.ones(pairs.shape[1]), (pairs[0], pairs[1])), shape=(count, count))
    labels: Numbers = connected_components(links, directed=False)[1]
    return labels
