"""Runs of neighbours in a text, its shingles, as numbers; and which texts share them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from extractors import cores

Numbers = NDArray[Any]

ROWS, COMPARED = 512, 16384
"""Rows, and pairs of rows, that are looked at in one go."""
MORE = 4
"""Shingles that rows must share besides one to be compared: to count a few more takes less than to compare."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def shingles(numbers: Numbers, length: int) -> Numbers:
    """The different runs of `length` of `numbers` (all of them, if they are fewer), each mixed to 64 bits, sorted."""
    length = min(length, len(numbers))
    mixed = np.zeros(len(numbers) - length + 1 if length else 0, np.uint64)
    for place in range(length):
        mixed = mixed * _FACTOR + numbers[place : place + len(mixed)]
    mixed.sort()
    return different(mixed)


def different(numbers: Numbers) -> Numbers:
    """Those of the sorted `numbers` that differ; np.unique takes up to ten times as long."""
    first = np.ones(len(numbers), bool)
    np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
    return numbers[first]


@lru_cache(1 << 18)
def number_of(word: str) -> int:
    """64 bits that stand for `word`, in any process."""
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")


def numbers_of(words: Iterable[str]) -> Numbers:
    return np.array([number_of(word) for word in words], np.uint64)


def shingles_of_characters(text: str, length: int) -> Numbers:
    return shingles(np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64), length)


def held(found: Sequence[Numbers]) -> tuple[csr_array, Numbers]:
    """Which text (row) holds which of the shingles that two or more hold, and how many different ones each text has."""
    sizes = np.array([len(each) for each in found])
    every = np.concatenate(found)
    ordered = np.sort(every)
    shared = different(ordered[1:][ordered[1:] == ordered[:-1]])
    ends = np.cumsum([0, *sizes])
    parts = [every[ends[first] : ends[min(first + ROWS, len(found))]] for first in range(0, len(found), ROWS)]
    with ThreadPoolExecutor(cores.count()) as threads:  # numpy and scipy let them run side by side
        places = np.concatenate([*threads.map(lambda part: _places(shared, part), parts)])
    there = places >= 0
    held_before = np.concatenate(([0], np.cumsum(there)))
    ones = np.ones(held_before[-1], np.int32)
    return csr_array((ones, places[there], held_before[ends]), shape=(len(found), len(shared))), sizes


def _places(among: Numbers, wanted: Numbers) -> Numbers:
    """Where among the sorted different numbers of `among` each of `wanted` stands, -1 for those that are not there."""
    if not len(among):
        return np.full(len(wanted), -1, np.int32)
    places = np.minimum(np.searchsorted(among, wanted), len(among) - 1)
    found: Numbers = np.where(among[places] == wanted, places, -1).astype(np.int32)
    return found


def alike(holds: csr_array, sizes: Numbers, threshold: float, since: int = 0) -> Iterator[tuple[int, int, float]]:
    """The pairs of rows, the later one first and not before `since`, whose Jaccard likeness is at least `threshold`,
    and that: all, exactly.

    Two rows so much alike share one of the few shingles that are their rarest (Chaudhuri, Ganti and Kaushik 2006), and
    `MORE` besides among as many of the next ones (Wang, Li and Feng 2012), so only rows that do are compared.
    """
    rarest = _rarest(holds, sizes, threshold)
    by_shingle = rarest.T.tocsr()

    def of_rows(first: int) -> list[tuple[int, int, float]]:
        sharing = (rarest[first : first + ROWS] @ by_shingle).tocoo()
        later, earlier = sharing.row.astype(np.int64) + first, sharing.col.astype(np.int64)
        least, most = np.minimum(sizes[later], sizes[earlier]), np.maximum(sizes[later], sizes[earlier])
        enough = sharing.data > np.minimum(MORE, np.ceil(threshold * most - 1e-9) - 1)
        worth = np.flatnonzero(enough & (earlier < later) & (least >= threshold * most))
        found: list[tuple[int, int, float]] = []
        for start in range(0, len(worth), COMPARED):
            one, two = later[worth[start : start + COMPARED]], earlier[worth[start : start + COMPARED]]
            both = holds[one].multiply(holds[two]).sum(axis=1)
            either = sizes[one] + sizes[two] - both
            near = both >= threshold * either
            found += zip(one[near].tolist(), two[near].tolist(), (both[near] / either[near]).tolist(), strict=True)
        return found

    with ThreadPoolExecutor(cores.count()) as threads:
        for found in threads.map(of_rows, range(since, holds.shape[0], ROWS)):
            yield from found


def _rarest(holds: csr_array, sizes: Numbers, threshold: float) -> csr_array:
    """`holds` with so many of the rarest shingles of each row that a row like it must share one of them and `MORE`. The
    rarest of all, which no other row holds, are not in `holds`, but count."""
    order = np.argsort(np.bincount(holds.indices, minlength=holds.shape[1]), kind="stable")
    rarity = np.empty(len(order), np.int64)
    rarity[order] = np.arange(len(order))
    rows = np.repeat(np.arange(holds.shape[0], dtype=np.int64), np.diff(holds.indptr))
    by_rarity = (rows << 32) | rarity[holds.indices]  # one number to sort by, three times as fast as two
    by_rarity.sort()
    place = np.arange(len(rows)) - holds.indptr[rows]
    few = sizes - np.ceil(threshold * sizes - 1e-9).astype(np.int64) + 1 - (sizes - np.diff(holds.indptr)) + MORE
    taken = place < few[rows]
    columns, rows = order[by_rarity[taken] & 0xFFFFFFFF], rows[taken]
    return csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape=holds.shape)
