"""The step that has all pairs in hand, on files, without Prefect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from augment.asking import Asked, ask
from augment.decisions import Decision, key_of
from augment.likeness.duplicates import deduplicate
from augment.likeness.retrieval import self_retrieved
from augment.records import QAPair
from augment.settings import AskSettings, AugmentSettings
from extractors.files import to_lines, write_whole
from flows.brief import brief_of
from flows.corpus import Pairs
from flows.work import deduplicate_into, vary_into
from tests.augment.documents import make_document

SETTINGS = AskSettings(generators=("rules",))
TEXTS = {
    "one.md": ["MinHash is a technique that estimates the overlap of two sets.", "Weight decay shrinks all weights."],
    "two.md": ["MinHash is a technique that estimates the overlap of sets.", "Recall is the share of what is found."],
    "three.md": ["A tokenizer is a program that splits text.", "BERT uses a vocabulary of subwords."],
}


class Corpus:
    """Documents, what was asked of them, and what is made of that by some decisions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        documents = [make_document(("One", [" ".join(text)]), source=source) for source, text in TEXTS.items()]
        self.asked: list[Asked] = [ask(document, SETTINGS, None) for document in documents]
        for n, (document, asked) in enumerate(zip(documents, self.asked, strict=True)):
            write_whole(folder / "read" / f"{n}.json", document.model_dump_json())
            write_whole(folder / "ask" / f"{n}.json", asked.model_dump_json())

    def pairs(self, *decisions: Decision) -> Pairs:
        made, decided = self.folder / "made", self.folder / "decisions.jsonl"
        write_whole(decided, to_lines(decisions))
        files = ([self.folder / name / f"{n}.json" for n in range(len(TEXTS))] for name in ("ask", "read"))
        deduplicate_into(made, *files, decided, SETTINGS.min_retrieval, SETTINGS.near_duplicate)
        return Pairs.model_validate_json(made.read_bytes())


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(tmp_path_factory.mktemp("corpus"))


def accept(pair: QAPair) -> Decision:
    return Decision(key=key_of(pair), verdict="accept")


def test_without_decisions_it_is_the_two_gates_of_the_corpus_and_nothing_else(corpus: Corpus) -> None:
    pairs = [pair for asked in corpus.asked for pair in asked.pairs]
    briefs = [brief_of(corpus.folder / "ask" / f"{n}.json", corpus.folder / "read" / f"{n}.json") for n in range(3)]
    found, unfound = self_retrieved(pairs, [brief.searched for brief in briefs], SETTINGS.min_retrieval)
    kept, doubles = deduplicate(found, SETTINGS.near_duplicate)
    made = corpus.pairs()
    assert [pair.model_copy(update={"family": ""}) for pair in made.pairs] == kept
    assert made.entries == (*unfound, *doubles)
    assert len(doubles) and len(set(made.families.values())) == 3


def test_a_pair_dropped_here_comes_back_and_its_entry_goes(corpus: Corpus) -> None:
    before = corpus.pairs()
    of = {pair.id: pair for asked in corpus.asked for pair in asked.pairs}
    for entry in before.entries:
        after = corpus.pairs(accept(of[entry.id]))
        (back,) = {pair.id for pair in after.pairs} - {pair.id for pair in before.pairs}
        assert back == entry.id
        *others, accepted = after.entries
        assert others == [other for other in before.entries if other != entry]
        assert (accepted.id, accepted.outcome, accepted.reason) == (entry.id, "kept", "accepted")
        assert after.decisions["accepted"] == sum(after.decisions.values()) == 1
        assert next(pair for pair in after.pairs if pair.id == back).checks["review"] == 1


def test_documents_that_a_decision_lets_say_the_same_stay_on_one_side(corpus: Corpus) -> None:
    before = corpus.pairs()
    of = {pair.id: pair for asked in corpus.asked for pair in asked.pairs}
    twins = [of[entry.id] for entry in before.entries if entry.step == "deduplicate"]
    after = corpus.pairs(accept(twins[0]))
    one, two, three = (asked.passages[0].doc_id for asked in corpus.asked)
    assert after.families[one] == after.families[two] != after.families[three]
    assert all(pair.family == after.families[pair.doc_id] for pair in after.pairs)


def test_rejecting_a_pair_brings_no_duplicate_of_it_in(corpus: Corpus) -> None:
    before = corpus.pairs()
    gone = before.pairs[0]
    after = corpus.pairs(Decision(key=key_of(gone), verdict="reject"))
    assert after.pairs == before.pairs[1:]
    assert [entry.id for entry in after.entries if entry.step == "review"] == [gone.id]
    assert len(after.pairs) + len(after.entries) == len(before.pairs) + len(before.entries)


def test_only_training_pairs_get_variants_but_for_the_slice_that_is_kept_apart(corpus: Corpus) -> None:
    pairs = corpus.pairs().pairs
    side_of = {pair.id: ("train", "validation", "test", "test_seen")[n % 4] for n, pair in enumerate(pairs)}
    made, sides = corpus.folder / "variants", corpus.folder / "sides"
    corpus.pairs()
    write_whole(sides, json.dumps(side_of))
    for rate in (0.0, 1.0):
        settings = AugmentSettings(rates={"adversarial": rate})
        vary_into(made, corpus.folder / "made", sides, settings, SETTINGS, 3407)
        variants = Pairs.model_validate_json(made.read_bytes()).pairs
        parents = {(pair.kind, side_of[pair.parent_id]) for pair in variants if side_of[pair.parent_id] != "train"}
        assert parents <= {("adversarial", "test"), ("adversarial", "test_seen")}
        assert bool(parents) == bool(rate)
