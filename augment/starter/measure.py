"""How good a question model is, on rows that no starter was trained on: `make bench-starter`.

    python -m augment.starter.measure [--model DIR_OR_HUB_ID ...] [--most N]

It reads ../shared/data/qa/answer_aware.jsonl.gz: SQuAD's `test` articles and FairytaleQA's `dev` stories, one reference
a question. Each model is asked through the same code as in a run of Quire, and once more in float32. Beside the models
stand two floors: the answer's sentence copied as the question, and the question of another row. "pass the gates" is
with the settings for the starter; "but derivation" leaves out the gate that only a weak model is held to, as presets
for larger models do. Answers are scored as SQuAD scores them: without case, punctuation and articles.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from augment.models import locate
from augment.records import Answer, Passage
from augment.settings import AskSettings
from augment.starter import STARTER_T5, rows
from augment.starter.scores import (
    Asked,
    Figures,
    score_answers,
    score_extraction,
    score_paraphrases,
    score_questions,
)
from augment.t5.questions import QuestionModel
from extractors.sentences import sentence_spans

DATA = Path(__file__).parents[3] / "shared" / "data" / "qa" / "answer_aware.jsonl.gz"
PARTS = (("squad-1.1-dev", "test", "SQuAD test"), ("fairytaleqa", "dev", "FairytaleQA dev"))


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


def measure(name: str, asked: Sequence[Asked]) -> dict[str, Figures]:
    """All figures of the model `name`: a folder, a hub id or 'starter'."""
    files = locate(name, "", STARTER_T5, setting="--model")
    model = QuestionModel(files, AskSettings())
    return {
        "questions": _questions(model, asked),
        f"answers, {rows.MAX_ANSWER_WORDS} words": score_answers(model.t5, asked, rows.MAX_ANSWER_WORDS),
        "answers, whole passage": score_answers(model.t5, asked, sys.maxsize),
        "extraction": score_extraction(model.t5, asked),
        "paraphrases": score_paraphrases(model.t5, asked),
    }


def measure_exact(name: str, asked: Sequence[Asked]) -> dict[str, Figures]:
    """The figures of the questions that the model `name` asks in float32."""
    files = locate(name, "", STARTER_T5, setting="--model")
    return {"questions": _questions(QuestionModel(files, AskSettings(exact=True)), asked)}


def _questions(model: QuestionModel, asked: Sequence[Asked]) -> Figures:
    clock = time.process_time()
    proposals = model.ask([(one.passage, one.answer) for one in asked])
    seconds = time.process_time() - clock
    written = [proposal.question if proposal else "" for proposal in proposals]
    return score_questions(written, asked) | {"a CPU second": len(asked) / seconds}


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


def table(found: Mapping[str, Mapping[str, Figures]], part: str) -> list[str]:
    """One part of the figures of all models, as lines of a Markdown table."""
    columns = list(dict.fromkeys(name for figures in found.values() for name in figures.get(part, {})))
    lines = [f"| {part} | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for model, figures in found.items():
        if part in figures:
            cells = (f"{figures[part][name]:.1f}" if name in figures[part] else "" for name in columns)
            lines.append(f"| {model} | {' | '.join(cells)} |")
    return lines


def tables(data: Path, models: Mapping[str, str], most: int | None = None) -> Iterator[str]:
    """The figures of `models`, by their titles, and the floors on each part of the data, as lines of Markdown."""
    for source, split, title in PARTS:
        asked = list(held_out(data, source, split))
        if most is not None:
            asked = random.Random(0).sample(asked, min(most, len(asked)))
        found = floors(asked)
        for shown, name in models.items():
            found |= {shown: measure(name, asked), f"{shown}, float32": measure_exact(name, asked)}
        parts = dict.fromkeys(part for figures in found.values() for part in figures)
        yield from (f"{title}, {len(asked):,} rows", "")
        for part in parts:
            yield from (*table(found, part), "")


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
    for line in tables(options.data, {Path(name).name: name for name in options.model}, options.most):
        print(line, flush=True)


if __name__ == "__main__":
    main()
