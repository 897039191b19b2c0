"""Splits that are honest: whole families, each pair once, nothing moved by what is added."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from augment.likeness.nearness import near_to
from augment.records import QAPair
from extractors.files import sha256
from tests.training.made_up import make_pair
from training.settings import SplitSettings
from training.split import SPLITS, family_sides, split, unsplittable

names = st.lists(st.text("abcdefgh", min_size=1, max_size=4), min_size=0, max_size=30, unique=True)
shares = st.floats(0, 0.49)
settings = st.builds(SplitSettings, validation=shares, test=shares, test_seen=shares)
seeds = st.integers(0, 9999)


def corpus(families: list[str], each: int = 6) -> list[QAPair]:
    return [make_pair(family, number) for family in families for number in range(each)]


def ids(pairs: list[QAPair]) -> list[str]:
    return [pair.id for pair in pairs]


@given(names, settings, seeds)
def test_every_pair_is_in_one_split_and_no_family_on_two_sides(families, settings, seed):
    pairs = corpus(families)
    splits = split(pairs, settings, seed)
    assert tuple(splits) == SPLITS
    assert sorted(pair_id for side in splits.values() for pair_id in ids(side)) == sorted(ids(pairs))
    side_of: dict[str, str] = {}
    for name, side in splits.items():
        for pair in side:
            side = "train" if name == "test_seen" else name
            assert side_of.setdefault(pair.family, side) == side
    assert splits["train"] or not pairs or settings.test_seen > 0


@given(names, settings, seeds)
def test_the_order_of_the_pairs_does_not_matter(families, settings, seed):
    pairs = corpus(families)
    shuffled = random.Random(seed).sample(pairs, len(pairs))
    one, other = split(pairs, settings, seed), split(shuffled, settings, seed)
    assert {name: sorted(ids(side)) for name, side in one.items()} == {
        name: sorted(ids(side)) for name, side in other.items()
    }


sizes = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=4), st.integers(1, 60), min_size=3, max_size=40)


@given(sizes, seeds)
def test_each_side_has_its_share_but_for_half_a_family(pairs, seed):
    settings = SplitSettings(validation=0.2, test=0.2)
    sides = family_sides(pairs, settings, seed)
    held = Counter(dict.fromkeys(SPLITS, 0))
    for family, side in sides.items():
        held[side] += pairs[family]
    if len(pairs) > 9:
        for side in ("test", "validation"):
            assert abs(held[side] - 0.2 * sum(pairs.values())) <= max(pairs.values())


@given(st.integers(20, 200), st.text("xyz", min_size=1, max_size=6), seeds)
def test_an_added_document_moves_only_families_at_the_borders(count, added, seed):
    settings = SplitSettings(validation=0.2, test=0.2)
    pairs = {f"family {n}": 7 for n in range(count)}
    before, after = (family_sides(found, settings, seed) for found in (pairs, {**pairs, added: 7}))
    assert sum(after[family] != before[family] for family in pairs) <= 3


@given(names.filter(lambda found: len(found) >= 3), seeds)
def test_three_families_are_enough_for_every_side(families, seed):
    sides = family_sides(dict.fromkeys(families, 6), SplitSettings(validation=0.01, test=0.01), seed)
    assert set(sides.values()) == {"train", "validation", "test"}


@given(names.filter(lambda found: len(found) >= 3), settings, seeds)
def test_something_is_always_left_to_train_on(families, settings, seed):
    assert "train" in family_sides(dict.fromkeys(families, 6), settings, seed).values()


def test_one_or_two_documents_all_train_and_it_is_said():
    for families in (["only"], ["one", "two"]):
        splits = split(corpus(families, each=20), SplitSettings(), 3407)
        assert not splits["validation"] and not splits["test"]
        held_out, seen = unsplittable(splits, SplitSettings())
        assert held_out.startswith("No document is held out for validation and test: there ")
        assert seen.endswith(f"test_seen holds {len(splits['test_seen'])}.")


def test_nothing_is_said_where_everything_could_be_held_out():
    splits = split(corpus([f"family {n}" for n in range(12)], each=20), SplitSettings(), 3407)
    assert all(splits.values())
    assert unsplittable(splits, SplitSettings()) == []


words = st.sampled_from(["what", "is", "the", "rank", "of", "lora"])
asked = st.lists(st.lists(words, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=25)


@given(asked, st.lists(st.integers(0, 9), min_size=25, max_size=25), shares, seeds)
def test_a_seen_question_is_near_none_in_training_and_asks_for_no_words_that_one_asks_for(found, spans, share, seed):
    pairs = [
        make_pair("ash" if at % 3 else "bay", at, question=question, char_start=spans[at], char_end=spans[at] + 1)
        for at, question in enumerate(found)
    ]
    pairs = [pair.model_copy(update={"family": "one"}) for pair in pairs]
    splits = split(pairs, SplitSettings(test_seen=share), seed)
    assert near_to(splits["test_seen"], splits["train"], 0.8) == set()
    places = ({(pair.doc_id, pair.char_start) for pair in splits[name]} for name in ("train", "test_seen"))
    assert not set.intersection(*places)


@given(names, settings, seeds)
def test_every_document_of_the_seen_questions_trains(families, settings, seed):
    splits = split(corpus(families), settings, seed)
    assert {pair.doc_id for pair in splits["test_seen"]} <= {pair.doc_id for pair in splits["train"]}


def unlike(families: Sequence[str], each: int) -> list[QAPair]:
    """Pairs of which no two ask anything alike."""
    return [pair.model_copy(update={"question": sha256(pair.id)}) for pair in corpus(list(families), each)]


@given(st.lists(st.text("abcdefgh", min_size=2, max_size=4), min_size=3, max_size=12, unique=True), seeds)
def test_an_added_document_moves_no_seen_question(families, seed):
    settings = SplitSettings(validation=0, test=0, test_seen=0.2)
    *before, added = families
    kept = ids(split(unlike(before, 6), settings, seed)["test_seen"])
    now = split(unlike(families, 6), settings, seed)["test_seen"]
    assert kept == ids([pair for pair in now if pair.family != added])


def test_the_share_of_seen_questions_is_about_what_was_asked_for():
    pairs = unlike([f"family {n}" for n in range(40)], each=20)
    assert 0.07 < len(split(pairs, SplitSettings(test_seen=0.1), 3407)["test_seen"]) / len(pairs) / 0.8 < 0.13


@given(st.integers(2, 40), st.integers(1, 40), seeds)
def test_many_questions_that_are_alike_are_not_held_out_beyond_the_share(unlike_ones, alike, seed):
    pairs = [*unlike(["ash"], unlike_ones), *(make_pair("ash", 99 + n, question="What is it?") for n in range(alike))]
    seen = split(pairs, SplitSettings(test_seen=0.1), seed)["test_seen"]
    assert alike <= max(1, 0.1 * len(pairs)) or not any(pair.question == "What is it?" for pair in seen)


def test_variants_are_never_held_out():
    pairs = corpus(["ash", "bay", "cob"], each=30)
    noisy = [pair.model_copy(update={"id": f"{pair.id}-n", "kind": "noise", "parent_id": pair.id}) for pair in pairs]
    splits = split([*pairs, *noisy], SplitSettings(test_seen=0.49), 1)
    assert all(pair.kind == "original" for pair in splits["test_seen"])
