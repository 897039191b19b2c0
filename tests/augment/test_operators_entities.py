from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.language.terms import lexicon
from augment.language.words import is_name
from augment.operators.entities import UNCOUNTED, entity_swap, swap
from augment.records import QAPair
from augment.settings import AugmentSettings
from tests.augment.pairs import make_pair

SETTINGS = AugmentSettings()


def swaps(pair: QAPair, count: int = 40) -> list[QAPair]:
    found = (swap(pair, {}, Random(seed)) for seed in range(count))
    return [pair for pair in found if pair is not None]


@given(st.sampled_from([term for term in lexicon() if term.forms[0][0].isupper()]), st.integers(0, 2**32))
def test_a_swap_is_the_same_everywhere(term: object, seed: int) -> None:
    name = term.forms[0]  # type: ignore[attr-defined]
    context = (
        f"{name} was trained for 3 days. The size of {name} is 2 GB, and {name}'s speed on MNIST or GLUE is known."
    )
    pair = make_pair(f"What is the size of {name}?", f"The size of {name} is 2 GB.", f"{name} is 2 GB", context)
    varied = swap(pair, {}, Random(seed))
    assert varied is not None
    new = re.fullmatch(r"What is the size of (.+)\?", varied.question)
    assert new is not None and new[1] != name
    swapped = context.replace(name, new[1])
    assert varied.context == swapped, "a name keeps its capitals, or that it has none, at the start of a sentence"
    assert varied.answer == f"The size of {new[1]} is 2 GB."
    count = float(context.count(name))
    assert varied.answer_span in varied.context
    assert varied.answer_span == f"{new[1]} is 2 GB"
    assert varied.checks == {"open book": 1.0, "swapped": count, "answer start": swapped.index(varied.answer_span)}
    assert varied.open_book
    types = {form: entry.type for entry in lexicon() for form in entry.forms if form}
    assert types[new[1]] == types[name]


def test_plural_possessive_article_case_and_both_forms_follow() -> None:
    pair = make_pair(
        "What is an RNN?",
        "An RNN is a network with a state.",
        "a network with a state",
        "An RNN is a network with a state. RNNs are slow, and an RNN's state is large. "
        "The recurrent neural network (RNN) is older than attention.",
    )
    texts = {(one.question, one.context) for one in swaps(pair)}
    assert (
        "What is a CNN?",
        "A CNN is a network with a state. CNNs are slow, and a CNN's state is large. "
        "The convolutional neural network (CNN) is older than attention.",
    ) in texts


def test_a_term_within_the_long_form_of_another_is_left() -> None:
    context = "Weight-decomposed low-rank adaptation (DoRA) is new. Low-rank adaptation (LoRA) adds 2 matrices."
    pair = make_pair("How many matrices does LoRA add?", "Low-rank adaptation (LoRA) adds 2 matrices.", "2", context)
    assert swaps(pair) == []


NAMES = [term.forms[0] for term in lexicon() if is_name(term.forms[0]) and term.type not in UNCOUNTED]


@given(
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(["{} has 2 GB.", "An old {} is here.", "The {}s, it says, are 2 GB.", "2 GB it is."])),
    st.integers(0, 99),
)
def test_the_answer_stands_where_the_check_says(name: str, before: list[str], seed: int) -> None:
    context = " ".join(sentence.format(name) for sentence in [*before, "The {} is of 2 GB.", "So is 2 GB."])
    pair = make_pair(f"What is {name} of?", f"The {name} is of 2 GB.", "2 GB", context)
    varied = swap(pair, {}, Random(seed))
    assert varied is not None
    start = int(varied.checks["answer start"])
    assert varied.context[start:].startswith(varied.answer_span)
    assert varied.context[:start].endswith(" is of "), "the occurrence in the sentence that answers, not an earlier one"
    assert name not in varied.context or name in varied.question


def test_a_title_that_holds_the_term_is_not_changed() -> None:
    pair = make_pair("In “BERT for beginners”, how many layers does BERT have?", "BERT has 12 layers.", "12")
    assert swaps(pair) == []


@pytest.mark.parametrize(
    "context",
    [
        "Adam was a king for 3 years.",
        "Robert Adam, unlike SGD, was here for 3 years. Adam was a king for 3 years.",
        "Adams came after SGD. Adam was a king for 3 years.",
    ],
)
def test_a_name_that_may_be_somebodys_is_left(context: str) -> None:
    pair = make_pair("How long was Adam a king?", "Adam was a king for 3 years.", "3 years", context)
    assert swaps(pair) == []


