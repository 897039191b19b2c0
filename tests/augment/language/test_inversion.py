from __future__ import annotations

import pytest

from augment.language.inversion import inverted


@pytest.mark.parametrize(
    ("question", "answer", "subject", "indirect"),
    [
        (
            "How many layers does BERT-base have?",
            "BERT-base has 12 layers.",
            "BERT-base",
            "how many layers BERT-base has",
        ),
        ("When was GLUE published?", "GLUE, which was published in 2018, is old.", "GLUE", "when GLUE was published"),
        (
            "What does a Transformer layer consist of?",
            "A Transformer layer consists of two sublayers.",
            "a Transformer layer",
            "what a Transformer layer consists of",
        ),
        (
            "What can the update be merged into?",
            "Then the update can be merged into the weights.",
            "the update",
            "what the update can be merged into",
        ),
        (
            "What does quantisation (AWQ) protect?",
            "Quantisation (AWQ) protects the weights.",
            "quantisation (AWQ)",
            "what quantisation (AWQ) protects",
        ),
    ],
)
def test_a_question_comes_apart_at_its_subject(question: str, answer: str, subject: str, indirect: str) -> None:
    parts = inverted(question, answer)
    assert parts is not None
    assert (parts.subject, parts.indirect) == (subject, indirect)
    assert parts.about(parts.subject) == question


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [
        ("What is the size of BERT?", "The size of BERT is 2 GB.", "the subject goes on behind a preposition"),
        ("What is BERT?", "BERT is a model.", "nothing follows the subject"),
        ("What is mean rank (MRR)?", "Mean rank (MRR) is an average.", "nothing follows the subject"),
        ("Where was Turing taught?", "Turing was taught in Sherborne, where he lived.", "a person is no thing"),
        ("What does it use?", "The model uses BPE.", "the subject is not named"),
        ("In “BERT”, what does BERT use?", "BERT uses BPE.", "a title goes before"),
        ("What do loops waste?", "Loops waste time.", "the verb has the same form with its subject"),
    ],
)
def test_what_is_not_sure_is_left(question: str, answer: str, why: str) -> None:
    assert inverted(question, answer) is None, why
