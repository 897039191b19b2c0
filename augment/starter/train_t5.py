"""Train the starter question model: a small T5, from nothing, on a CPU or a GPU.

    python -m augment.starter.train_t5 --qa answer_aware.jsonl.gz --text abstracts.jsonl.xz ... --out DIR --minutes 95

It learns in mixtures that follow one another (`augment.starter.recipe`): first questions and exercises that Quire
makes from papers' abstracts, then people's questions, with some of the made ones kept to hold on to the field's
vocabulary. Stop it at any moment and give the same command again: it goes on from its last checkpoint; with other
`--minutes` it hurries or takes its time from there. At the end it measures itself and writes the model card.

For a large GPU there is `--recipe large`: 29M parameters, 20 minutes. With `--shards` the finished weights are cut
into pieces of at most 15 MB, which `python -m augment.starter.shards DIR` joins again.
"""

import argparse
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F
from transformers import AutoTokenizer, PreTrainedTokenizerFast, T5ForConditionalGeneration

from augment.starter import rows, silver
from augment.starter.encoded import SHAPES, Batch, Encoded, packed, unpacked
from augment.starter.recipe import RECIPES
from augment.starter.untrained_t5 import new_model, train_tokenizer

LEARNING_RATE, WARM_UP_STEPS, LABEL_SMOOTHING, DECAY = 4e-4, 100, 0.1, 0.6
"""`DECAY`: over this last share of the training, the learning rate falls to nothing, fast at first."""
DEV_EXAMPLES = 64
"""Examples of each padded shape that the loss on the dev split is taken on."""

Loss = Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor]


def load_examples(options: argparse.Namespace) -> dict[str, list[rows.Example]]:
    """Training examples by kind, and the questions of the dev split as "dev"."""
    abstracts = [abstract for path in options.text for abstract in silver.abstracts(path)]
    made = silver.silver_examples(abstracts, options.seed, RECIPES[options.recipe].drawn, options.threads)
    asked = rows.human_examples(options.qa, "train", options.seed)
    return made | asked | {"dev": rows.human_examples(options.qa, "dev", options.seed)["question"]}


def prepare(options: argparse.Namespace) -> tuple[PreTrainedTokenizerFast, dict[str, Encoded]]:
    """The tokenizer and the encoded examples by kind; made once, then read back by each resumed run."""
    kept = options.work / "examples.npz"
    if not kept.exists():
        examples = load_examples(options)
        texts = examples["question"] + examples["turned question"][:60000] + examples["rule question"][:60000]
        tokenizer = train_tokenizer(texts, RECIPES[options.recipe].vocabulary)
        tokenizer.save_pretrained(options.work)
        part = kept.with_name("examples.part.npz")
        data: dict[str, Any] = packed({kind: Encoded.of(some, tokenizer) for kind, some in examples.items()})
        np.savez(part, **data)
        part.replace(kept)
    with np.load(kept) as arrays:
        return AutoTokenizer.from_pretrained(options.work), unpacked(dict(arrays))


def new_optimizer(model: T5ForConditionalGeneration) -> torch.optim.Optimizer:
    """AdamW; T5's embeddings start at unit scale, the rest far below, so theirs is the larger step."""
    layers = [weight for name, weight in model.named_parameters() if "shared" not in name]
    groups = [{"params": layers, "peak": LEARNING_RATE}, {"params": [model.shared.weight], "peak": 2 * LEARNING_RATE}]
    return torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01, fused=True)


def loss_function(model: T5ForConditionalGeneration) -> Loss:
    """Mean cross-entropy of the target tokens, in nats, for prompts, targets and label smoothing."""

    def loss(prompts: torch.Tensor, targets: torch.Tensor, smoothing: float) -> torch.Tensor:
        with torch.autocast(model.device.type, dtype=torch.bfloat16):
            mask = prompts.ne(0).long()
            logits = model(input_ids=prompts, attention_mask=mask, labels=targets, use_cache=False).logits
        logits = logits.float().flatten(0, 1)
        return F.cross_entropy(logits, targets.flatten(), ignore_index=-100, label_smoothing=smoothing)

    return loss


