"""Which pairs train, and which are held out.

A family (a document with its near-duplicates) goes to one side as a whole, by a hash of its name and the seed: below
`test` it is for the test, in the next `validation` for validation, else for training. So documents that are added
move no others. Few documents can leave a side empty: then, from three families on, the family nearest its border is
drawn in, and may go back when a document is added that a hash sends there. With fewer than three families all of them
train.

`test_seen` holds questions about the training documents themselves, chosen by a hash of their ids, unless a question
with nearly the same words stays in training.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from augment.records import QAPair
from augment.variants import NearCopies
from extractors.files import sha256
from training.settings import SplitSettings

SPLITS = ("train", "validation", "test", "test_seen")
ENOUGH_FAMILIES = 3


def split(pairs: Sequence[QAPair], settings: SplitSettings, seed: int) -> dict[str, list[QAPair]]:
    """The pairs by split, each in exactly one, in the order given. What could not be held out is an empty split."""
    sides = family_sides({pair.family for pair in pairs}, settings, seed)
    by_side: dict[str, list[QAPair]] = defaultdict(list)
    for pair in pairs:
        by_side[sides[pair.family]].append(pair)
    seen = _seen(by_side["train"], settings, seed)
    by_side["test_seen"] = [pair for pair in by_side["train"] if pair.id in seen]
    by_side["train"] = [pair for pair in by_side["train"] if pair.id not in seen]
    return {name: by_side[name] for name in SPLITS}


def family_sides(families: Iterable[str], settings: SplitSettings, seed: int) -> dict[str, str]:
    """The side of each family: train, validation or test."""
    place = {family: _place(seed, family) for family in families}
    sides = {family: _side(place[family], settings) for family in sorted(place, key=lambda name: (place[name], name))}
    if len(sides) < ENOUGH_FAMILIES:
        return dict.fromkeys(sides, "train")
    if "train" not in sides.values():
        sides[list(sides)[-1]] = "train"
    for side, other, share in (("test", "validation", settings.test), ("validation", "test", settings.validation)):
        if share and side not in sides.values():
            giver = "train" if list(sides.values()).count("train") > 1 else other
            able = [family for family in sides if sides[family] == giver]
            sides[able[-1 if giver == "test" else 0]] = side
    return sides


def _side(place: float, settings: SplitSettings) -> str:
    if place < settings.test:
        return "test"
    return "validation" if place < settings.test + settings.validation else "train"


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
