from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from augment.asking import Asked, ask
from augment.decisions import Decision, decided, key_of, reinstated, standing
from augment.records import QAPair
from augment.settings import AskSettings
from tests.augment.documents import make_document
from tests.augment.pairs import make_pair, some_pairs
from tests.augment.test_asking import Scribe

PAIRS = some_pairs()
KEYS = [key_of(pair) for pair in PAIRS]

made_decisions = st.lists(
    st.builds(
        Decision,
        key=st.sampled_from(KEYS),
        verdict=st.sampled_from(["accept", "reject", "undecided"]),
        question=st.none() | st.sampled_from(["What did a person ask?", "Which words are better?"]),
        answer=st.none() | st.just("These words are better."),
    ),
    max_size=20,
)
some = st.lists(st.sampled_from(PAIRS), unique_by=key_of)


def accept(pair: QAPair, **words: str) -> Decision:
    return Decision(key=key_of(pair), verdict="accept", **words)


def reject(pair: QAPair) -> Decision:
    return Decision(key=key_of(pair), verdict="reject")


def test_a_rejected_pair_goes_and_an_edited_one_keeps_its_place_in_the_source() -> None:
    gone, edited, other = PAIRS[:3]
    decisions = [reject(gone), accept(edited, question="What is BPE short for?", answer="Byte pair encoding.")]
    kept, (entry,) = decided(PAIRS[:3], (), standing(decisions))
    assert (entry.unit, entry.outcome, entry.step, entry.reason) == ("pair", "dropped", "review", "rejected")
    assert entry.id == gone.id
    assert kept[0] == edited.model_copy(
        update={"question": "What is BPE short for?", "answer": "Byte pair encoding.", "checks": {"review": 1.0}}
    )
    assert kept[1] == other


def test_an_accepted_pair_comes_back_once_however_many_copies_were_refused() -> None:
    pair = PAIRS[0]
    copies = [pair.model_copy(update={"id": name, "doc_id": name}) for name in ("one", "two")]
    assert [back.id for back in decided([], copies, standing([accept(pair)]))[0]] == ["one"]
    assert [back.id for back in decided(copies[1:], copies, standing([accept(pair)]))[0]] == ["two"]


def test_what_nobody_decided_stays_refused() -> None:
    assert decided(PAIRS[:1], PAIRS[1:], standing([reject(PAIRS[2])])) == (PAIRS[:1], [])


def test_a_decision_holds_in_a_document_that_was_renamed_edited_and_set_anew() -> None:
    pair = make_pair("What is  recall?", "Recall is a share of\nwhat is there.", "a share of\nwhat is there")
    moved = pair.model_copy(
        update={
            "id": "new", "doc_id": "other", "source": "renamed.pdf", "page": 9, "char_start": 5, "char_end": 30,
            "context": "A new context.", "question": "What is recall?", "answer_span": "a share of what is there",
        }
    )  # fmt: skip
    assert key_of(moved) == key_of(pair)
    assert decided([moved], (), standing([reject(pair)]))[0] == []
    assert key_of(pair.model_copy(update={"answer_span": "what is there"})) != key_of(pair)


@given(some, some, made_decisions)
def test_counts_add_up_and_no_decision_touches_another_pair(
    pairs: list[QAPair], refused: list[QAPair], decisions: list[Decision]
) -> None:
    stand = standing(decisions)
    kept, entries = decided(pairs, refused, stand)
    ids = {pair.id for pair in pairs}
    back = [pair for pair in kept if pair.id not in ids]
    assert len(kept) - len(back) + len(entries) == len(pairs)
    assert len({pair.id for pair in kept}) == len(kept)
    assert {pair.id for pair in back} == {
        pair.id for pair in refused if pair.id not in ids and (d := stand.get(key_of(pair))) and d.verdict == "accept"
    }
    undecided = [pair for pair in pairs if key_of(pair) not in stand]
    assert [pair for pair in kept if pair in undecided] == undecided
    for pair in kept:
        (source,) = [each for each in PAIRS if each.id == pair.id]
        assert pair.model_copy(update={"question": "", "answer": "", "checks": {}}) == source.model_copy(
            update={"question": "", "answer": "", "checks": {}}
        )


@given(some, some, made_decisions)
def test_deciding_again_changes_nothing(pairs: list[QAPair], refused: list[QAPair], decisions: list[Decision]) -> None:
    kept, _ = decided(pairs, refused, standing(decisions))
    assert decided(kept, refused, standing(decisions)) == (kept, [])


@given(some, some, made_decisions, st.randoms())
def test_only_the_last_decision_of_a_key_counts_and_not_the_order_of_keys(
    pairs: list[QAPair], refused: list[QAPair], decisions: list[Decision], random: object
) -> None:
    last = list({decision.key: decision for decision in decisions}.values())
    random.shuffle(last)  # type: ignore[attr-defined]
    assert decided(pairs, refused, standing(last)) == decided(pairs, refused, standing(decisions))


def test_the_last_decision_comes_last_and_one_taken_back_is_none() -> None:
    one, two = PAIRS[:2]
    back = Decision(key=key_of(two), verdict="undecided")
    assert list(standing([accept(one), reject(two), reject(one)])) == [key_of(two), key_of(one)]
    assert standing([accept(one), reject(two), back]) == {key_of(one): accept(one)}


def asked_of(sentences: Sequence[str], *questions: str | None) -> Asked:
    settings = AskSettings(generators=("rules", "model"))
    return ask(make_document(("One", [" ".join(sentences)])), settings, Scribe(*questions))


def test_the_counts_of_a_document_still_add_up_when_refused_pairs_come_back() -> None:
    asked = asked_of(["The loss of BERT falls. MinHash was introduced by Andrei Broder in 1997."], "Who is it?", None)
    assert asked.refused
    for back in asked.refused:
        after = reinstated(asked, {back.id})
        assert len(after.pairs) == len(asked.pairs) + 1
        assert len(after.pairs) + len(after.refused) == len(asked.pairs) + len(asked.refused)
        dropped = [[entry for entry in each.entries if entry.unit == "pair"] for each in (asked, after)]
        assert len(dropped[1]) == len(dropped[0]) - 1


def test_a_passage_whose_only_pair_comes_back_is_no_longer_told_lost() -> None:
    settings = AskSettings(generators=("model",))
    document = make_document(("One", ["MinHash was introduced by Andrei Broder in 1997."]))
    asked = ask(document, settings, Scribe("Who is it?"))
    assert not asked.pairs and [entry.id for entry in asked.entries if entry.unit == "passage"]
    after = reinstated(asked, {asked.refused[0].id})
    assert not [entry for entry in after.entries if entry.unit == "passage"]
    assert reinstated(asked, set()) is asked
    assert reinstated(asked, {"of another document"}) is asked


def test_of_twins_that_were_refused_one_comes_back_and_one_keeps_its_entry() -> None:
    asked = ask(
        make_document(("One", ["MinHash was introduced by Andrei Broder in 1997."])),
        AskSettings(generators=("model",)),
        Scribe("Who is it?"),
    )
    twin = asked.refused[0]
    entry = next(entry for entry in asked.entries if entry.id == twin.id)
    doubled = asked.model_copy(
        update={"refused": (*asked.refused, twin.model_copy()), "entries": (*asked.entries, entry)}
    )
    after = reinstated(doubled, {twin.id})
    assert [pair.id for pair in after.pairs] == [twin.id]
    assert [each.id for each in after.entries].count(twin.id) == 1
    assert [pair.id for pair in after.refused].count(twin.id) == 1
