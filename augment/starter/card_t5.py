"""The model card of a trained starter T5: what it was made from, how, and how good it is.

    python -m augment.starter.card_t5 --qa ... --text ... --out DIR [--work DIR]

writes it anew, with the arguments of the training whose checkpoint is in the work folder.
"""

import argparse
import hashlib
import math
from collections import Counter
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import safe_open

from augment.models import locate
from augment.settings import AskSettings
from augment.starter import STARTER_T5, measure, rows, scores
from augment.t5.seq2seq import Seq2Seq

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


def samples(folder: Path) -> list[tuple[str, str]]:
    """Each sentence of `SAMPLES` with the question the model asks about it."""
    t5 = Seq2Seq(locate(str(folder), "", STARTER_T5))
    prompts = t5.encode(["generate question: {}<hl> {} <hl>{}".format(*sample.split("|")) for sample in SAMPLES])
    written = t5.write(prompts, beams=4, batch_tokens=4096)
    return [(sentence, best.text) for sentence, (best, *_) in zip(SAMPLES, written, strict=True)]


def sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def size(folder: Path) -> float:
    """Millions of parameters in the safetensors of `folder`."""
    count = 0
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as weights:
            count += sum(math.prod(weights.get_slice(name).get_shape()) for name in weights.keys())  # noqa: SIM118
    return count / 1e6


def write_card(options: argparse.Namespace, run: dict[str, Any]) -> None:
    """Write README.md into the model folder of the finished `run`."""
    out, last = options.out, run["log"][-1] if run["log"] else {}
    found = Counter(row["source"] for row in rows.read_rows(options.qa) if row["split"] == "train")
    sources = [f"- {LICENCES.get(name, name)}: {count:,} rows, before filters" for name, count in found.most_common()]
    hashes = [f"| {path.name} | `{sha256(path)}` |" for path in (options.qa, *options.text)]
    seen = [f"{count:,} {kind}" for kind, count in sorted(run["seen"].items(), key=lambda item: -item[1])]
    asked = [f"- {sentence.replace('|', '**')}<br>{question}" for sentence, question in samples(out)]
    models = {"this model": str(out)} | {path.name: str(path) for path in options.beside}
    lines = "\n".join
    card = f"""---
license: cc-by-sa-4.0
language: en
pipeline_tag: text2text-generation
---
# The starter question model

A T5 of {size(out):.1f}M parameters, trained from nothing by `augment/starter/train_t5.py`. It is there so that the
pipeline runs with no download: expect simple questions that stay close to the sentence, many of which the gates must
drop. For better ones, use `valhalla/t5-base-qg-hl`. It reads the prompts of that family, and one for paraphrases:

    generate question: {{text before}}<hl> {{answer}} <hl>{{text after}}
    extract answers: {{text before}}<hl> {{sentence}} <hl>{{text after}}
    question: {{question}}  context: {{text}}
    paraphrase: {{question}}

It was trained on windows of at most {rows.MAX_WORDS} words, the answer's sentence and some words around it, and
of {rows.MAX_ANSWER_WORDS} words to answer from. `<hl>` and `<sep>` are plain added tokens; `</s>` is added by the
tokenizer. Answers are extracted as `one <sep> two <sep>`.

## What it was made from
{lines(sources)}
- questions that Quire's rules ask of abstracts of papers, and exercises on their sentences (arXiv metadata; the text is
  not redistributed)

| file | sha256 |
|---|---|
{lines(hashes)}

Only rows of the train split; the split keeps each article and story on one side. The learning was watched on SQuAD's
dev rows; the figures below are of rows that neither trained nor steered it. No weights of another model.

## How
{run["step"]:,} steps of {options.tokens:,} padded tokens in {run["seconds"] / 60:.0f} minutes, seed {options.seed}:
{", ".join(seen)}. The first weights already copy (`start_with_copying`). Last loss on the dev rows, in nats a token:
{last.get("dev", 0):.2f}. torch {torch.__version__}, transformers {transformers.__version__}.

## How good
By `python -m augment.starter.measure`, one reference a question; {scores.METEOR}.
Questions are asked with four beams, in int8 as in a run on a CPU and once more in float32; "a CPU second" is how many,
on one thread. "returned" is the share of people's questions whose answer the model gives back with an F1 of at least
{AskSettings().min_round_trip}: for a round trip (`ask.round_trip_model`), no more of good questions would be kept. Of
paraphrases no second wording is at hand: "BLEU-4 with itself" is 100 for a copy, "keep the facts" the share of
questions of which one of five wordings passes the checks of the paraphrase operator.

{lines(measure.tables(options.qa, models, options.most))}
BLEU below that of the copied sentence would be worse than repeating the passage; it says nothing of whether a question
can be answered.

## What it asks
Sentences written for this card, the highlighted answer in bold, and what the model asks, good or bad:

{lines(asked)}

{Path(__file__).with_name("by_eye.md").read_text(encoding="utf-8")}"""
    (out / "README.md").write_text(card, encoding="utf-8")


if __name__ == "__main__":
    from augment.starter import train_t5

    chosen = train_t5.parse()
    torch.set_num_threads(chosen.threads)
    write_card(chosen, torch.load(chosen.work / "checkpoint.pt", weights_only=True)["state"])
