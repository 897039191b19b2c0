"""Made-up pairs to vary."""

from __future__ import annotations

from typing import Any

from augment.records import QAPair


def make_pair(question: str, answer: str, span: str, context: str = "", **changes: Any) -> QAPair:
    """A pair whose answer is the first sentence of its context; `id` is the question unless it is given."""
    context = context or answer
    fields: dict[str, Any] = {
        "id": question,
        "question": question,
        "answer": answer,
        "answer_span": span,
        "context": context,
        "family": "f",
        "doc_id": "d",
        "source": "notes.md",
        "title": "Notes",
        "section": "One",
        "page": 3,
        "char_start": 100 + context.index(span),
        "char_end": 100 + context.index(span) + len(span),
        "generator": "rules@1:test",
    }
    return QAPair(**{**fields, **changes})


def some_pairs() -> list[QAPair]:
    return [
        make_pair(
            "What is a tokenizer used for?",
            "A tokenizer is used to split text into smaller units.",
            "to split text into smaller units",
            "A tokenizer is used to split text into smaller units. It comes before the network.",
        ),
        make_pair(
            "What does BPE stand for?",
            "Byte pair encoding (BPE) merges the most frequent pair of symbols.",
            "Byte pair encoding",
        ),
        make_pair(
            "How many layers does BERT-base have?",
            "BERT-base has 12 layers and 768 hidden units.",
            "12",
        ),
        make_pair(
            "What was BERT trained on?",
            "BERT was trained on BooksCorpus and on Wikipedia.",
            "BooksCorpus and on Wikipedia",
            "BERT was trained on BooksCorpus and on Wikipedia. Its tokens come from WordPiece.",
        ),
        make_pair(
            "Which optimizer decouples weight decay from the gradient?",
            "AdamW is the optimizer that decouples weight decay from the gradient.",
            "AdamW",
        ),
        make_pair(
            "What is perplexity?",
            "Perplexity is the exponential of the mean loss a token.",
            "the exponential of the mean loss a token",
        ),
        make_pair(
            "Who introduced dropout in 2012?",
            "Dropout was introduced by Hinton and colleagues in 2012.",
            "Hinton and colleagues",
        ),
        make_pair(
            "Why does a small batch slow training down?",
            "A small batch slows training down because each step uses the hardware badly.",
            "because each step uses the hardware badly",
        ),
    ]
