"""Which pairs train, and which are held out.

A family (a document with its near-duplicates) goes to one side as a whole. Families stand in an order that a hash of
their names and the seed gives; the first ones are for the test until it has the share of pairs asked for, the next ones
for validation, and the rest train. A family too large for what is still wanted is passed over. So the shares hold for
few and unequal documents too, and documents that are added move no family but those next to a border. With fewer than
three families all of them train.

`test_seen` holds questions about the training documents themselves, chosen by a hash of their ids, unless a question
with nearly the same words stays in training.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from augment.records import QAPair
from augment.variants import NearCopies
from extractors.files import sha256
from training.settings import SplitSettings

SPLITS = ("train", "validation", "test", "test_seen")
ENOUGH_FAMILIES = 3


def split(pairs: Sequence[QAPair], settings: SplitSettings, seed: int) -> dict[str, list[QAPair]]:
    """The pairs by split, each in exactly one, in the order given. What could not be held out is an empty split."""
    sides = family_sides(Counter(pair.family for pair in pairs), settings, seed)
    by_side: dict[str, list[QAPair]] = defaultdict(list)
    for pair in pairs:
        by_side[sides[pair.family]].append(pair)
    seen = _seen(by_side["train"], settings, seed)
    by_side["test_seen"] = [pair for pair in by_side["train"] if pair.id in seen]
    by_side["train"] = [pair for pair in by_side["train"] if pair.id not in seen]
    return {name: by_side[name] for name in SPLITS}


def family_sides(pairs: Mapping[str, int], settings: SplitSettings, seed: int) -> dict[str, str]:
    """The side of each family, train, validation or test, from how many `pairs` each has."""
    order = sorted(pairs, key=lambda family: (_place(seed, family), family))
    sides = dict.fromkeys(order, "train")
    if len(order) < ENOUGH_FAMILIES:
        return sides
    total = sum(pairs.values())
    # However much is asked for, there is one family to train on, and before it one for validation.
    wanted = (("test", settings.test, 2 if settings.validation else 1), ("validation", settings.validation, 1))
    for side, share, spared in wanted:
        left = [family for family in order if sides[family] == "train"]
        if share:
            sides.update(dict.fromkeys(_filling(left, pairs, share * total)[: len(left) - spared], side))
    return sides


def _filling(families: Sequence[str], pairs: Mapping[str, int], wanted: float) -> list[str]:
    """Those of `families`, in their order, each of which brings the sum of pairs nearer to `wanted`; at least one."""
    chosen: list[str] = []
    held = 0
    for family in families:
        if held + pairs[family] / 2 < wanted:
            chosen.append(family)
            held += pairs[family]
    return chosen or [min(families, key=lambda family: pairs[family])]


def unsplittable(splits: Mapping[str, Sequence[QAPair]], settings: SplitSettings) -> list[str]:
    """What could not be held out although asked for, in words."""
    families = {pair.family for pairs in splits.values() for pair in pairs}
    notes = []
    for name, share in (("validation", settings.validation), ("test", settings.test)):
        if share and not splits[name]:
            notes.append(
                f"No document is held out for {name}: there are {len(families)} independent documents with questions, "
                f"and {ENOUGH_FAMILIES} are needed."
            )
    if settings.test_seen and not splits["test_seen"]:
        notes.append("No question about the training documents is held out: too few, or each has one like it.")
    return notes


def _seen(pairs: Sequence[QAPair], settings: SplitSettings, seed: int) -> set[str]:
    """The ids to hold out: those chosen by hash, less those with a near copy among the questions that train."""
    chosen = [
        pair for pair in pairs if pair.kind == "original" and _place(seed, f"seen:{pair.id}") < settings.test_seen
    ]
    while chosen:
        out = {pair.id for pair in chosen}
        trained = NearCopies((pair.question for pair in pairs if pair.id not in out), settings.near_duplicate)
        apart = [pair for pair in chosen if not trained.near(pair.question)]
        if len(apart) == len(chosen):
            break
        chosen = apart
    return {pair.id for pair in chosen}


def _place(seed: int, name: str) -> float:
    """A number in [0, 1) that hangs on nothing but the seed and the name."""
    return int(sha256(f"{seed}:{name}")[:16], 16) / 16**16
