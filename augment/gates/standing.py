"""The question and its answer can be read without the document."""

from __future__ import annotations

from augment.gates import Verdict, bare_question, gate
from augment.language.captions import leaning
from augment.language.standing import deictic, unresolved
from augment.records import Passage, QAPair
from augment.settings import AskSettings
from extractors.sentences import sentence_spans


@gate("question stands alone")
def question_stands_alone(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    """No 'this paper', 'Figure 3', 'we'; no pronoun and no 'the method' that only the text around explains, unless the
    question names its document by the title."""
    question = bare_question(pair)
    if deictic(question):
        return Verdict(0.0, "points at the document")
    if unresolved(question, definite=question == pair.question):
        return Verdict(0.0, "needs what was said before")
    return Verdict(1.0)


@gate("answer stands alone")
def answer_stands_alone(pair: QAPair, passage: Passage, settings: AskSettings) -> Verdict:
    """The answer is whole sentences in which nothing hangs in the air, or on a figure. A second may lean on a first."""
    if not leaning(pair.answer, passage):
        return Verdict(1.0)
    first, *more = (pair.answer[start:end] for start, end in sentence_spans(pair.answer))
    leans = leaning(first, passage) or any(leaning(one, passage, follows=True) for one in more)
    return Verdict(0.0, "answer cannot be read alone") if leans or not more else Verdict(1.0)
