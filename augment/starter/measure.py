"""How good a question model is, on rows that no starter was trained on: `make bench-starter`.

    python -m augment.starter.measure [--model DIR_OR_HUB_ID ...] [--most N]

It reads ../shared/data/qa/answer_aware.jsonl.gz: SQuAD's `test` articles and FairytaleQA's `dev` stories, one reference
a question. Each model is asked through the same code as in a run of Quire. Beside the models stand two floors: the
answer's sentence copied as the question, and the question of another row. "pass the gates" is with the settings for the
starter; "but derivation" leaves out the gate that only a weak model is held to, as presets for larger models do.

METEOR is NLTK's, of exact words and stems (Banerjee and Lavie 2005): its WordNet stage needs data that is downloaded.
Answers are scored as SQuAD scores them: without case, punctuation and articles.
"""

from __future__ import annotations

import argparse
import random
import re
import string
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from augment.asking import judged
from augment.models import locate
from augment.questions import QuestionModel
from augment.records import Answer, Passage, QAPair
from augment.seq2seq import Seq2Seq
from augment.settings import AskSettings
from augment.starter import STARTER_T5, rows
from augment.statements import statement
from extractors.sentences import sentence_spans

DATA = Path(__file__).parents[3] / "shared" / "data" / "qa" / "answer_aware.jsonl.gz"
PARTS = (("squad-1.1-dev", "test", "SQuAD test"), ("fairytaleqa", "dev", "FairytaleQA dev"))
BATCH_TOKENS = 4096
METEOR = "METEOR is NLTK's, of exact words and stems, without WordNet, whose data it would have to download"
ARTICLES = re.compile(r"\b(?:a|an|the)\b")
NO_PUNCTUATION = str.maketrans("", "", string.punctuation)

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


def held_out(path: Path, source: str, split: str) -> Iterator[Asked]:
    """The rows of one source's split whose answer lies within one sentence."""
    for row in rows.read_rows(path):
        if row["source"] != source or row["split"] != split or (found := rows.answer_in(row)) is None:
            continue
        text, start, end = found
        sentences = tuple(sentence_spans(text))
        around = [span for span in sentences if span[0] <= start and end <= span[1]]
        if around and start < end:
            passage = Passage(
                passage_id="", doc_id="", section=(), start=0, end=len(text), text=text, sentences=sentences
            )
            answer = Answer(start=start, end=end, text=text[start:end], sentence=around[0], kind="phrase")
            yield Asked(passage, answer, " ".join(row["question"].split()))


def score_questions(written: Sequence[str], asked: Sequence[Asked]) -> Figures:
    """How like people's questions those `written` are, and whether they are questions that Quire would keep."""
    import sacrebleu
    from rouge_score.rouge_scorer import RougeScorer

    gold = [one.question for one in asked]
    pairs = list(zip(gold, written, strict=True))
    rouge = RougeScorer(["rougeL"], use_stemmer=True)
    return {
        "BLEU-4": sacrebleu.corpus_bleu(list(written), [gold]).score,
        "ROUGE-L": 100 * fmean(rouge.score(right, text)["rougeL"].fmeasure for right, text in pairs),
        "METEOR": 100 * fmean(meteor(right, text) for right, text in pairs),
        "end in ?": 100 * fmean(text.endswith("?") for text in written),
        "pass the gates": 100 * fmean(passes(text, one) for text, one in zip(written, asked, strict=True)),
        "but derivation": 100 * fmean(passes(text, one, 0.0) for text, one in zip(written, asked, strict=True)),
    }


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
    passage, answer = asked.passage, asked.answer
    pair = QAPair(
        id="",
        question=question,
        answer=statement(passage, *answer.sentence).text,
        answer_span=answer.text,
        context=passage.text,
        doc_id="",
        source="",
        title="",
        section="",
        page=0,
        char_start=answer.start,
        char_end=answer.end,
        generator="model",
    )
    return judged(pair, passage, AskSettings(min_derivation=derivation))[1] == ""


def normal(text: str) -> list[str]:
    """The words of an answer, as SQuAD compares them."""
    return ARTICLES.sub(" ", text.lower().translate(NO_PUNCTUATION)).split()


def exact(written: str, gold: str) -> float:
    """1 where the answers are the same."""
    return float(normal(written) == normal(gold))


