"""How many questions a second a T5 asks: the classic way and ours, in one run, on one CPU thread.

    python -m tests.bench_questions [--model FOLDER] [--most 120]

Both are asked about the same answers in the Markdown documents of raw_docs. The classic way shows the whole passage
again for each answer, pads every prompt to 512 tokens, takes the prompts as they come, 16 at a time, and computes with
transformers in float32. "the same prompts" is our engine on these very prompts, so that its outputs must be the same in
float32; in bfloat16 transformers computes, in int8 CTranslate2. "as set" is what a run of Quire does: windows around
the answer that fit the model, and int8.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["OMP_NUM_THREADS"] = "1"

import torch
from rich.console import Console
from rich.table import Table
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from augment.answers import answers
from augment.models import ModelFiles, locate
from augment.passages import passages
from augment.records import Answer, Passage
from augment.settings import AskSettings
from augment.starter import STARTER_T5
from augment.t5.engines import LONGEST, Transformers
from augment.t5.questions import QuestionModel, highlighted
from augment.t5.seq2seq import Seq2Seq
from extractors.reading import read_document
from extractors.settings import ReadSettings

RAW_DOCS = Path(__file__).parent.parent / "raw_docs"
PADDED, BATCH = 512, 16
AIM = 8.0
"""Times as many questions a second, at least."""


class Timed(NamedTuple):
    written: list[str]
    cpu_s: float
    wall_s: float


class Classic:
    """The whole passage for each answer, every prompt padded to 512 tokens, in fixed batches."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32).eval()

    @torch.inference_mode()
    def write(self, prompts: Sequence[str], beams: int) -> list[str]:
        written: list[str] = []
        for first in range(0, len(prompts), BATCH):
            batch: Any = self.tokenizer(
                list(prompts[first : first + BATCH]),
                padding="max_length",
                max_length=PADDED,
                truncation=True,
                return_tensors="pt",
            )
            outputs = self.model.generate(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                num_beams=beams,
                max_new_tokens=LONGEST,
                do_sample=False,
            )
            written += [
                " ".join(text.split()) for text in self.tokenizer.batch_decode(outputs, skip_special_tokens=True)
            ]
        return written


def to_ask(most: int, settings: AskSettings) -> list[tuple[Passage, Answer]]:
    """At most `most` answers, those of whole passages, from all documents in Markdown by turns."""
    documents = [read_document(path, ReadSettings(), path.name) for path in sorted(RAW_DOCS.glob("*.md"))]
    by_document = [
        [[(passage, answer) for answer in answers(passage, settings)] for passage in passages(document, settings)]
        for document in documents
    ]
    longest = max(map(len, by_document))
    turns = [document[turn] for turn in range(longest) for document in by_document if turn < len(document)]
    return [asked for passage in turns for asked in passage][:most]


def timed(call: Callable[[], list[str]]) -> Timed:
    cpu, wall = time.process_time(), time.perf_counter()
    written = call()
    return Timed(written, time.process_time() - cpu, time.perf_counter() - wall)


def measured(files: ModelFiles, asked: Sequence[tuple[Passage, Answer]]) -> dict[str, Timed]:
    """Each way by its name, the classic ones before those that are held to them."""
    settings = AskSettings()
    prompts = [highlighted(passage.text, answer, 0, len(passage.text)) for passage, answer in asked]
    classic, exact, as_set = Classic(files.folder), Seq2Seq(files, exact=True), QuestionModel(files, settings)

    rounded, in_int8 = Transformers(Classic(files.folder).model.bfloat16(), classic.tokenizer), Seq2Seq(files)

    def ours(beams: int, model: Seq2Seq = exact) -> list[str]:
        found = model.write(model.encode(prompts), beams=beams, batch_tokens=settings.batch_tokens)
        return [best.text for best, *_ in found]

    def in_bfloat16() -> list[str]:
        found = rounded.write(exact.encode(prompts), settings.beams, settings.batch_tokens, 1)
        return [classic.tokenizer.decode(best.ids, skip_special_tokens=True) for best, *_ in found]

    ways: dict[str, Callable[[], list[str]]] = {
        "classic, greedy": lambda: classic.write(prompts, 1),
        "the same prompts, greedy, float32": lambda: ours(1),
        f"classic, {settings.beams} beams": lambda: classic.write(prompts, settings.beams),
        f"the same prompts, {settings.beams} beams, float32": lambda: ours(settings.beams),
        f"the same prompts, {settings.beams} beams, bfloat16": in_bfloat16,
        f"the same prompts, {settings.beams} beams, int8": lambda: ours(settings.beams, in_int8),
        f"as set, {settings.beams} beams": lambda: [one.question if one else "" for one in as_set.ask(asked)],
    }
    classic.write(prompts[:2], 1)  # the first call of a process pays for what is set up once
    exact.write(exact.encode(prompts[:2]), beams=1, batch_tokens=settings.batch_tokens)
    as_set.ask(asked[:2])
    return {name: timed(way) for name, way in ways.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="starter", help="hub id, folder or 'starter'")
    parser.add_argument("--most", type=int, default=120, help="at most so many questions")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    files = locate(arguments.model, "", STARTER_T5, setting="--model")
    asked = to_ask(arguments.most, AskSettings())
    found = measured(files, asked)
    table = Table("way", "CPU seconds", "wall seconds", "questions a CPU second", "times the classic way")
    before = Timed([], 0, 0)
    for name, way in found.items():
        before = way if name.startswith("classic") else before
        figures = (f"{way.cpu_s:.2f}", f"{way.wall_s:.2f}", f"{len(asked) / way.cpu_s:.1f}")
        table.add_row(name, *figures, f"{before.cpu_s / way.cpu_s:.1f}")
    classic, greedy, *_, as_set = found.values()
    same = sum(one == other for one, other in zip(classic.written, greedy.written, strict=True))
    table.caption = f"{files.name}: {len(asked)} questions, one thread; greedy in float32 {same} outputs are the same"
    Console(width=110).print(table)
    times = before.cpu_s / as_set.cpu_s
    if same < len(asked) or times < AIM:
        sys.exit(f"The outputs must all be the same, and the questions a second at least {AIM:g} times as many.")


if __name__ == "__main__":
    main()
