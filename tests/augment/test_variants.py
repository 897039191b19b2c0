from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.operators import OPERATORS
from augment.records import QAPair
from augment.settings import AskSettings, AugmentSettings
from augment.variants import NearCopies, vary
from tests.augment.pairs import make_pair, some_pairs

ALL = AugmentSettings(rates={"entity_swap": 1, "noise": 1, "paraphrase": 1})
ASK = AskSettings()
WORDS = ("what", "is", "the", "size", "of", "a", "model", "layer", "batch", "loss", "rate")
HELD_OUT = make_pair("For what purpose is a tokenizer used?", "It is used to split text.", "to split text")


@given(st.permutations(some_pairs()), st.integers(0, 50))
def test_the_order_of_the_pairs_is_of_no_account(pairs: list[QAPair], seed: int) -> None:
    assert vary(pairs, [HELD_OUT], ALL, ASK, seed) == vary(some_pairs(), [HELD_OUT], ALL, ASK, seed)


def test_a_pair_has_the_same_variants_among_fewer() -> None:
    pairs = some_pairs()
    among_all = {one.id: one for one in vary(pairs, [], ALL, ASK, 1)[0]}
    for pair in pairs:
        for one in vary([pair], [], ALL, ASK, 1)[0]:
            assert among_all[one.id] == one


def test_variants_stay_in_the_family_and_point_at_the_same_words() -> None:
    pairs = [pair.model_copy(update={"family": pair.id[:4]}) for pair in some_pairs()]
    roots = {pair.id: pair for pair in pairs}
    kept, _ = vary(pairs, [], ALL, ASK, 1)
    assert {one.kind for one in kept} == {"noise", "paraphrase", "entity_swap"}
    place = ("family", "doc_id", "source", "page", "section", "title", "char_start", "char_end")
    for one in kept:
        root = roots[one.parent_id]
        assert [getattr(one, name) for name in place] == [getattr(root, name) for name in place]
        assert one.answer_span in one.context
        if one.kind != "entity_swap":
            assert (one.answer, one.answer_span, one.context) == (root.answer, root.answer_span, root.context)
        assert one.checks["form"] == 1
    assert len({one.id for one in kept}) == len(kept)
    assert not {one.question for one in kept if one.kind != "entity_swap"} & {pair.question for pair in pairs}


def test_every_variant_is_kept_or_in_the_ledger() -> None:
    made = sum(len(OPERATORS.entries()[name].vary(some_pairs(), ALL, 1)) for name in OPERATORS.entries())
    kept, entries = vary(some_pairs(), [HELD_OUT], ALL, ASK, 1)
    assert len(kept) + len(entries) == made
    assert len({one.id for one in kept} | {entry.id for entry in entries}) == made
    assert all(entry.unit == "pair" and entry.step.startswith("augment ") and entry.reason for entry in entries)


def test_a_variant_near_a_held_out_question_is_dropped() -> None:
    kept, entries = vary(some_pairs()[:1], [HELD_OUT], AugmentSettings(rates={"noise": 0}), ASK, 1)
    assert kept == []
    (entry,) = entries
    assert (entry.step, entry.reason) == ("augment paraphrase", "near a held-out question")
    assert entry.detail == "For what purpose is a tokenizer used?"
    assert (entry.source, entry.page, entry.doc_id) == ("notes.md", 3, "d")


def test_a_variant_that_asks_what_another_pair_asks_is_dropped() -> None:
    other = make_pair("For what purpose is a tokenizer used?", "It is used to count words.", "to count words")
    kept, entries = vary([some_pairs()[0], other], [], AugmentSettings(rates={"noise": 0}), ASK, 1)
    assert kept == []
    assert {entry.reason for entry in entries} == {"asks what another pair asks"}
    assert len(entries) == 2, "neither of the two may ask for the other's answer"


def test_a_variant_that_fails_a_gate_is_dropped() -> None:
    pair = make_pair("What is this method used for?", "It is used to split text.", "to split text")
    kept, entries = vary([pair], [], AugmentSettings(rates={"noise": 0}), ASK, 1)
    assert kept == []
    assert len(entries) == 1
    assert entries[0].reason in ("needs what was said before", "points at the document")


@pytest.mark.parametrize("name", ["noise", "paraphrase", "entity_swap"])
def test_switches_and_rates(name: str) -> None:
    off = dict.fromkeys(OPERATORS.entries(), 0.0)
    pairs = [pair.model_copy(update={"id": f"{pair.id} {copy}"}) for pair in some_pairs() for copy in range(25)]
    alone = [
        pairs[number] for number in range(len(pairs)) if name != "entity_swap" or "BERT trained" in pairs[number].id
    ]

    def count(rate: float) -> int:
        settings = AugmentSettings(rates={**off, name: rate})
        return len(vary(alone, [], settings, ASK, 2)[0]) + len(vary(alone, [], settings, ASK, 2)[1])

    assert vary(pairs, [], AugmentSettings(rates=off), ASK, 2) == ([], [])
    assert count(0) == 0
    assert 0 < count(0.5) < count(1.0)


words = st.lists(
    st.sampled_from(["what", "is", "the", "size", "of", "a", "model", "layer", "batch", "loss", "rate"]),
    min_size=1,
    max_size=9,
)


@given(st.lists(words, max_size=12), words, st.sampled_from([0.5, 0.8, 0.9, 1.0]))
def test_near_copies_are_those_that_a_full_search_finds(
    held: list[list[str]], asked: list[str], likeness: float
) -> None:
    def alike(one: set[str], other: set[str]) -> bool:
        return len(one & other) / len(one | other) >= likeness

    index = NearCopies((" ".join(question) for question in held), likeness)
    Random(0).shuffle(asked)
    assert index.near(" ".join(asked)) == any(alike(set(question), set(asked)) for question in held)
