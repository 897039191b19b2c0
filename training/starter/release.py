"""The starter model's folder: weights, tokenizer, and a card that says what it was made of and how well it does."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.starter.corpus import Corpus

if TYPE_CHECKING:
    from training.starter.pretrain import Progress, Recipe

SAMPLE_QUESTIONS = (
    "What is a neural network?",
    "What is dropout used for?",
    "How does a transformer process a sequence?",
)


def answer(model: Any, tokenizer: Any, question: str) -> str:
    """The model's most probable answer, at most 48 tokens long."""
    import torch

    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": question}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    ).to(model.device)
    model.eval()
    with torch.no_grad():
        ids = model.generate(**prompt, max_new_tokens=48)[0, prompt["input_ids"].shape[1] :]
    return str(tokenizer.decode(ids, skip_special_tokens=False))


CARD = """---
library_name: transformers
pipeline_tag: text-generation
language: en
---
# Quire's starter language model

A Qwen2 of {parameters:,} parameters, trained from nothing on {device} by
`python -m training.starter.pretrain`. It stands in for a real base model where no model hub can be reached, so that the
whole pipeline can be run and tested. It knows the sound of papers on AI and the form of an answer; it does not know
facts. Do not rely on what it says.

| | |
|---|---|
| layers, width, vocabulary | {recipe.layers}, {recipe.hidden}, {recipe.vocabulary} |
| sequence length in training | {recipe.length} tokens |
| steps, tokens seen | {progress.step:,} steps, {progress.tokens:,} tokens |
| time | {minutes:.1f} minutes |
| seed | {recipe.seed} |
| perplexity of held-out text | {perplexity:.2f} a token, {bits:.3f} bits a byte ({held} sequences) |
| versions | {versions} |

Prompt format: ChatML, one user turn, one assistant turn that ends with `<|im_end|>`.

## Data
| file | licence | sha256 |
|---|---|---|
{data}

From the questions and answers only rows whose split is `train` were used. Further questions were made by rule from
sentences of the same abstracts. No text of these files is in this folder; the tokenizer's vocabulary was learned from
them. One document in {every}, chosen by a checksum of its text, was held out.

## Three answers, as they came (greedy)
{answers}
"""


def card(
    model: Any, corpus: Corpus, recipe: Recipe, progress: Progress, perplexity: float, data: list[tuple[str, str, str]]
) -> str:
    """The model card; `data` holds (file name, licence, sha256)."""
    import torch
    import transformers

    octets = sum(len(corpus.tokenizer.decode(row[1:], skip_special_tokens=True).encode()) for row in corpus.held)
    return CARD.format(
        parameters=sum(p.numel() for p in model.parameters()),
        device="a GPU" if torch.cuda.is_available() else f"{torch.get_num_threads()} thread(s) of a CPU",
        recipe=recipe,
        progress=progress,
        minutes=progress.seconds / 60,
        perplexity=perplexity,
        bits=math.log2(perplexity) * corpus.held[:, 1:].size / octets,
        held=len(corpus.held),
        every=recipe.held_out_every,
        versions=f"torch {torch.__version__}, transformers {transformers.__version__}",
        data="\n".join(f"| {name} | {licence} | `{digest}` |" for name, licence, digest in data),
        answers="\n".join(
            f"- **{question}** {answer(model, corpus.tokenizer, question)}" for question in SAMPLE_QUESTIONS
        ),
    )


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
