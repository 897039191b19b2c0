"""How well starter language models do on text and questions that none of them was trained on.

    python -m training.starter.measure [--model FOLDER ...] [--data ../shared/data]

Prints one table with a column for each model: perplexity a token and bits a byte, the latter comparable between
vocabularies; and answers to held-out questions, from a passage or from memory, beside what copying would score.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from extractors.errors import QuireError
from extractors.records import Record
from training.base.models import STARTER
from training.judging.scores import f1, normalise
from training.prompts import FORMATS
from training.starter.conversations import LONGEST_PASSAGE, Exchange, asked_by_people
from training.starter.corpus import ASKED, END_OF_TURN, TEXT, read_text
from training.starter.recipe import Recipe

PAPERS = "docs/open/truth/*.tests.json"
"""The prose of papers, sentence by sentence, under the data folder; of papers the corpus has only abstracts."""
HELD_OUT_SPLITS = frozenset({"test", "dev"})
SAMPLE = 300
"""Documents of a kind, and questions, that are measured."""
WINDOW = 256
ANSWER_TOKENS = 64
SEED = 3407


class Likeliness(Record):
    """How well text is foreseen; `tokens` and `octets` are what it was measured on."""

    perplexity: float
    bits_per_byte: float
    tokens: int
    octets: int


class Answers(Record):
    """Shares and means over answered questions, each 0 to 1: ended their turn, F1 with the sentence that holds the
    answer, and hold the very answer."""

    ended: float
    f1: float
    contained: float


class Held(NamedTuple):
    """What models are measured on: texts by name, and questions with their passages."""

    texts: dict[str, list[str]]
    exchanges: list[Exchange]


def read_held(data: Path, most: int = SAMPLE) -> Held:
    """Held-out abstracts, papers and questions under `data`, of each a sample that hangs on nothing but the data.

    Raises:
        QuireError: a file is missing.
    """
    every = Recipe().held_out_every
    files = [*(data / source.path for source in TEXT[:2]), data / ASKED.path]
    if missing := [path for path in files if not path.is_file()]:
        raise QuireError(f"There is no {missing[0]}, so nothing can be measured.", fix="Name its folder with --data.")
    texts = {
        "abstracts on AI": read_text(data, TEXT[:1], every)[1],
        "abstracts of other fields": read_text(data, TEXT[1:2], every)[1],
        "papers": [prose(path) for path in sorted(data.glob(PAPERS))],
    }
    asked = asked_by_people(data / ASKED.path, SEED, HELD_OUT_SPLITS, shortest=LONGEST_PASSAGE)
    exchanges = [each for each in asked if each.context != each.answer]
    rng = random.Random(SEED)
    return Held(
        {name: rng.sample(found, min(most, len(found))) for name, found in texts.items() if found},
        rng.sample(exchanges, min(most, len(exchanges))),
    )


def prose(path: Path) -> str:
    """The sentences that are known to stand in a paper, in their order."""
    return " ".join(sentence for sentence, _ in json.loads(path.read_text(encoding="utf-8"))["present"])


def likeliness(model: Any, tokenizer: Any, texts: Sequence[str]) -> Likeliness:
    """Documents one after the other, each ended by <|endoftext|>, every token foreseen from at most `WINDOW` before."""
    import torch

    ids = [tokenizer.pad_token_id]
    for text in texts:
        ids += [*tokenizer(text)["input_ids"], tokenizer.pad_token_id]
    nats = 0.0
    for start in range(0, len(ids) - 1, WINDOW):
        window = torch.tensor([ids[start : start + WINDOW + 1]], device=model.device)
        with torch.inference_mode():
            logits = model(input_ids=window[:, :-1], use_cache=False).logits[0].float()
        nats += torch.nn.functional.cross_entropy(logits, window[0, 1:], reduction="sum").item()
    octets = sum(len(text.encode()) for text in texts)
    tokens = len(ids) - 1
    return Likeliness(
        perplexity=math.exp(nats / tokens),
        bits_per_byte=nats / math.log(2) / octets,
        tokens=tokens,
        octets=octets,
    )


def answer(model: Any, tokenizer: Any, question: str, context: str = "") -> str:
    """The likeliest answer, token by token, with the end of the turn where the model writes it."""
    import torch
    from transformers import GenerationConfig

    prompt = tokenizer.apply_chat_template(
        FORMATS["chat"](question, context), add_generation_prompt=True, return_tensors="pt", return_dict=True
    ).to(model.device)
    config = GenerationConfig(
        max_new_tokens=ANSWER_TOKENS,
        do_sample=False,
        repetition_penalty=1.0,  # the one a folder suggests would punish words of the passage too
        eos_token_id=[tokenizer.eos_token_id, tokenizer.pad_token_id],
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.inference_mode():
        ids = model.generate(**prompt, generation_config=config)[0, prompt["input_ids"].shape[1] :]
    return str(tokenizer.decode(ids, skip_special_tokens=False))


def judge(answers: Iterable[str], exchanges: Sequence[Exchange]) -> Answers:
    """Scores answers to `exchanges`, in their order."""
    ended, scores, contained = [], [], []
    for said, exchange in zip(answers, exchanges, strict=True):
        text = said.removesuffix(END_OF_TURN)
        words, wanted = normalise(text), normalise(exchange.span)
        ended.append(text != said)
        scores.append(f1(text, exchange.answer))
        contained.append(any(words[at : at + len(wanted)] == wanted for at in range(len(words))))
    return Answers(ended=fmean(ended), f1=fmean(scores), contained=fmean(contained))


def floors(exchanges: Sequence[Exchange]) -> dict[str, Answers]:
    """What needs no model: the whole passage copied, and the answer to another question."""
    others = [exchanges[at - 1].answer + END_OF_TURN for at in range(len(exchanges))]
    return {
        "passage copied": judge([each.context + END_OF_TURN for each in exchanges], exchanges),
        "another row's answer": judge(others, exchanges),
    }


def figures(model: Any, tokenizer: Any, held: Held) -> dict[str, str]:
    """The rows of a column of the table, by name."""
    model.eval()
    rows = {}
    for name, texts in held.texts.items():
        found = likeliness(model, tokenizer, texts)
        rows[f"perplexity a token, {name}"] = f"{found.perplexity:.2f}"
        rows[f"bits a byte, {name}"] = f"{found.bits_per_byte:.3f}"
    ask: dict[str, Callable[[Exchange], str]] = {
        "with passage": lambda each: answer(model, tokenizer, each.question, each.context),
        "closed book": lambda each: answer(model, tokenizer, each.question),
    }
    for how, asked in ask.items():
        rows |= _answer_rows(judge(map(asked, held.exchanges), held.exchanges), how)
    return rows


def _answer_rows(answers: Answers, how: str) -> dict[str, str]:
    return {
        f"answers ended within {ANSWER_TOKENS} tokens, {how}": f"{answers.ended:.1%}",
        f"F1 of answers, {how}": f"{100 * answers.f1:.1f}",
        f"answers that hold the right words, {how}": f"{answers.contained:.1%}",
    }


def floor_columns(held: Held) -> dict[str, dict[str, str]]:
    """Columns of the table for what needs no model."""
    found = floors(held.exchanges)
    return {
        "passage copied": _answer_rows(found["passage copied"], "with passage"),
        "another row's answer": _answer_rows(found["another row's answer"], "closed book"),
    }


def table(columns: dict[str, dict[str, str]]) -> str:
    """A Markdown table of columns of figures, by their names."""
    names = list(dict.fromkeys(row for column in columns.values() for row in column))
    lines = [f"| | {' | '.join(columns)} |", "|---|" + "---|" * len(columns)]
    lines += [f"| {name} | {' | '.join(column.get(name, '') for column in columns.values())} |" for name in names]
    return "\n".join(lines)


def load(folder: Path) -> tuple[Any, Any]:
    """The model and the tokenizer of a folder."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path, action="append", help="model folder, repeatable (default: the shipped)")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with text/, qa/ and docs/")
    options = parser.parse_args()
    try:
        held = read_held(options.data)
    except QuireError as error:
        print(f"skipped: {error}")
        return
    columns = {}
    for folder in options.model or [STARTER]:
        columns[str(folder)] = figures(*load(folder), held)
    print(table(columns | floor_columns(held)))


if __name__ == "__main__":
    main()
