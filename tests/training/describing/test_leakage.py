"""What the card says of leakage, against every pair compared with every other; and the promise that there is none."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from augment.asking import ask
from augment.likeness.duplicates import deduplicate
from augment.likeness.families import families, joined, own_words, shingles_of_text
from augment.likeness.nearness import kin
from augment.records import QAPair
from augment.settings import AskSettings, AugmentSettings
from augment.variants import vary
from extractors.reading import read_document
from extractors.settings import ReadSettings
from tests.augment.likeness.test_nearness import likeness
from tests.training.made_up import make_pair
from training.describing.leakage import HELD_OUT, LEVELS, leakage
from training.settings import SplitSettings
from training.split import split

RAW_DOCS = Path(__file__).parents[3] / "raw_docs"
WORDS = ["what", "is", "the", "rank", "of", "lora", "scale", "loss"]
question = st.lists(st.sampled_from(WORDS), min_size=2, max_size=9).map(lambda words: " ".join(words) + "?")
questions = st.lists(question, min_size=1, max_size=12)
NEAR = SplitSettings().near_duplicate


@given(questions, questions)
def test_the_nearest_neighbour_in_training_is_found(trained: list[str], asked: list[str]) -> None:
    train = [make_pair("ash", n, question=question) for n, question in enumerate(trained)]
    held = [make_pair("bay", n, question=question) for n, question in enumerate(asked)]
    (leak,) = leakage({"train": train, "test": held}, most=99)
    best = {row.question: max(likeness(row, other) for other in train) for row in held}
    by_question = {pair.question: pair for pair in (*train, *held)}
    assert leak.rows == len(asked)
    for level in LEVELS:
        assert leak.alike[str(level)] == sum(best[question] >= level for question in asked)
    for near in leak.nearest:
        assert abs(near.likeness - best[near.question]) < 1e-4
        assert abs(near.likeness - likeness(by_question[near.question], by_question[near.trained])) < 1e-4


def test_shared_spans_answers_and_passages_are_told_apart() -> None:
    first = make_pair("ash", 1)
    splits = {
        "train": [first],
        "validation": [make_pair("bay", 2, answer_span=f"The {first.answer_span}")],
        "test_seen": [make_pair("ash", 3, context=first.context), make_pair("ash", 4, answer=first.answer)],
    }
    validation, seen = leakage(splits)
    assert (validation.same_span, validation.same_answer, validation.same_passage) == (1, 0, 0)
    assert (seen.split, seen.rows, seen.same_span, seen.same_answer, seen.same_passage) == ("test_seen", 2, 0, 1, 1)


def joined_by_kin(pairs: list[QAPair], family: dict[str, str]) -> list[QAPair]:
    named = joined(family, kin(pairs, {}, NEAR))
    return [pair.model_copy(update={"family": named[pair.doc_id]}) for pair in pairs]


def holds_nothing_near_training(splits: dict[str, list[QAPair]]) -> None:
    """No held-out row has a near-duplicate among the training rows, each compared with each."""
    for name in HELD_OUT:
        for row in splits[name]:
            assert all(likeness(row, trained) < NEAR for trained in splits["train"])
    assert all(leak.alike[str(NEAR)] == 0 for leak in leakage(splits))


documents = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), questions, min_size=1, max_size=9)
shares = st.floats(0, 0.49)


@given(documents, st.builds(SplitSettings, validation=shares, test=shares, test_seen=shares), st.integers(0, 999))
def test_no_held_out_row_is_a_near_duplicate_of_a_training_row(asked, settings, seed) -> None:
    pairs = [
        make_pair(name, number, question=question)
        for name, found in asked.items()
        for number, question in enumerate(found)
    ]
    kept, _ = deduplicate(pairs, NEAR)
    splits = split(joined_by_kin(kept, {name * 8: name for name in asked}), settings, seed)
    holds_nothing_near_training(splits)
    held = {pair.context for name in ("validation", "test") for pair in splits[name]}
    assert not held & {pair.context for name in ("train", "test_seen") for pair in splits[name]}


def test_nor_is_one_of_real_documents_and_their_variants() -> None:
    asking = AskSettings(generators=("rules",))
    read = [read_document(path, ReadSettings(), path.name) for path in sorted(RAW_DOCS.glob("*.md"))]
    pairs = [pair for document in read for pair in ask(document, asking, None).pairs]
    family = families({document.doc_id: shingles_of_text(own_words(document)) for document in read}, NEAR)
    splits = split(joined_by_kin(deduplicate(pairs, NEAR)[0], family), SplitSettings(test_seen=0.3), 3407)
    held = [pair for name in HELD_OUT for pair in splits[name]]
    variants, _ = vary(splits["train"], held, AugmentSettings(), asking, 3407)
    assert len(held) > 30 and len(variants) > 30
    holds_nothing_near_training(splits | {"train": [*splits["train"], *variants]})
