"""Documents, passages and pairs made of plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from augment.records import Answer, Passage, QAPair
from extractors.files import sha256
from extractors.records import Block, Document, Page, Place
from extractors.sentences import sentence_spans


def make_document(*sections: tuple[str, Sequence[str]], source: str = "notes.md") -> Document:
    """A document of sections: a name and its paragraphs. Every section stands on a page of its own."""
    text, blocks, places = "", [], []
    for number, (name, paragraphs) in enumerate(sections, start=1):
        blocks.append(Block(kind="heading", text=name, page=number, section=(name,), level=1))
        for paragraph in paragraphs:
            text += "\n\n" if text else ""
            start = len(text)
            text += paragraph
            places.append(Place(start=start, end=len(text), page=number))
            blocks.append(
                Block(kind="paragraph", text=paragraph, page=number, section=(name,), start=start, end=len(text))
            )
    return Document(
        doc_id=sha256(f"{source} {text}"),
        source=source,
        title="Notes",
        pages=tuple(Page(number=number) for number in range(1, len(sections) + 1)),
        blocks=tuple(blocks),
        text=text,
        places=tuple(places) or (Place(start=0, end=0, page=1),),
    )


def with_captions(document: Document, *marks: str) -> Document:
    """`document` with the body blocks that begin with one of `marks` as captions."""
    blocks = (
        replace(block, kind="caption") if block.start is not None and block.text.startswith(marks) else block
        for block in document.blocks
    )
    return document.model_copy(update={"blocks": tuple(blocks)})


def make_passage(text: str) -> Passage:
    return Passage(
        passage_id="p",
        doc_id="d",
        section=("Notes",),
        start=0,
        end=len(text),
        text=text,
        sentences=tuple(sentence_spans(text)),
    )


def answers_in(passage: Passage) -> list[Answer]:
    """The last word of each sentence, without its full stop."""
    found = []
    for start, end in passage.sentences:
        word = list(re.finditer(r"\w+", passage.text[start:end]))[-1]
        left, right = start + word.start(), start + word.end()
        found.append(Answer(start=left, end=right, text=word[0], sentence=(start, end), kind="phrase"))
    return found


def pair_in(passage: Passage, question: str, span: str, generator: str = "t5@abc") -> QAPair:
    """The pair that asks `question` about the first `span` of `passage`; its answer is the sentence around it."""
    start = passage.text.index(span)
    left, right = next((left, right) for left, right in passage.sentences if left <= start < right)
    return QAPair(
        id=sha256(question)[:16],
        question=question,
        answer=passage.text[left:right],
        answer_span=span,
        context=passage.text,
        doc_id=passage.doc_id,
        source="notes.md",
        title="Notes",
        section="Notes",
        page=1,
        char_start=passage.start + start,
        char_end=passage.start + start + len(span),
        generator=generator,
    )
