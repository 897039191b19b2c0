from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from augment.records import QAPair
from flows.samples import choose, illustrate, spread
from flows.store import current_documents
from flows.workers import worker_pools
from tests.flows.example import ExampleOut, make_pair
from training.dataset import read_split

sources = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["rules", "t5"])), max_size=40)


@given(sources, st.integers(0, 15))
def test_the_choice_is_spread_and_the_same_in_any_order(made: list[tuple[str, str]], count: int) -> None:
    rows = [
        ("train", make_pair(f"{index}", f"{source}.md", generator)) for index, (source, generator) in enumerate(made)
    ]
    chosen = choose(rows, count)
    assert len(chosen) == min(count, len(rows))
    assert choose(list(reversed(rows)), count) == chosen
    taken, there = Counter(pair.source for _, pair in chosen), Counter(pair.source for _, pair in rows)
    for source, other in ((one, two) for one in there for two in there):
        if taken[source] < there[source]:
            assert taken[other] <= taken[source] + 1


def test_variants_are_not_chosen() -> None:
    noise = make_pair("1", "a.md", "rules").model_copy(update={"kind": "noise"})
    assert choose([("train", noise)], 5) == []


def test_the_span_is_marked_where_it_stands_and_not_where_its_words_stand_first(example_out: ExampleOut) -> None:
    documents = current_documents(example_out.out / ".quire")
    original = read_split(example_out.out / "dataset", "train")[0]
    document = documents[original.doc_id]
    second = document.text.index("matrices is usually")
    pair = original.model_copy(
        update={"answer_span": "matrices", "char_start": second, "char_end": second + len("matrices")}
    )
    with worker_pools():
        sample = illustrate("train", pair, [], document, example_out.raw_docs)
    before, span, after = sample.passage
    assert (before[-12:], span, after[:11]) == ("rank of the ", "matrices", " is usually")
    assert before + span + after == pair.context
    assert sample.image is not None
    assert sample.image.exact
    assert len(sample.image.answer) == 1
    top = min(y for _, y in sample.image.answer[0])
    assert top > 30, "the second 'matrices' stands on the third line of the paragraph, not on the first"


def test_without_its_record_a_pair_is_still_shown(example_out: ExampleOut) -> None:
    pair = read_split(example_out.out / "dataset", "test")[0]
    sample = illustrate("test", pair, [], None, example_out.raw_docs)
    assert sample.passage[1] == pair.answer_span
    assert "gone" in sample.no_image


def test_pairs_are_whole(example_out: ExampleOut) -> None:
    """The example is what it claims to be: every span stands at its place in the text."""
    documents = current_documents(example_out.out / ".quire")
    pairs: list[QAPair] = [pair for name in ("train", "test") for pair in read_split(example_out.out / "dataset", name)]
    assert pairs
    for pair in pairs:
        assert documents[pair.doc_id].text[pair.char_start : pair.char_end] == pair.answer_span


def test_of_many_documents_those_with_samples_are_spread_over_all() -> None:
    sources = [f"{number:04}.md" for number in range(1000)]
    picked = spread(sources, 12)
    assert len(picked) == 12 and max(picked) > "0900.md" and min(picked) < "0100.md"
    assert spread(sources[:5], 12) == {*sources[:5]} and spread([], 12) == set()
