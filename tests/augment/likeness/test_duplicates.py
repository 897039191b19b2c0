from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from augment.asking import ask
from augment.likeness.duplicates import CHARACTERS, deduplicate, doubles
from augment.likeness.shingles import alike, held, shingles_of_characters
from augment.records import QAPair
from augment.settings import AskSettings
from tests.augment.documents import make_document
from tests.augment.pairs import make_pair

RULES_ONLY = AskSettings(generators=("rules",))


def pair(number: int, question: str, span: str, generator: str = "rules@1:test") -> QAPair:
    return make_pair(question, f"{span} is the answer.", span, id=f"{number:04}", generator=generator)


LONG = "What does the multi-head attention of the original Transformer architecture run in parallel"


def test_the_same_question_is_kept_once() -> None:
    kept, entries = deduplicate([pair(2, "What is MinHash?", "a trick"), pair(1, "what is  MinHash?", "a trick")], 0.8)
    assert [p.id for p in kept] == ["0001"]
    assert [(entry.id, entry.reason) for entry in entries] == [("0002", "same question")]
    assert "kept: 0001 of notes.md" in entries[0].detail


def test_one_question_with_two_answers_is_ambiguous() -> None:
    kept, entries = deduplicate([pair(1, "What is recall?", "a share"), pair(2, "What is recall?", "memory")], 0.8)
    assert [p.id for p in kept] == ["0001"]
    assert [entry.reason for entry in entries] == ["same question, another answer"]


def test_near_duplicates() -> None:
    pairs = [pair(1, f"{LONG}?", "attention operations"), pair(2, f"{LONG} ways?", "attention operations")]
    kept, entries = deduplicate(pairs, 0.8)
    assert [p.id for p in kept] == ["0001"]
    assert [entry.reason for entry in entries] == ["near duplicate"]
    assert len(deduplicate(pairs, 1.0)[0]) == 2


def test_names_and_numbers_tell_facts_apart() -> None:
    pairs = [
        pair(1, f"{LONG} in GPT-2?", "attention operations"),
        pair(2, f"{LONG} in GPT-3?", "attention operations"),
        pair(3, f"{LONG} in 2017?", "attention operations"),
    ]
    assert len(deduplicate(pairs, 0.8)[0]) == 3


def test_a_rule_goes_before_a_model() -> None:
    pairs = [pair(1, "What is MinHash?", "a trick", "t5@abc"), pair(2, "What is MinHash?", "a trick")]
    assert [p.id for p in deduplicate(pairs, 0.8)[0]] == ["0002"]


def test_a_pair_given_twice() -> None:
    kept, entries = deduplicate([pair(1, "What is MinHash?", "a trick")] * 2, 0.8)
    assert len(kept) == len(entries) == 1


asked = st.lists(
    st.builds(
        pair,
        st.integers(0, 9999),
        st.sampled_from([f"{LONG}?", f"{LONG} at once?", f"{LONG} ways?", "What is recall?", "What is Recall?"]),
        st.sampled_from(["attention", "operations"]),
        st.sampled_from(["rules@1:test", "t5@abc"]),
    ),
    max_size=12,
    unique_by=lambda pair: pair.id,
)


@given(asked, st.randoms(use_true_random=False))
def test_the_order_does_not_matter_and_nothing_is_lost(pairs: list[QAPair], rng: random.Random) -> None:
    kept, entries = deduplicate(pairs, 0.8)
    assert len(kept) + len(entries) == len(pairs)
    assert [p for p in pairs if p in kept] == kept
    mixed = rng.sample(pairs, len(pairs))
    assert {p.id for p in deduplicate(mixed, 0.8)[0]} == {p.id for p in kept}


@given(
    st.lists(st.text("abcd", min_size=1, max_size=14), min_size=1, max_size=30), st.sampled_from([0.3, 0.5, 0.8, 1.0])
)
def test_every_near_pair_is_found_and_no_other(texts: list[str], threshold: float) -> None:
    found = [shingles_of_characters(text, CHARACTERS) for text in texts]
    sets = [set(each.tolist()) for each in found]
    expected = {
        (later, earlier)
        for later in range(len(sets))
        for earlier in range(later)
        if len(sets[later] & sets[earlier]) >= threshold * len(sets[later] | sets[earlier])
    }
    assert {(later, earlier) for later, earlier, _ in alike(*held(found), threshold)} == expected


def test_doubles_are_all_that_deduplicate_would_not_keep_together() -> None:
    pairs = [
        pair(1, "What is recall?", "a share"),
        pair(2, "What is the perplexity of a language model?", "the exponential of the mean loss"),
        pair(3, "what is  recall", "memory"),
        pair(4, "What is the perplexity of the language model?", "the exponential of the mean loss"),
        pair(5, "What is an adapter?", "a pair of matrices"),
    ]
    assert list(doubles(pairs, 0.8)) == [(2, 0), (3, 1)]
    kept, _ = deduplicate(pairs, 0.8)
    assert len(kept) == 3 and list(doubles(kept, 0.8)) == []


def test_no_pairs() -> None:
    assert deduplicate([], 0.8) == ([], [])


SENTENCES = [
    "MinHash is a technique that estimates the Jaccard similarity of two sets.",
    "Dense Passage Retrieval (DPR) needs an index of all passages.",
    "BLEU was introduced by Papineni and colleagues in 2002.",
    "Dropout is applied to the output of each layer because large networks overfit.",
]


def of_document(source: str, paragraphs: list[str]) -> list[QAPair]:
    return list(ask(make_document(("Notes", paragraphs), source=source), RULES_ONLY, None).pairs)


def test_a_paper_as_pdf_and_as_markdown_asks_each_question_once_and_the_ledger_says_where() -> None:
    printed = of_document("paper.pdf", SENTENCES)
    # The Markdown of the paper breaks its paragraphs elsewhere, and has a word or two of its own.
    marked = of_document(
        "paper.md", [" ".join(SENTENCES[:2]), SENTENCES[2], SENTENCES[3].replace("applied", "always applied")]
    )
    kept, entries = deduplicate([*printed, *marked], 0.8)
    assert len(printed) == len(marked) > 5
    assert len({p.question for p in kept}) == len(kept) == len(printed)
    assert {p.question.replace(" always", "") for p in kept} == {p.question for p in printed}
    assert len(entries) == len(marked)
    for entry in entries:
        twin = next(p for p in kept if f"kept: {p.id} of {p.source}" in entry.detail)
        assert {entry.source, twin.source} == {"paper.pdf", "paper.md"}
        assert entry.reason in ("same question", "near duplicate")


def test_a_new_version_adds_its_new_questions_and_no_other() -> None:
    first = of_document("paper.v1.md", SENTENCES[:3])
    second = of_document("paper.v2.md", [*SENTENCES[:3], "ALBERT shares the weights of all layers."])
    kept, entries = deduplicate([*first, *second], 0.8)
    new = {p.question for p in kept} - {p.question for p in first}
    assert new == {"What does ALBERT share?"}
    assert len(entries) == len(first)
    assert {entry.reason for entry in entries} == {"same question"}