def test_a_passage_that_speaks_of_the_name_is_left() -> None:
    context = "The name BERT is derived from a puppet. BERT has 12 layers."
    assert swaps(make_pair("How many layers does BERT have?", "BERT has 12 layers.", "12", context)) == []


def test_what_has_no_plural_is_not_put_in_its_place() -> None:
    context = "Machine translation is a task. Two machine translations of a text differ."
    assert swaps(make_pair("What is machine translation?", "Machine translation is a task.", "a task", context)) == []


def test_where_the_name_itself_is_spoken_of_it_stays() -> None:
    pair = make_pair("What does BERT stand for?", "BERT stands for an encoder.", "an encoder")
    assert swaps(pair) == []


def test_lower_case_terms_take_the_case_of_their_place() -> None:
    pair = make_pair(
        "What is machine translation?",
        "Machine translation is a task.",
        "a task",
        "Machine translation is a task. The course Machine Translation is old, and machine translation is older.",
    )
    for varied in swaps(pair):
        new = varied.question.removeprefix("What is ").rstrip("?")
        first, middle, last = re.fullmatch(
            r"(.+) is a task\. The course (.+) is old, and (.+) is older\.", varied.context
        ).groups()  # type: ignore[union-attr]
        assert last == new
        assert first == new[0].upper() + new[1:]
        assert middle.lower() == new.lower() and middle != new


@pytest.mark.parametrize(
    ("context", "why"),
    [
        ("BERT has 12 layers. BERT-large has 24.", "the term is part of another name"),
        ("BERT has 12 layers. The file is called bert_base.", "the term stands in another case"),
        ("BERT has 12 layers. DistilledBERT has 6. SBERT has 12. BERTScore uses it.", "a longer word begins with it"),
    ],
)
def test_terms_within_other_names_are_left(context: str, why: str) -> None:
    pair = make_pair("How many layers does BERT have?", "BERT has 12 layers.", "12", context)
    assert swaps(pair) == [], why


def test_no_term_comes_in_that_is_spoken_of() -> None:
    others = [term.forms[0] for term in lexicon() if term.type == "encoders" and term.forms[0] not in ("BERT", "XLNet")]
    context = f"BERT has 12 layers. It is compared with {', '.join(others)}."
    pair = make_pair("How many layers does BERT have?", "BERT has 12 layers.", "12", context)
    assert {one.question for one in swaps(pair)} == {"How many layers does XLNet have?"}


def test_a_long_form_known_from_elsewhere_is_not_left_behind() -> None:
    context = "Adaptive moment estimation keeps two averages on MNIST. Adam has 2 of them."
    pair = make_pair("How many averages has Adam?", "Adam has 2 of them.", "2", context)
    mined = {"Adam": "adaptive moment estimation"}
    assert {one.context for seed in range(40) if (one := swap(pair, mined, Random(seed)))} == {
        "Stochastic gradient descent keeps two averages on MNIST. SGD has 2 of them."
    }, "only SGD has a long form that can stand for Adam's"


def test_the_place_in_the_document_stays() -> None:
    pair = make_pair("What was BERT trained on?", "BERT was trained on BooksCorpus.", "BooksCorpus")
    (varied,) = entity_swap([pair], [pair], SETTINGS, 3)
    kept = ("doc_id", "source", "page", "section", "family", "char_start", "char_end")
    assert [getattr(varied, name) for name in kept] == [getattr(pair, name) for name in kept]
    assert (varied.kind, varied.parent_id, varied.generator) == ("entity_swap", pair.id, "entity_swap@2")
    assert varied.id != pair.id


def test_a_pair_without_terms_is_left() -> None:
    pair = make_pair("What is a hat?", "A hat is worn.", "worn", "A hat is worn. BERT is not.")
    assert entity_swap([pair], [pair], SETTINGS, 3) == []


def test_the_lexicon_holds_each_form_once_and_no_lonely_type() -> None:
    forms = [form.lower() for term in lexicon() for form in term.forms if form]
    assert len(forms) == len(set(forms))
    types = [term.type for term in lexicon()]
    assert all(types.count(type_) >= 3 or type_ in ("prompt_methods",) for type_ in types)
