"""How good questions, answers, spans and paraphrases are that a model wrote about rows of people's questions.

METEOR is NLTK's, of exact words and stems (Banerjee and Lavie 2005): its WordNet stage needs data that is downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from augment.asking import judged
from augment.language.statements import statement
from augment.likeness.overlap import exact, f1
from augment.operators.paraphrase import TASK as PARAPHRASE
from augment.operators.paraphrase import by_model
from augment.records import Answer, Passage, QAPair
from augment.settings import AskSettings
from augment.starter import rows
from augment.t5.seq2seq import Seq2Seq

BATCH_TOKENS = 4096
METEOR = "METEOR is NLTK's, of exact words and stems, without WordNet, whose data it would have to download"

Figures = dict[str, float]


@dataclass(frozen=True)
class Asked:
    """A row of the data: a question that people asked, and its answer in a passage."""

    passage: Passage
    answer: Answer
    question: str

    @property
    def sentence(self) -> str:
        return " ".join(self.passage.text[slice(*self.answer.sentence)].split())

    def pair(self, question: str) -> QAPair:
        """The row that Quire would make of `question` about this answer."""
        return QAPair(
            id="",
            question=question,
            answer=statement(self.passage, *self.answer.sentence).text,
            answer_span=self.answer.text,
            context=self.passage.text,
            doc_id="",
            source="",
            title="",
            section="",
            page=0,
            char_start=self.answer.start,
            char_end=self.answer.end,
            generator="model",
        )


def score_questions(written: Sequence[str], asked: Sequence[Asked]) -> Figures:
    """How like people's questions those `written` are, and whether they are questions that Quire would keep."""
    from rouge_score.rouge_scorer import RougeScorer

    gold = [one.question for one in asked]
    pairs = list(zip(gold, written, strict=True))
    rouge = RougeScorer(["rougeL"], use_stemmer=True)
    return {
        "BLEU-4": bleu(written, gold),
        "ROUGE-L": 100 * fmean(rouge.score(right, text)["rougeL"].fmeasure for right, text in pairs),
        "METEOR": 100 * fmean(meteor(right, text) for right, text in pairs),
        "end in ?": 100 * fmean(text.endswith("?") for text in written),
        "pass the gates": 100 * fmean(passes(text, one) for text, one in zip(written, asked, strict=True)),
        "but derivation": 100 * fmean(passes(text, one, 0.0) for text, one in zip(written, asked, strict=True)),
    }


def bleu(written: Sequence[str], gold: Sequence[str]) -> float:
    """BLEU-4 of all questions together, one reference each."""
    import sacrebleu

    return float(sacrebleu.corpus_bleu(list(written), [list(gold)]).score)


class _NoSynonyms:
    """Stands in for WordNet where METEOR asks for synonyms."""

    def synsets(self, word: str) -> list[Any]:
        return []


def meteor(gold: str, written: str) -> float:
    """METEOR of one question, of exact words and stems."""
    from nltk.translate.meteor_score import single_meteor_score

    reference, hypothesis = (re.findall(r"\w+|[^\w\s]", text) for text in (gold, written))
    return float(single_meteor_score(reference, hypothesis, wordnet=_NoSynonyms())) if hypothesis else 0.0


def passes(question: str, asked: Asked, derivation: float = 1.0) -> bool:
    """Whether Quire's gates would keep `question`; by default as they are set for the starter, which must follow from
    its sentence by moving words."""
    return judged(asked.pair(question), asked.passage, AskSettings(min_derivation=derivation))[1] == ""


def score_answers(t5: Seq2Seq, asked: Sequence[Asked], words: int) -> Figures:
    """Exact match and F1 of the answers read from the answer's sentence, widened to at most `words` words. "returned":
    the share of people's questions that the round trip would keep."""
    prompts = []
    for one in asked:
        text = one.passage.text
        left, right = wide(text, *one.answer.sentence, words)
        prompts.append(rows.answer_prompt(one.question, text[left:right]))
    pairs = list(zip(spoken(t5, prompts), [one.answer.text for one in asked], strict=True))
    return {
        "exact": 100 * fmean(exact(text, answer) for text, answer in pairs),
        "F1": 100 * fmean(f1(text, answer) for text, answer in pairs),
        "returned": 100 * fmean(f1(text, answer) >= AskSettings().min_round_trip for text, answer in pairs),
    }


def wide(text: str, start: int, end: int, words: int) -> tuple[int, int]:
    """`start` to `end` of `text`, widened by whole words on both sides to at most `words` words."""
    before = [found.start() for found in re.finditer(r"\S+", text[:start])]
    after = [end + found.end() for found in re.finditer(r"\S+", text[end:])]
    room = max(0, words - len(text[start:end].split()))
    left = min(len(before), max(room // 2, room - len(after)))
    right = min(len(after), room - left)
    return (before[-left] if left else start), (after[right - 1] if right else end)


def score_extraction(t5: Seq2Seq, asked: Sequence[Asked]) -> Figures:
    """Of the spans that people asked about, how many are found among those the model takes from the same sentence:
    exactly, and as the F1 of the likest. "spans" is how many it takes of a sentence."""
    gold: dict[tuple[str, tuple[int, int]], list[str]] = {}
    for one in asked:
        gold.setdefault((one.passage.text, one.answer.sentence), []).append(one.answer.text)
    prompts = []
    for text, (start, end) in gold:
        left, right = wide(text, start, end, rows.MAX_WORDS)
        prompts.append(rows.extraction_prompt(text[left:right], start - left, end - left))
    taken = [[span.strip() for span in text.split("<sep>") if span.strip()] for text in spoken(t5, prompts)]
    pairs = [(spans, answer) for spans, answers in zip(taken, gold.values(), strict=True) for answer in answers]
    return {
        "exact": 100 * fmean(max((exact(span, answer) for span in spans), default=0.0) for spans, answer in pairs),
        "F1": 100 * fmean(max((f1(span, answer) for span in spans), default=0.0) for spans, answer in pairs),
        "spans": fmean(len(spans) for spans in taken),
    }


def score_paraphrases(t5: Seq2Seq, asked: Sequence[Asked]) -> Figures:
    """How people's questions are put in other words. The rows have no second wording to compare with: "BLEU-4 with
    itself" is 100 for a copy, "copied" the share of copies, and "keep the facts" the share of questions of which one
    of five outputs keeps the facts and is neither the same question nor another, as the paraphrase operator checks."""
    questions = [one.question for one in asked]
    written = spoken(t5, [f"{PARAPHRASE} {question}" for question in questions])
    return {
        "BLEU-4 with itself": bleu(written, questions),
        "copied": 100 * fmean(text == question for text, question in zip(written, questions, strict=True)),
        "keep the facts": 100 * len(by_model([one.pair(one.question) for one in asked], t5)) / len(asked),
    }


def spoken(t5: Seq2Seq, prompts: Sequence[str]) -> list[str]:
    """The model's likeliest output for each prompt, word by word."""
    return [best.text for best, *_ in t5.write(t5.encode(prompts), beams=1, batch_tokens=BATCH_TOKENS)]
