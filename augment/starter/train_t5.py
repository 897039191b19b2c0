"""Train the starter question model: a small T5, from nothing, on a CPU or a GPU.

    python -m augment.starter.train_t5 --qa answer_aware.jsonl.gz --text abstracts.jsonl.xz --out DIR --minutes 45

It learns in mixtures that follow one another (`MIXTURES`): first questions turned from sentences of papers' abstracts,
then people's questions, with some of the turned ones kept to hold on to the field's vocabulary. Stop it at any moment
and give the same command again: it goes on from its last checkpoint. At the end it measures itself on the dev split
and writes the model card.
"""

import argparse
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F
from transformers import AutoTokenizer, PreTrainedTokenizerFast, T5ForConditionalGeneration

from augment.starter import card_t5, rows, turned
from augment.starter.rows import Example
from augment.starter.untrained_t5 import (
    FULL,
    FULL_VOCAB,
    MAX_PROMPT,
    MAX_TARGET,
    SMOKE,
    SMOKE_VOCAB,
    new_model,
    train_tokenizer,
)

LEARNING_RATE, WARM_UP_STEPS, LABEL_SMOOTHING, BUCKETS = 1e-3, 100, 0.1, 12

# From which share of the training on, which kind of batch how often.
MIXTURES: list[tuple[float, dict[str, float]]] = [
    (0.0, {"turned question": 0.8, "turned answer": 0.2}),
    (0.12, {"turned question": 0.3, "turned answer": 0.1, "question": 0.45, "answer": 0.15}),
    (0.35, {"turned question": 0.55, "turned answer": 0.05, "question": 0.32, "answer": 0.08}),
]

Pair = tuple[list[int], list[int]]
"""Token ids of a prompt and of its target."""


