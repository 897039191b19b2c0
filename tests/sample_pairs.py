"""Pairs of a built dataset to be read one by one by a person: drawn with a seed, so that anyone draws the same.

python -m tests.sample_pairs out/dataset --seed 1 --number 50
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

SIDES = ("train.json", "validate.json", "test.json", "test_seen.json")


def drawn(dataset: Path, number: int, seed: int, generator: str = "") -> list[dict[str, object]]:
    """`number` of the original pairs in the folder `dataset`, whatever side they are on, or all if there are fewer."""
    files = [dataset / side for side in SIDES if (dataset / side).exists()]
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    pairs = sorted(
        (row for row in rows if row["kind"] == "original" and generator in row["generator"]),
        key=lambda row: str(row["id"]),
    )
    return random.Random(seed).sample(pairs, min(number, len(pairs)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--number", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--generator", default="", help="only pairs whose generator holds this, as 'rules@1:reason'")
    arguments = parser.parse_args()
    for place, row in enumerate(
        drawn(arguments.dataset, arguments.number, arguments.seed, arguments.generator), start=1
    ):
        print(f"{place}. {row['question']}\n   span:   {row['answer_span']}\n   answer: {row['answer']}")
        print(f"   {row['source']}, page {row['page']}, {row['section']} [{row['generator']}]\n")


if __name__ == "__main__":
    main()
