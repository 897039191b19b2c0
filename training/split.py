"""Which pairs train, and which are held out.

A family (a document with its near-duplicates, and with documents that are asked nearly the same) goes to one side as a
whole. Families stand in an order that a hash of their names and the seed gives; the first ones are for the test until
it has the share of pairs asked for, the next ones for validation, and the rest train. A family too large for what is
still wanted is passed over. So the shares hold for few and unequal documents too, and documents that are added move no
family but those next to a border. With fewer than three families all of them train.

`test_seen` holds questions about the training documents themselves. Pairs that ask nearly the same or have the same
words for their answer stay together, and what is held out is chosen by a hash; a group of them that is larger than all
that is wanted trains.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from augment.likeness.nearness import near_questions
from augment.records import QAPair
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
    """What could not be held out although asked for, in words, and what can be measured all the same."""
    families = {pair.family for pairs in splits.values() for pair in pairs}
    missing = [name for name in ("validation", "test") if getattr(settings, name) and not splits[name]]
    notes = []
    if missing:
        notes.append(
            f"No document is held out for {' and '.join(missing)}: there {_are(len(families))} with questions, and "
            f"{ENOUGH_FAMILIES} are needed. Whether anything learnt carries over to new documents cannot be measured."
        )
    if settings.test_seen and not splits["test_seen"]:
        notes.append("No question about the training documents is held out: too few, or each has one like it.")
    elif missing:
        notes.append(
            f"What can be measured is how well further questions about the same documents are answered: test_seen "
            f"holds {len(splits['test_seen'])}."
        )
    return notes


def _are(documents: int) -> str:
    return "is one independent document" if documents == 1 else f"are {documents} independent documents"


def _seen(pairs: Sequence[QAPair], settings: SplitSettings, seed: int) -> set[str]:
    """The ids to hold out: groups chosen by hash, unless a document would be left with no pair that trains."""
    left = Counter(pair.doc_id for pair in pairs)
    most = max(1, settings.test_seen * len(pairs))
    seen: set[str] = set()
    for name, group in sorted((min(pair.id for pair in group), group) for group in _groups(pairs, settings)):
        taken = Counter(pair.doc_id for pair in group)
        drawn = len(group) <= most and _place(seed, f"seen:{name}") < settings.test_seen
        if drawn and all(left[document] > taken[document] for document in taken):
            left -= taken
            seen.update(pair.id for pair in group)
    return seen


def _groups(pairs: Sequence[QAPair], settings: SplitSettings) -> Iterator[list[QAPair]]:
    """The connected components of `pairs`, linked where they ask nearly the same or have the same words of a document
    for their answer; those with a variant are left out, for variants only train."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not pairs:
        return
    links = [(later, earlier) for later, earlier, _ in near_questions(pairs, settings.near_duplicate)]
    first: dict[tuple[str, int, int], int] = {}
    for at, pair in enumerate(pairs):
        links.append((at, first.setdefault((pair.doc_id, pair.char_start, pair.char_end), at)))
    together = coo_array(([1] * len(links), tuple(zip(*links, strict=True))), shape=(len(pairs), len(pairs)))
    groups: dict[int, list[QAPair]] = defaultdict(list)
    for pair, label in zip(pairs, connected_components(together, directed=False)[1], strict=True):
        groups[label].append(pair)
    yield from (group for group in groups.values() if all(pair.kind == "original" for pair in group))


def _place(seed: int, name: str) -> float:
    """A number in [0, 1) that hangs on nothing but the seed and the name."""
    return int(sha256(f"{seed}:{name}")[:16], 16) / 16**16
