"""The starter model's folder: weights, tokenizer, and a card that says what it was made of and how well it does."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from extractors.errors import QuireError
from extractors.files import sha256_of
from training.starter.measure import answer, figures, floor_columns, load, read_held, table
from training.starter.recipe import Progress, Recipe

SAMPLE_QUESTIONS = (
    "What is a neural network?",
    "What is dropout used for?",
    "How does a transformer process a sequence?",
)

CARD = """---
library_name: transformers
pipeline_tag: text-generation
language: en
---
# Quire's starter language model

A Qwen2 of {parameters:,} parameters, trained on {device} by `python -m training.starter.pretrain`. It stands in for a
real base model where no model hub can be reached, so that the whole pipeline can be run and tested. It knows the sound
of papers on AI and the form of an answer; it does not know facts. Do not rely on what it says.

| | |
|---|---|
| layers, width, vocabulary | {recipe.layers}, {recipe.hidden}, {recipe.vocabulary} |
| sequence length in training | {recipe.length} tokens |
| began with | {begun} |
| steps, tokens seen | {progress.step:,} steps, {progress.tokens:,} tokens |
| time | {minutes:.1f} minutes by the clock |
| settings | `{settings}` |
| versions | {versions} |
{before}
Prompt format: ChatML, one user turn (a passage before the question or none), one assistant turn that ends with
`<|im_end|>`.

## Figures
{figures}

{read}

## Data
| file | licence | sha256 |
|---|---|---|
{data}

From the questions and answers only rows of the training splits were used. Further questions were made by rule from
sentences of the same abstracts. No text of these files is in this folder; the tokenizer's vocabulary was learned from
them. One document in {recipe.held_out_every}, chosen by a checksum of its text, was held out.

## Three answers, as they came (greedy)
{answers}
"""

READ = """By `python -m training.starter.measure`, on text and questions that it was not trained on: held-out abstracts,
whole papers, SQuAD's test rows and FairytaleQA's dev rows. Bits a byte can be compared between vocabularies. An answer
is the sentence that holds the right words, so that its F1 is with that sentence."""

BEGUN = """a `model.safetensors` with sha256 `{digest}` (`--start`)"""

BEFORE = """
What it began with, by its own card:

{told}
"""


def card(
    model: Any,
    tokenizer: Any,
    recipe: Recipe,
    progress: Progress,
    files: list[tuple[str, str, str]],
    start: Path | None,
    data: Path,
) -> str:
    """The model card.

    Args:
        files: name, licence and sha256 of what it was trained on.
        start: folder of the weights it began with, None for nothing.
        data: folder with what it is measured on.
    """
    import torch
    import transformers

    try:
        held = read_held(data, recipe.measured)
        columns = {"this model": figures(model, tokenizer, held)}
        if start is not None:
            columns["what it began with"] = figures(*load(start), held)
        measured, read = table(columns | floor_columns(held)), READ
    except QuireError as error:
        measured, read = f"Not measured. {error}", ""
    return CARD.format(
        parameters=sum(p.numel() for p in model.parameters()),
        device="a GPU" if torch.cuda.is_available() else f"{torch.get_num_threads()} thread(s) of a CPU",
        recipe=recipe,
        begun=BEGUN.format(digest=sha256_of(start / "model.safetensors")) if start else "nothing",
        before=_before(start) if start else "",
        progress=progress,
        minutes=progress.seconds / 60,
        settings=", ".join(f"{name} {value}" for name, value in recipe.model_dump().items()),
        versions=f"torch {torch.__version__}, transformers {transformers.__version__}",
        figures=measured,
        read=read,
        data="\n".join(f"| {name} | {licence} | `{digest}` |" for name, licence, digest in files),
        answers="\n".join(f"- **{each}** {answer(model, tokenizer, each)}" for each in SAMPLE_QUESTIONS),
    )


def _before(start: Path) -> str:
    """What the card of an earlier version says of how it was made, and in turn of what it began with."""
    card = start / "README.md"
    if not card.is_file():
        return ""
    made = card.read_text(encoding="utf-8").partition("| | |\n")
    return BEFORE.format(told=f"{made[1]}{made[2].partition('Prompt format')[0].strip()}")


def save(model: Any, tokenizer: Any, card: str, out: Path) -> None:
    """Write the model folder: bfloat16 weights, tokenizer, card. Each file is moved into place whole, weights last."""
    import torch

    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        made = Path(folder)
        model.to(torch.bfloat16).save_pretrained(made)
        tokenizer.save_pretrained(made)
        (made / "README.md").write_text(card, encoding="utf-8")
        for file in sorted(made.iterdir(), key=lambda file: (file.suffix == ".safetensors", file.name)):
            file.replace(out / file.name)
