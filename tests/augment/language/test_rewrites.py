from __future__ import annotations

import re

import pytest

from augment.language.rewrites import RULES, rewrites

THERE_AND_BACK = [
    ("What is LoRA used for?", "For what purpose is LoRA used?"),
    ("What are adapters used for?", "For what purpose are adapters used?"),
    ("What does BERT stand for?", "What is the long form of BERT?"),
    ("What does BERT stand for?", "What is BERT short for?"),
    ("Who introduced the Transformer in 2017?", "By whom was the Transformer introduced in 2017?"),
    ("Who proposed subword units?", "By whom were subword units proposed?"),
    ("What does a layer consist of?", "What is a layer made up of?"),
    ("What do Transformer blocks consist of?", "What are the components of Transformer blocks?"),
    ("Why is the learning rate reduced?", "For what reason is the learning rate reduced?"),
    ("How does dropout prevent overfitting?", "In what way does dropout prevent overfitting?"),
    ("What is the difference between Adam and AdamW?", "How does Adam differ from AdamW?"),
    ("What is the role of the tokenizer in training?", "What role does the tokenizer play in training?"),
    ("What is the effect of dropout on accuracy?", "What effect does dropout have on accuracy?"),
    ("What is the model trained on?", "On what is the model trained?"),
    ("Which corpus are the embeddings trained with?", "With which corpus are the embeddings trained?"),
    ("What does perplexity depend on?", "On what does perplexity depend?"),
    ("What does the decoder predict?", "What is predicted by the decoder?"),
    ("What do optimizers require?", "What is required by optimizers?"),
    ("What is shrunk by weight decay?", "What does weight decay shrink?"),
    ("What causes loss spikes?", "What is the cause of loss spikes?"),
    ("How large is the vocabulary of GPT-2?", "What is the size of the vocabulary of GPT-2?"),
    ("What is the name of the corpus?", "What is the corpus called?"),
]


@pytest.mark.parametrize(("one", "other"), THERE_AND_BACK)
def test_rules_lead_there_and_back(one: str, other: str) -> None:
    assert other in rewrites(one, "", "", "")
    assert one in rewrites(other, "", "", "")


def test_a_definition_is_asked_for_where_the_answer_is_one() -> None:
    assert rewrites("What is a tokenizer?", "A tokenizer is a program that splits text.", "a program", "") == [
        "What is meant by a tokenizer?",
        "How is a tokenizer defined?",
    ]
    assert "How are adapters defined?" in rewrites("What are adapters?", "Adapters are small layers.", "small", "")
    assert rewrites("What is the learning rate?", "The learning rate is 0.1.", "0.1", "") == []
    assert rewrites("What is the optimizer of BERT?", "The optimizer of BERT is a variant of Adam.", "x", "") == []


def test_a_year_is_asked_for_where_the_answer_is_one() -> None:
    question = "When was BERT published?"
    assert "In what year was BERT published?" in rewrites(question, "", "2018", "")
    assert rewrites(question, "", "after the Transformer", "") == []
    assert "When was BERT published?" in rewrites("In which year was BERT published?", "", "2018", "")


def test_numbers_of_things() -> None:
    found = rewrites("How many layers does the encoder have?", "", "12", "")
    assert "What is the number of layers in the encoder?" in found
    for question in ("How many of the layers are frozen?", "How many times is a batch seen?"):
        assert rewrites(question, "", "12", "") == []


def test_a_preposition_goes_to_the_front() -> None:
    asked = "What does product quantisation divide each vector into?"
    assert rewrites(asked, "", "", "") == ["Into what does product quantisation divide each vector?"]


def test_an_acronym_is_spelt_out_where_the_passage_does() -> None:
    context = "Retrieval-augmented generation (RAG) looks passages up. It is better than generation alone."
    assert "What is retrieval-augmented generation used for?" in rewrites("What is RAG used for?", "", "x", context)
    asked = "What does RAG stand for?"
    assert not any("augmented" in found for found in rewrites(asked, "", "Retrieval-augmented generation", context))
    assert not any("augmented" in found for found in rewrites("What does a RAG need?", "", "x", context))
    context = "The Colossal Clean Crawled Corpus (C4) is large."
    assert rewrites("Who created C4?", "", "Raffel", context)[-1] == "Who created the Colossal Clean Crawled Corpus?"


@pytest.mark.parametrize(
    "question",
    [
        "How does BERT perform on GLUE?",
        "What is the name of the method that BERT uses?",
        "Is BERT an encoder?",
        "What model, if any, is trained on text?",
        "In the year 2017, what was introduced?",
    ],
)
def test_what_no_rule_is_sure_of_is_left(question: str) -> None:
    assert rewrites(question, "", "", "") == []


def test_every_rule_has_a_question_that_it_rewrites() -> None:
    """A rule whose pattern or formats do not fit together would never fire, and nobody would miss it."""
    for rule in RULES:
        groups = set(rule.pattern.groupindex)
        named = {name for rewrite in rule.rewrites for name in re.findall(r"{(\w+)}", rewrite)}
        needs = {"be": {"of_be"}, "do": {"of_do"}, "front": {"back"}, "preposition": {"Preposition"}}
        given = groups | {"is", "was", "does", "passive", "active"}
        given |= {made for source, names in needs.items() if source in groups for made in names}
        assert named <= given, rule
        assert all(rewrite[0].isupper() or rewrite.startswith("{P") for rewrite in rule.rewrites)
        assert all(rewrite.endswith("?") for rewrite in rule.rewrites)


def test_an_acronym_that_begins_a_longer_name_is_not_spelt_out() -> None:
    context = "The National Broadcasting Company (NBC) had two networks. NBC Red tested programmes."
    assert rewrites("What did NBC Red test?", "NBC Red tested programmes.", "programmes", context) == []
