from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.language.stems import content
from augment.operators import OPERATORS
from augment.operators.wording import reworded, wording
from augment.settings import AugmentSettings
from tests.augment.pairs import make_pair, some_pairs


@pytest.mark.parametrize(
    ("question", "answer", "span", "other"),
    [
        (
            "Who introduced dropout?",
            "Dropout was introduced by Hinton and colleagues in 2012.",
            "Hinton and colleagues",
            "Hinton and colleagues introduced dropout.",
        ),
        (
            "When was GLUE published?",
            "GLUE, which was published in 2018, is a benchmark of nine tasks.",
            "2018",
            "GLUE was published in 2018.",
        ),
        (
            "How many layers does BERT-base have?",
            "BERT-base has 12 layers and 768 hidden units.",
            "12",
            "BERT-base has 12 layers.",
        ),
        (
            "To how many vectors is each token mapped?",
            "Each token is mapped to three vectors by three learned matrices.",
            "three",
            "Each token is mapped to three vectors.",
        ),
        (
            "What does block-wise quantisation divide a tensor into?",
            "Block-wise quantisation divides a tensor into small blocks and gives each block a scale.",
            "small blocks",
            "Block-wise quantisation divides a tensor into small blocks.",
        ),
        (
            "Which technique quantises the scaling constants?",
            "Double quantisation is a technique that quantises the scaling constants.",
            "Double quantisation",
            "Double quantisation quantises the scaling constants.",
        ),
        (
            "What does SGD stand for?",
            "Stochastic gradient descent (SGD) is an optimiser.",
            "Stochastic gradient descent",
            "SGD stands for stochastic gradient descent.",
        ),
        (
            "What are examples of personal data?",
            "Personal data, such as names and telephone numbers, are masked.",
            "names and telephone numbers",
            "Names and telephone numbers are examples of personal data.",
        ),
        (
            "Why does the loss fall slowly?",
            "Because the rate is small, the loss falls slowly.",
            "Because the rate is small",
            "The loss falls slowly because the rate is small.",
        ),
        (
            "In “Notes”, in the base model, what does the last layer widen?",
            "In the base model, the last layer widens each vector, and the rest is as before.",
            "each vector",
            "In the base model, the last layer widens each vector.",
        ),
        (
            "What does BPE merge?",
            "The text is cut by byte pair encoding, or BPE. It merges the most frequent pair of symbols.",
            "the most frequent pair of symbols",
            "BPE merges the most frequent pair of symbols.",
        ),
        (
            "Which river joins the Rhine in Duisburg?",
            "The Ruhr, which joins the Rhine in Duisburg, is nowadays a clean river.",
            "Ruhr",
            "The Ruhr joins the Rhine in Duisburg.",
        ),
        (
            "What are gates trained to do?",
            "Gates are trained to stop bad pairs, and are measured on questions that people asked.",
            "stop bad pairs",
            "Gates are trained to stop bad pairs.",
        ),
    ],
)
def test_question_and_span_make_a_sentence(question: str, answer: str, span: str, other: str) -> None:
    assert reworded(make_pair(question, answer, span)) == other


