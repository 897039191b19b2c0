from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.operators import OPERATORS, variant
from augment.records import QAPair
from augment.settings import AskSettings, AugmentSettings
from augment.variants import admitted, slice_of, varied, vary
from tests.augment.pairs import make_pair, some_pairs

RATES = {"alias": 1, "entity_swap": 1, "noise": 1, "paraphrase": 1, "wording": 1, "adversarial": 0}
ALL = AugmentSettings(rates=RATES)
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
            assert (one.answer_span, one.context) == (root.answer_span, root.context)
            assert (one.question == root.question) == (one.answer != root.answer)
        assert one.checks["form"] == 1
    assert len({one.id for one in kept}) == len(kept)
    wordings = {(one.question, one.answer) for one in [*pairs, *kept] if one.kind != "entity_swap"}
    assert len(wordings) == len(pairs) + sum(one.kind != "entity_swap" for one in kept)


def test_every_variant_is_kept_or_in_the_ledger() -> None:
    names = [name for name in OPERATORS.entries() if name != "adversarial"]
    made = sum(len(OPERATORS.entries()[name].vary(some_pairs(), some_pairs(), ALL, 1)) for name in names)
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


ROUGE = make_pair("Who introduced ROUGE?", "ROUGE was introduced by Chin-Yew Lin in 2004.", "Chin-Yew Lin", id="rouge")
ONLY_WORDING = AugmentSettings(rates={**dict.fromkeys(RATES, 0.0), "wording": 1.0})


def test_the_same_question_is_let_through_with_another_wording_of_its_answer() -> None:
    (one,), entries = vary([ROUGE], [], ONLY_WORDING, ASK, 1)
    assert entries == []
    assert (one.question, one.answer, one.kind) == (ROUGE.question, "Chin-Yew Lin introduced ROUGE.", "paraphrase")
    assert {"form", "kind of answer", "answer stands alone", "length of answer"} <= one.checks.keys()


def test_the_same_question_with_the_same_answer_is_dropped() -> None:
    again = variant(ROUGE, "paraphrase", "echo@1", {})
    kept, (entry,) = admitted([("echo", again)], [ROUGE], [], "", ASK)
    assert (kept, entry.reason) == ([], "asks what its own pair asks")


def test_a_wording_that_cannot_be_read_alone_is_dropped() -> None:
    leaning = variant(ROUGE, "paraphrase", "echo@1", {}, answer="As shown above, Chin-Yew Lin introduced it.")
    kept, (entry,) = admitted([("echo", leaning)], [ROUGE], [], "", ASK)
    assert (kept, entry.reason) == ([], "answer cannot be read alone")


def test_a_wording_of_the_answer_to_what_another_pair_asks_is_dropped() -> None:
    other = make_pair(ROUGE.question, "Lin introduced ROUGE in a workshop paper.", "Lin", id="other")
    kept, entries = vary([ROUGE, other], [], ONLY_WORDING, ASK, 1)
    assert kept == []
    assert {entry.reason for entry in entries} == {"asks what another pair asks"}


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


def many_pairs(count: int) -> list[QAPair]:
    return [pair.model_copy(update={"id": f"{pair.id} {copy}"}) for pair in some_pairs() for copy in range(count)]


def test_adversarial_rows_are_capped_and_the_cap_is_told() -> None:
    pairs = many_pairs(50)
    rates = {**dict.fromkeys(OPERATORS.entries(), 0.0), "adversarial": 1.0}
    kept, entries = vary(pairs, [], AugmentSettings(rates=rates), ASK, 1)
    (told,) = [entry for entry in entries if entry.unit == "run"]
    assert (told.outcome, told.step, told.reason) == ("degraded", "augment adversarial", "rate capped")
    dropped = [entry for entry in entries if entry.unit == "pair"]
    assert 0 < len(kept) + len(dropped) <= 0.14 * len(pairs), "a tenth, as lots are drawn"
    rates["adversarial"] = 0.1
    again, entries = vary(pairs, [], AugmentSettings(rates=rates), ASK, 1)
    assert again == kept
    assert [entry for entry in entries if entry.unit == "run"] == []


def test_the_slice_is_made_of_held_out_pairs_apart_from_training() -> None:
    held_out, trained = some_pairs()[:4], some_pairs()[4:]
    settings = AugmentSettings(rates={"adversarial": 0.05})
    rows, entries = slice_of(held_out, trained, settings, ASK, 1)
    assert rows
    assert {row.kind for row in rows} == {"adversarial"}
    assert {row.parent_id for row in rows} <= {pair.id for pair in held_out}
    assert len(rows) + len(entries) <= len(held_out)
    assert slice_of(held_out[::-1], trained, settings, ASK, 1) == (rows, entries)

    asked = [rows[0].model_copy(update={"id": "another"})]
    fewer, told = slice_of(held_out, asked, settings, ASK, 1)
    assert fewer == rows[1:]
    assert [entry.detail for entry in told if entry.reason == "near a training question"] == [rows[0].question]


def test_without_adversarial_training_rows_there_is_no_slice() -> None:
    off = AugmentSettings(rates={"adversarial": 0})
    assert slice_of(some_pairs(), [], off, ASK, 1) == ([], [])


def test_the_same_question_without_its_subject_is_declined_once() -> None:
    names = [
        f"{first} {last}" for first in ("warm", "slow", "hard", "soft") for last in ("pruning", "pooling", "decay")
    ]
    pairs = [
        make_pair(f"When was {name} released?", f"{name} was released in 2019.", "2019", id=name) for name in names
    ]
    rows, entries = slice_of(pairs, [], AugmentSettings(rates={"adversarial": 0.1}), ASK, 3)
    assert sum(row.question == "When was it released?" for row in rows) == 1
    again = [entry for entry in entries if entry.detail == "When was it released?"]
    assert again
    assert {entry.reason for entry in again} == {"asks what another pair asks"}


def test_only_what_another_document_has_now_is_varied_again() -> None:
    pairs = [pair.model_copy(update={"doc_id": name * 64}) for pair, name in zip(some_pairs(), "abab", strict=False)]
    settings = AugmentSettings(rates={"noise": 1.0})
    before = varied(pairs, settings, ASK, 1)
    assert len(before) == 2 and all(one.made for one in before)
    assert varied(pairs[::-1], settings, ASK, 1, before) == before
    scored = [pair.model_copy(update={"checks": {**pair.checks, "self-retrieval": 0.97}}) for pair in pairs]
    assert varied(scored, settings, ASK, 1, before) == before
    marked = [one.model_copy(update={"made": one.made[:1]}) for one in before]  # to see which is taken
    changed = [pairs[0].model_copy(update={"question": "What is another question?"}), *pairs[1:]]
    fresh = varied(changed, settings, ASK, 1)
    assert varied(changed, settings, ASK, 1, marked) == [fresh[0], marked[1]]
    assert vary(changed, [], settings, ASK, 1, varied(changed, settings, ASK, 1, before)) == vary(
        changed, [], settings, ASK, 1
    )
