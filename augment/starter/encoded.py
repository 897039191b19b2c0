"""Training examples as token ids: arrays that stay small in memory, in buckets of one padded shape each."""

import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from augment.starter.rows import Example

SHAPES = ((40, 16), (64, 16), (64, 40), (112, 16))
"""Tokens of a prompt and of a target: an example is padded to the first shape that holds it. Few, since each is
compiled once."""

Batch = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Prompts filled up with 0, targets filled up with -100."""
Arrays = dict[str, NDArray[np.uint16] | NDArray[np.int64]]


class Encoded:
    """Examples of one kind: `ids` holds each prompt and its target, one after the other; `lengths` their tokens."""

    def __init__(self, ids: NDArray[np.uint16], lengths: NDArray[np.int64]) -> None:
        self.ids, self.lengths = ids, lengths
        self.starts = np.concatenate([[0], lengths.sum(axis=1).cumsum()])
        self.buckets: list[NDArray[np.int64]] = []
        free = np.ones(len(lengths), dtype=bool)
        for shape in SHAPES:
            fits = free & (lengths <= shape).all(axis=1)
            self.buckets.append(np.flatnonzero(fits))
            free &= ~fits

    @classmethod
    def of(cls, examples: Sequence[Example], tokenizer: PreTrainedTokenizerFast) -> "Encoded":
        """The examples that some shape holds, encoded."""
        ids, lengths = [np.zeros(0, dtype=np.uint16)], []
        for start in range(0, len(examples), 1000):
            some = examples[start : start + 1000]
            prompts = tokenizer([one.prompt for one in some], verbose=False)["input_ids"]
            targets = tokenizer([one.target for one in some], verbose=False)["input_ids"]
            for prompt, target in zip(prompts, targets, strict=True):
                if any(len(prompt) <= most and len(target) <= longest for most, longest in SHAPES):
                    ids.append(np.array(prompt + target, dtype=np.uint16))
                    lengths.append((len(prompt), len(target)))
        return cls(np.concatenate(ids), np.array(lengths, dtype=np.int64).reshape(-1, 2))

    def __len__(self) -> int:
        return len(self.lengths)

    def draw(self, rng: random.Random, tokens: int) -> Batch:
        """Examples of one shape, as many as `tokens` hold, each example as likely as any other."""
        sizes = [len(rows) / (tokens // sum(shape)) for rows, shape in zip(self.buckets, SHAPES, strict=True)]
        bucket = rng.choices(range(len(SHAPES)), sizes)[0]
        count = max(1, tokens // sum(SHAPES[bucket]))
        places = rng.choices(range(len(self.buckets[bucket])), k=count)
        return self.batch(self.buckets[bucket][places], SHAPES[bucket])

    def batch(self, rows: NDArray[np.int64], shape: tuple[int, int]) -> Batch:
        """The examples `rows`, padded to `shape`."""
        starts, (prompts, targets) = self.starts[rows], self.lengths[rows].T
        return self._padded(starts, prompts, shape[0], 0), self._padded(starts + prompts, targets, shape[1], -100)

    def _padded(
        self, starts: NDArray[np.int64], lengths: NDArray[np.int64], width: int, filling: int
    ) -> NDArray[np.int64]:
        places = starts[:, None] + np.arange(width)
        inside = np.arange(width) < lengths[:, None]
        return np.where(inside, self.ids[np.minimum(places, len(self.ids) - 1)].astype(np.int64), filling)


def packed(data: dict[str, Encoded]) -> Arrays:
    """The arrays of `data`, named for one .npz file."""
    return {f"{kind}/{name}": getattr(some, name) for kind, some in data.items() for name in ("ids", "lengths")}


def unpacked(arrays: Arrays) -> dict[str, Encoded]:
    """What `packed` was given."""
    kinds = [name.removesuffix("/ids") for name in arrays if name.endswith("/ids")]
    return {kind: Encoded(arrays[f"{kind}/ids"], arrays[f"{kind}/lengths"]) for kind in kinds}  # type: ignore[arg-type]