class Encoded:
    """Examples of one kind, in buckets of like length."""

    def __init__(self, pairs: list[Pair]) -> None:
        pairs = sorted(pairs, key=lambda pair: (len(pair[0]), len(pair[1])))
        size = max(1, -(-len(pairs) // BUCKETS))
        self.buckets = [pairs[start : start + size] for start in range(0, len(pairs), size)]

    def __len__(self) -> int:
        return sum(map(len, self.buckets))

    def batch(self, rng: random.Random, size: int) -> list[Pair]:
        """Up to `size` examples of one bucket."""
        bucket = rng.choice(self.buckets)
        return rng.sample(bucket, min(size, len(bucket)))


def load_examples(qa: Path, text: Path, seed: int) -> dict[str, list[Example]]:
    """Training examples by kind, and the questions of the dev split as "dev"."""
    abstracts = list(turned.abstract_sentences(text))
    common = Counter(word for sentences in abstracts for one in sentences for word in one.split()[1:])
    made, asked = turned.turned_examples(abstracts, common, seed), rows.human_examples(qa, "train", seed)
    return {
        "turned question": made["question"],
        "turned answer": made["answer"],
        "question": asked["question"],
        "answer": asked["answer"],
        "dev": rows.human_examples(qa, "dev", seed)["question"],
    }


def encode(examples: list[Example], tokenizer: PreTrainedTokenizerFast) -> list[Pair]:
    """Token ids of each example that is not too long."""
    if not examples:
        return []
    prompts = tokenizer([e.prompt for e in examples], verbose=False)["input_ids"]
    targets = tokenizer([e.target for e in examples], verbose=False)["input_ids"]
    pairs = zip(prompts, targets, strict=True)
    return [(prompt, target) for prompt, target in pairs if len(prompt) <= MAX_PROMPT and len(target) <= MAX_TARGET]


def prepare(options: argparse.Namespace, vocab: int) -> tuple[PreTrainedTokenizerFast, dict[str, Encoded]]:
    """The tokenizer and the encoded examples by kind; made once, then read back by each resumed run."""
    kept = options.work / "examples.json"
    if not kept.exists():
        examples = load_examples(options.qa, options.text, options.seed)
        if not (options.work / "tokenizer.json").exists():
            texts = examples["question"][::2] + examples["turned question"]
            train_tokenizer(texts, vocab).save_pretrained(options.work)
        tokenizer = AutoTokenizer.from_pretrained(options.work)
        pairs = {kind: encode(some, tokenizer) for kind, some in examples.items()}
        write_whole(kept, json.dumps(pairs).encode())
    encoded = {kind: Encoded(some) for kind, some in json.loads(kept.read_text()).items()}
    return AutoTokenizer.from_pretrained(options.work), encoded


def new_optimizer(model: T5ForConditionalGeneration) -> torch.optim.Optimizer:
    """AdamW; T5's embeddings start at unit scale, the rest far below, so theirs is the larger step."""
    layers = [weight for name, weight in model.named_parameters() if "shared" not in name]
    groups = [{"params": layers, "peak": LEARNING_RATE}, {"params": [model.shared.weight], "peak": 2 * LEARNING_RATE}]
    return torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01)


def pad(sequences: list[list[int]], value: int) -> torch.Tensor:
    """One tensor of the sequences, the short ones filled up with `value`."""
    longest = max(map(len, sequences))
    return torch.tensor([one + [value] * (longest - len(one)) for one in sequences])


def loss_of(model: T5ForConditionalGeneration, batch: list[Pair], smoothing: float = 0.0) -> torch.Tensor:
    """Mean cross-entropy of the target tokens, in nats."""
    prompts = pad([prompt for prompt, _ in batch], 0).to(model.device)
    targets = pad([target for _, target in batch], -100).to(model.device)
    with torch.autocast(model.device.type, dtype=torch.bfloat16):
        logits = model(input_ids=prompts, attention_mask=prompts.ne(0).long(), labels=targets).logits
    logits, targets = logits.float().flatten(0, 1), targets.flatten()
    return F.cross_entropy(logits, targets, ignore_index=-100, label_smoothing=smoothing)


@torch.no_grad()
def dev_loss(model: T5ForConditionalGeneration, dev: Encoded) -> float:
    """Mean loss over up to 16 examples of each length, the same ones each time."""
    model.eval()
    rng = random.Random(0)
    losses = [loss_of(model, rng.sample(bucket, min(16, len(bucket)))).item() for bucket in dev.buckets]
    model.train()
    return sum(losses) / len(losses)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old one or the new one, never a part."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def publish(model: T5ForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, options: argparse.Namespace) -> None:
    """Put the model into `--out` as bfloat16 safetensors, each file whole."""
    staged = options.work / "staged"
    half = T5ForConditionalGeneration(model.config)
    half.load_state_dict(model.state_dict())
    half.generation_config = model.generation_config
    half.to(torch.bfloat16).save_pretrained(staged)
    tokenizer.save_pretrained(staged)
    options.out.mkdir(parents=True, exist_ok=True)
    for file in sorted(staged.iterdir()):
        write_whole(options.out / file.name, file.read_bytes())


def train(options: argparse.Namespace) -> dict[str, Any]:
    """Train until the time, or the steps, are used up; returns the figures of the run."""
    shape, vocab = (SMOKE, SMOKE_VOCAB) if options.smoke else (FULL, FULL_VOCAB)
    options.work.mkdir(parents=True, exist_ok=True)
    tokenizer, data = prepare(options, vocab)
    dev = data.pop("dev")
    print({kind: len(some) for kind, some in data.items()}, "dev", len(dev), flush=True)

    torch.manual_seed(options.seed)
    model = new_model(shape, tokenizer).to("cuda" if torch.cuda.is_available() else "cpu")
    optimizer = new_optimizer(model)
    state: dict[str, Any] = {"step": 0, "seconds": 0.0, "seen": {}, "log": []}
    checkpoint = options.work / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        state = saved["state"]
        print(f"goes on from step {state['step']}, {state['seconds'] / 60:.1f} minutes in", flush=True)

    def save() -> None:
        part = checkpoint.with_suffix(".part")
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "state": state}, part)
        part.replace(checkpoint)
        publish(model, tokenizer, options)

    model.train()
    clock, last_save, recent = time.monotonic() - state["seconds"], time.monotonic(), []
    while True:
        share = state["step"] / options.steps if options.steps else state["seconds"] / (60 * options.minutes)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * min((state["step"] + 1) / WARM_UP_STEPS, 1.0, (1.0 - share) / 0.45)
        mixture = next(kinds for start, kinds in reversed(MIXTURES) if share >= start)
        # The step alone names the batch, so that a resumed run reads what an unbroken one would have read.
        rng = random.Random(f"{options.seed}:{state['step']}")
        kind = rng.choices(list(mixture), list(mixture.values()))[0]
        loss = loss_of(model, data[kind].batch(rng, options.batch), LABEL_SMOOTHING)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        recent.append(loss.item())
        state["step"] += 1
        state["seen"][kind] = state["seen"].get(kind, 0) + options.batch
        state["seconds"] = time.monotonic() - clock
        if state["step"] % options.log_every == 0:
            train_loss = sum(recent) / len(recent)
            figures = {"minutes": state["seconds"] / 60, "train": train_loss, "dev": dev_loss(model, dev)}
            state["log"].append({"step": state["step"]} | {name: round(value, 4) for name, value in figures.items()})
            recent = []
            print(json.dumps(state["log"][-1]), flush=True)
        if time.monotonic() - last_save > 60 * options.save_every:
            save()
            last_save = time.monotonic()
    save()
    return state


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qa", type=Path, required=True, help="rows of context, question, answer, answer_start, split")
    parser.add_argument("--text", type=Path, required=True, help="rows with an abstract")
    parser.add_argument("--out", type=Path, required=True, help="the model folder to write")
    parser.add_argument("--work", type=Path, help="checkpoint folder (default: hidden, beside --out)")
    parser.add_argument("--minutes", type=float, default=45.0, help="training time, all resumed runs together")
    parser.add_argument("--steps", type=int, help="train this many steps instead, however long they take")
    parser.add_argument("--batch", type=int, default=32, help="examples a step")
    parser.add_argument("--seed", type=int, default=3407)
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--save-every", type=float, default=4.0, help="minutes between checkpoints")
    parser.add_argument("--log-every", type=int, default=50, help="steps between lines of the log")
    parser.add_argument("--smoke", action="store_true", help="a tiny model, for tests")
    options = parser.parse_args(arguments)
    options.work = options.work or options.out.with_name(f".{options.out.name}.work")
    return options


if __name__ == "__main__":
    chosen = parse()
    torch.set_num_threads(chosen.threads)
    figures = train(chosen)
    card_t5.write_card(chosen.out, chosen.qa, chosen.text, figures, chosen.seed, chosen.batch)