@pytest.mark.parametrize(
    ("question", "answer", "span", "why"),
    [
        ("What does BPE use?", "BPE uses merges.", "merges", "the same sentence"),
        ("What does BPE use?", "BPE also uses merges.", "merges", "the same sentence without a word"),
        ("What does BPE use?", "If memory allows, BPE uses merges of a larger table.", "merges", "a condition"),
        ("What does DPR capture?", "DPR captures variations better than a sparse one.", "variations", "a comparison"),
        ("What does BPE use?", "BPE uses merges that were learned from a large text.", "merges", "cut short"),
        ("What does it use?", "The model reads tokens. It uses BPE in every layer.", "BPE", "no subject"),
        ("What does BPE use?", "Merges are used by BPE in nearly all of its steps.", "Merges", "other words"),
        (
            "What is the gain divided by?",
            "The gain is divided by the same factor later on.",
            "the same factor",
            "leans",
        ),
        (
            "What does the layer widen?",
            "The layer widens each vector, applies a rectifier, and projects it back.",
            "each vector, applies a rectifier",
            "no list",
        ),
        ("Where is the Rhine?", "It is the second river of the Rhine basin in Europe.", "Europe", "no subject"),
        (
            "When was the congregation at St. George's founded?",
            "The congregation was founded in 1767, and it moved in 1769.",
            "1767",
            "the subject goes on",
        ),
        (
            "Who was limited by the defence?",
            "Newton was limited by the defence, which sacked him seven times.",
            "Newton was limited by the defence",
            "the span is a sentence",
        ),
        (
            "Which animals is a sponge less complex than?",
            "Comb jellies form a phylum that a sponge is less complex than in most of its organs.",
            "Comb jellies",
            "asked for the object",
        ),
        (
            "Which phylum is more complex than sponges?",
            "Comb jellies form a phylum that is more complex than sponges in most of its organs.",
            "Comb jellies",
            "another number",
        ),
        (
            "What is a statocyst?",
            "Its main component is a statocyst, a balance sensor made of small particles.",
            "a balance sensor",
            "asked for what it is",
        ),
        (
            "Who created the theme used in 1986?",
            "It was in turn replaced by Dominic Glynn's arrangement of 1986.",
            "Dominic Glynn",
            "another verb",
        ),
        (
            "What are examples of services?",
            "Such services include the analysis of all that is taken.",
            "the analysis of all that is taken",
            "only one",
        ),
        ("Is BPE used?", "BPE is used in most of the models of today.", "BPE", "no question word"),
        (
            "What are examples of data?",
            "Data, such as names or numbers, are masked.",
            "names or numbers",
            "one or other",
        ),
    ],
)
def test_what_is_not_sure_is_left(question: str, answer: str, span: str, why: str) -> None:
    assert reworded(make_pair(question, answer, span)) == "", why


def test_only_the_answer_changes_and_only_if_asked_for() -> None:
    assert OPERATORS.entries()["wording"].rate == 0
    pairs = some_pairs()
    rows = wording(pairs, pairs, AugmentSettings(), 1)
    assert rows
    parents = {pair.id: pair for pair in pairs}
    for row in rows:
        own = {"id": row.id, "parent_id": row.parent_id, "kind": "paraphrase", "generator": "wording@1"}
        parent = parents[row.parent_id]
        assert row == parent.model_copy(update={**own, "answer": row.answer})
        assert row.answer != parent.answer


PHRASES = st.sampled_from(
    ["a layer", "the loss", "two matrices", "gates, blocks and heads", "BERT", "small steps of ten", "not all tokens"]
)


@given(
    subject=st.sampled_from(["BERT", "gradient clipping", "the warm-up phase", "an encoder"]),
    verb=st.sampled_from([("use", "uses"), ("compute", "computes"), ("keep", "keeps")]),
    thing=PHRASES,
    before=st.sampled_from(["", "In most models, ", "If needed, ", "However, "]),
    behind=st.sampled_from(["", ", which is cheap", " because it is cheap", " of the text", ", and it may do more"]),
)
def test_a_wording_says_nothing_that_question_and_answer_do_not(
    subject: str, verb: tuple[str, str], thing: str, before: str, behind: str
) -> None:
    said = f"{before}{subject} {verb[1]} {thing}{behind}."
    pair = make_pair(f"What does {subject} {verb[0]}?", said[0].upper() + said[1:], thing)
    other = reworded(pair)
    if other:
        assert thing in other
        assert set(content(other)) <= set(content(f"{pair.question} {pair.answer}"))
        assert other[0].isupper() and other.endswith(".")
        assert "may" not in behind and not before.startswith("If") and not behind.startswith((" of", " because"))