def f1(written: str, gold: str) -> float:
    """Overlap of the words of two answers."""
    ours, theirs = normal(written), normal(gold)
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * common / (len(ours) + len(theirs)) if common else float(ours == theirs)


def score_answers(t5: Seq2Seq, asked: Sequence[Asked], words: int) -> Figures:
    """Exact match and F1 of the answers read from the answer's sentence, widened to at most `words` words."""
    prompts = []
    for one in asked:
        text = one.passage.text
        left, right = wide(text, *one.answer.sentence, words)
        prompts.append(rows.answer_prompt(one.question, text[left:right]))
    told = spoken(t5, prompts)
    pairs = list(zip(told, asked, strict=True))
    return {
        "exact": 100 * fmean(exact(text, one.answer.text) for text, one in pairs),
        "F1": 100 * fmean(f1(text, one.answer.text) for text, one in pairs),
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


def spoken(t5: Seq2Seq, prompts: Sequence[str]) -> list[str]:
    """The model's likeliest output for each prompt, word by word."""
    return [best.text for best, *_ in t5.write(t5.encode(prompts), beams=1, batch_tokens=BATCH_TOKENS)]


def measure(name: str, asked: Sequence[Asked], beams: int = 4) -> dict[str, Figures]:
    """All figures of the model `name`: a folder, a hub id or 'starter'."""
    files = locate(name, "", STARTER_T5, setting="--model")
    model = QuestionModel(files, AskSettings(beams=beams))
    clock = time.perf_counter()
    proposals = model.ask([(one.passage, one.answer) for one in asked])
    seconds = time.perf_counter() - clock
    written = [proposal.question if proposal else "" for proposal in proposals]
    t5 = Seq2Seq(files)
    return {
        "questions": score_questions(written, asked) | {"a second": len(asked) / seconds},
        f"answers, {rows.MAX_ANSWER_WORDS} words": score_answers(t5, asked, rows.MAX_ANSWER_WORDS),
        "answers, whole passage": score_answers(t5, asked, sys.maxsize),
        "extraction": score_extraction(t5, asked),
    }


def floors(asked: Sequence[Asked]) -> dict[str, dict[str, Figures]]:
    """The figures of questions that cost nothing, and of people's own at the gates."""
    others = [one.question for one in asked]
    random.Random(0).shuffle(others)
    people = score_questions([one.question for one in asked], asked)
    return {
        "sentence copied": {"questions": score_questions([one.sentence for one in asked], asked)},
        "another row's question": {"questions": score_questions(others, asked)},
        "people's questions": {
            "questions": {name: people[name] for name in ("end in ?", "pass the gates", "but derivation")}
        },
    }


def table(found: dict[str, dict[str, Figures]], part: str) -> list[str]:
    """One part of the figures of all models, as lines of a Markdown table."""
    columns = list(dict.fromkeys(name for figures in found.values() for name in figures.get(part, {})))
    lines = [f"| {part} | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for model, figures in found.items():
        if part in figures:
            cells = (f"{figures[part][name]:.1f}" if name in figures[part] else "" for name in columns)
            lines.append(f"| {model} | {' | '.join(cells)} |")
    return lines


def tables(data: Path, models: Mapping[str, str], most: int | None = None) -> list[str]:
    """The figures of `models`, by their titles, and the floors on each part of the data, as lines of Markdown."""
    lines = []
    for source, split, title in PARTS:
        asked = list(held_out(data, source, split))
        if most is not None:
            asked = random.Random(0).sample(asked, min(most, len(asked)))
        found = floors(asked) | {shown: measure(name, asked) for shown, name in models.items()}
        parts = dict.fromkeys(part for figures in found.values() for part in figures)
        lines += [f"{title}, {len(asked):,} rows", ""]
        lines += [line for part in parts for line in [*table(found, part), ""]]
    return lines


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", nargs="+", default=["starter"], help="folders or hub ids, beside each other")
    parser.add_argument(
        "--data", type=Path, default=DATA, help="rows of context, question, answer, answer_start, split"
    )
    parser.add_argument("--most", type=int, help="at most so many rows of each part, drawn at random")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    options = parser.parse_args()
    if not options.data.exists():
        print(f"Skipped: {options.data} is not there.")
        return
    torch.set_num_threads(options.threads)
    models = {Path(name).name: name for name in options.model}
    print("\n".join(tables(options.data, models, options.most)))


if __name__ == "__main__":
    main()