def on(device: torch.device, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """The batch as tensors."""
    return torch.from_numpy(batch[0]).to(device), torch.from_numpy(batch[1]).to(device)


@torch.no_grad()
def dev_loss(model: T5ForConditionalGeneration, dev: Encoded) -> float:
    """Mean loss over the same examples each time, of each shape that the split has."""
    model.eval()
    loss = loss_function(model)
    chosen = [(bucket[:DEV_EXAMPLES], shape) for bucket, shape in zip(dev.buckets, SHAPES, strict=True)]
    losses = [loss(*on(model.device, dev.batch(some, shape)), 0.0).item() for some, shape in chosen if len(some)]
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
    half.to(torch.bfloat16).save_pretrained(staged, max_shard_size="1GB")
    tokenizer.save_pretrained(staged)
    options.out.mkdir(parents=True, exist_ok=True)
    for file in sorted(staged.iterdir()):
        write_whole(options.out / file.name, file.read_bytes())


def train(options: argparse.Namespace) -> dict[str, Any]:
    """Train until the time, or the steps, are used up; returns the figures of the run."""
    options.work.mkdir(parents=True, exist_ok=True)
    tokenizer, data = prepare(options)
    dev = data.pop("dev")
    print({kind: len(some) for kind, some in data.items()}, "dev", len(dev), flush=True)

    torch.manual_seed(options.seed)
    recipe = RECIPES[options.recipe]
    model = new_model(recipe, tokenizer).to("cuda" if torch.cuda.is_available() else "cpu")
    optimizer, loss_of = new_optimizer(model), loss_function(model)
    if recipe.compiled:
        loss_of = torch.compile(loss_of, dynamic=False)
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
    clock, last_save = time.monotonic() - state["seconds"], time.monotonic()
    recent: dict[str, list[float]] = {}
    while True:
        share = state["step"] / options.steps if options.steps else state["seconds"] / (60 * options.minutes)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * min((state["step"] + 1) / WARM_UP_STEPS, 1.0, ((1.0 - share) / DECAY) ** 2)
        mixture = next(kinds for start, kinds in reversed(recipe.mixtures) if share >= start)
        mixture = {kind: weight for kind, weight in mixture.items() if len(data[kind])}
        # The step alone names the batch, so that a resumed run reads what an unbroken one would have read.
        rng = random.Random(f"{options.seed}:{state['step']}")
        kind = rng.choices(list(mixture), list(mixture.values()))[0]
        batch = data[kind].draw(rng, options.tokens)
        loss = loss_of(*on(model.device, batch), LABEL_SMOOTHING)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        recent.setdefault(kind, []).append(loss.detach())  # type: ignore[arg-type]
        state["step"] += 1
        state["seen"][kind] = state["seen"].get(kind, 0) + len(batch[0])
        state["seconds"] = time.monotonic() - clock
        if state["step"] % options.log_every == 0:
            figures = {"minutes": state["seconds"] / 60, "dev": dev_loss(model, dev)}
            figures |= {kind: float(sum(losses) / len(losses)) for kind, losses in sorted(recent.items())}
            state["log"].append({"step": state["step"]} | {name: round(value, 3) for name, value in figures.items()})
            recent = {}
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
    parser.add_argument("--text", type=Path, nargs="+", required=True, help="files of rows with an abstract")
    parser.add_argument("--out", type=Path, required=True, help="the model folder to write")
    parser.add_argument("--work", type=Path, help="checkpoint folder (default: hidden, beside --out)")
    parser.add_argument("--recipe", choices=RECIPES, default="small", help="for tests, for a CPU, for a large GPU")
    parser.add_argument("--smoke", action="store_const", const="smoke", dest="recipe", help="that for tests")
    parser.add_argument(
        "--minutes", type=float, help="training time, all resumed runs together (default: the recipe's)"
    )
    parser.add_argument("--steps", type=int, help="train this many steps instead, however long they take")
    parser.add_argument("--tokens", type=int, help="padded tokens a step (default: the recipe's)")
    parser.add_argument("--seed", type=int, default=3407)
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--save-every", type=float, default=4.0, help="minutes between checkpoints")
    parser.add_argument("--log-every", type=int, default=200, help="steps between lines of the log")
    parser.add_argument("--beside", type=Path, nargs="*", default=[], help="models the card measures beside this one")
    parser.add_argument("--most", type=int, help="at most so many rows of each part in the card's figures")
    parser.add_argument("--shards", action="store_true", help="cut the weights into pieces of at most 15 MB")
    options = parser.parse_args(arguments)
    options.minutes = options.minutes or RECIPES[options.recipe].minutes
    options.tokens = options.tokens or RECIPES[options.recipe].tokens
    options.work = options.work or options.out.with_name(f".{options.out.name}.work")
    return options


if __name__ == "__main__":
    from augment.starter import card_t5, shards

    chosen = parse()
    torch.set_num_threads(chosen.threads)
    figures = train(chosen)
    card_t5.write_card(chosen, figures)
    if chosen.shards:
        shards.split(chosen.out / "model.safetensors")
