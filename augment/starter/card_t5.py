"""Measure a trained starter T5 on the dev split and write its model card."""

import hashlib
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import sacrebleu
import torch
import transformers
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from augment.starter import rows

# Sentences written for this card, the answer between bars.
SAMPLES = [
    "LoRA freezes the pretrained weights and trains |two small matrices| in each layer.",
    "The base model was pretrained on |1.4 trillion tokens| of web text and code.",
    "|Retrieval-augmented generation| reduces hallucination by grounding answers in retrieved passages.",
    "GPT-3 has |175 billion| parameters and was released by OpenAI in 2020.",
    "BERT uses |a masked language modelling objective| during pretraining.",
    "Knowledge distillation is |a technique in which a small student imitates a large teacher|.",
    "The reward model is trained on |human comparisons of two answers|.",
    "The router assigns each token to |two of the eight experts|.",
    "Early stopping ended training |after three epochs| because the validation loss rose.",
    "Quantisation to 4 bits cuts the memory of the model to |about 4 GB|.",
]

LICENCES = {
    "squad-1.1-dev": "SQuAD 1.1, development set (CC BY-SA 4.0)",
    "qamr": "QAMR (MIT)",
    "fairytaleqa": "FairytaleQA (Apache-2.0)",
    "covid-qa": "COVID-QA (Apache-2.0)",
}


def generate(folder: Path, prompts: list[str], beams: int) -> list[str]:
    """The model's output for each prompt."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSeq2SeqLM.from_pretrained(folder)
    model = model.float().to("cuda" if torch.cuda.is_available() else "cpu").eval()
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    written = [""] * len(prompts)
    for start in range(0, len(order), 32):
        chosen = order[start : start + 32]
        batch = tokenizer([prompts[index] for index in chosen], padding=True, return_tensors="pt").to(model.device)
        with torch.inference_mode():
            outputs = model.generate(**batch, num_beams=beams, max_new_tokens=40, do_sample=False)
        for index, text in zip(chosen, tokenizer.batch_decode(outputs, skip_special_tokens=True), strict=True):
            written[index] = text.strip()
    return written


def f1(written: str, gold: str) -> float:
    """Overlap of words, as SQuAD scores answers."""
    ours, theirs = (rows.WORD.findall(text.lower()) for text in (written, gold))
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * common / (len(ours) + len(theirs)) if common else 0.0


def measure(folder: Path, qa: Path, seed: int, most: int = 400) -> dict[str, float]:
    """Figures on up to `most` examples a task of the dev split, none of whose documents was trained on."""
    dev = rows.human_examples(qa, "dev", seed)
    rng = random.Random(seed)
    ask = rng.sample(dev["question"], min(most, len(dev["question"])))
    tell = rng.sample(dev["answer"], min(most, len(dev["answer"])))
    asked = generate(folder, [example.prompt for example in ask], beams=4)
    told = generate(folder, [example.prompt for example in tell], beams=1)
    gold = [[example.target for example in ask]]
    floor = [re.sub("^generate question: |<hl> | <hl>", "", example.prompt) for example in ask]
    scores = [f1(text, example.target) for text, example in zip(told, tell, strict=True)]
    shared = [
        len(rows.content_words(text) & rows.content_words(example.prompt)) / max(1, len(rows.content_words(text)))
        for text, example in zip(asked, ask, strict=True)
    ]
    return {
        "questions": len(ask),
        "BLEU-4 of the questions": sacrebleu.corpus_bleu(asked, gold).score,
        "BLEU-4 of copying the passage (floor)": sacrebleu.corpus_bleu(floor, gold).score,
        "share that end with a question mark": sum(text.endswith("?") for text in asked) / len(asked),
        "share of a question's meaning words found in its passage": sum(shared) / len(shared),
        "word F1 of the answers": sum(scores) / len(scores),
    }


def samples(folder: Path) -> list[tuple[str, str]]:
    """Each sentence of `SAMPLES` with the question the model asks about it."""
    prompts = ["generate question: {}<hl> {} <hl>{}".format(*sample.split("|")) for sample in SAMPLES]
    return list(zip(SAMPLES, generate(folder, prompts, beams=4), strict=True))


def sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_card(out: Path, qa: Path, text: Path, run: dict[str, Any], seed: int, batch: int) -> None:
    """Write README.md into the model folder `out`: what the model was made from, how, and how good it is."""
    found = Counter(row["source"] for row in rows.read_rows(qa) if row["split"] == "train")
    sources = [f"- {LICENCES.get(name, name)}: {count:,} rows, before filters" for name, count in found.most_common()]
    figures = [f"| {name} | {value:.2f} |" for name, value in measure(out, qa, seed).items()]
    asked = [f"- {sentence.replace('|', '**')}<br>{question}" for sentence, question in samples(out)]
    model = AutoModelForSeq2SeqLM.from_pretrained(out)
    size = sum(weight.numel() for weight in model.parameters()) / 1e6
    seen = ", ".join(f"{count:,} of kind {kind}" for kind, count in sorted(run["seen"].items()))
    last = run["log"][-1] if run["log"] else {}
    lines = "\n".join
    card = f"""---
license: cc-by-sa-4.0
language: en
pipeline_tag: text2text-generation
---
# The starter question model

A T5 of {size:.1f}M parameters that asks a question about a highlighted answer, trained from nothing by
`augment/starter/train_t5.py`. It is there so that the pipeline runs with no download: expect simple questions that
stay close to the sentence, many of which the gates must drop. For better ones, use `valhalla/t5-base-qg-hl`. It reads
the prompts of that family:

    generate question: {{text before}}<hl> {{answer}} <hl>{{text after}}
    question: {{question}}  context: {{text}}

It was trained on windows of at most 96 tokens: the answer's sentence and some words around it. `<hl>` and `<sep>` are
plain added tokens; `</s>` is added by the tokenizer. Search with 4 beams, at most 40 new tokens.

## What it was made from
{lines(sources)}
- questions turned by patterns from abstracts of papers (arXiv metadata; the text is not redistributed)

| file | sha256 |
|---|---|
| {qa.name} | `{sha256(qa)}` |
| {text.name} | `{sha256(text)}` |

Only rows of the train split; the split keeps each article on one side. No weights of another model.

## How
{run["step"]:,} steps of {batch} examples in {run["seconds"] / 60:.0f} minutes, seed {seed}: {seen}.
The first weights already copy (`start_with_copying`). Last losses in nats a token: train {last.get("train", 0):.2f}
(with label smoothing, over all kinds), dev {last.get("dev", 0):.2f} (questions).
torch {torch.__version__}, transformers {transformers.__version__}.

## How good
On the dev split, one reference a question:

| figure | value |
|---|---|
{lines(figures)}

BLEU below the floor would be worse than repeating the passage; it says nothing of whether a question can be answered.

## What it asks
Sentences written for this card, the highlighted answer in bold, and what the model asks, good or bad:

{lines(asked)}
"""
    (out / "README.md").write_text(card, encoding="utf-8")
