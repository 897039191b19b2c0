"""Trains the starter language model from nothing: a small Qwen2 and its tokenizer, on one processor core or a GPU.

    python -m training.starter.pretrain --text FILES... --qa FILE --out DIR --minutes N

The whole budget has one learning rate schedule: warm-up, a constant half, a linear fall to zero. The first 85 % of it
reads plain text; the rest, while the rate falls, mixes questions and answers in ChatML half and half with more text,
so that the model learns to answer in a sentence and to end its turn without forgetting the field's prose.
Matrices are trained by Muon (Jordan 2024, with the step size of Liu et al. 2025), everything else by AdamW.
Killed and started again with the same files, it goes on from its last checkpoint in `DIR-work`.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from extractors.errors import QuireError
from extractors.files import sha256, sha256_of, write_whole
from extractors.records import Record
from training.starter.corpus import IGNORED, Corpus, read_corpus
from training.starter.release import card, save

if TYPE_CHECKING:
    import torch

SAVE_SECONDS = 120


class Recipe(Record):
    """Sizes and rates; every width is a multiple of 64, the block of NF4 weights.

    `warmup`, `constant_until` and `chat_from` are shares of the budget; `batch` and `micro_batch` count sequences; one
    document in `held_out_every` is not trained on; `turned_questions` come from abstracts, beside those people asked.
    """

    vocabulary: int = 6144
    hidden: int = 256
    layers: int = 5
    intermediate: int = 704
    heads: int = 4
    key_value_heads: int = 2
    length: int = 256
    batch: int = 16
    micro_batch: int = 4
    muon_rate: float = 6e-3
    adam_rate: float = 4e-3
    weight_decay: float = 0.1
    warmup: float = 0.02
    constant_until: float = 0.5
    chat_from: float = 0.85
    held_out_every: int = 200
    turned_questions: int = 30_000
    seed: int = 3407


class Progress(Record):
    """What is spent so far; `tokens` counts repeated ones."""

    step: int = 0
    seconds: float = 0.0
    tokens: int = 0


def new_model(recipe: Recipe, tokenizer: Any) -> Any:
    """An untrained Qwen2 in float32 on the CPU."""
    import torch
    from transformers import GenerationConfig, Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(recipe.seed)
    pad, eos = tokenizer.pad_token_id, tokenizer.eos_token_id
    config = Qwen2Config(
        vocab_size=recipe.vocabulary,
        hidden_size=recipe.hidden,
        intermediate_size=recipe.intermediate,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.key_value_heads,
        max_position_embeddings=4 * recipe.length,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=eos,
        pad_token_id=pad,
    )
    model = Qwen2ForCausalLM(config)
    model.generation_config = GenerationConfig(
        eos_token_id=[eos, pad],
        pad_token_id=pad,
        do_sample=False,
        repetition_penalty=1.1,  # a model this small falls into loops
    )
    return model


def batch_of(windows: NDArray[Any], step: int, size: int, seed: int) -> NDArray[Any]:
    """`size` rows: without replacement within an epoch, in an order that depends on seed and epoch alone."""
    size = min(size, len(windows))
    epoch, place = divmod(step, len(windows) // size)
    order = np.random.default_rng([seed, epoch]).permutation(len(windows))
    return windows[order[place * size : (place + 1) * size]]


def batch_at(step: int, corpus: Corpus, recipe: Recipe, *, chats: bool) -> NDArray[Any]:
    """The batch of a step, [rows, 2, length + 1]: tokens and labels; half conversations, or none."""
    half = recipe.batch // 2 if chats else 0
    prose = batch_of(corpus.prose, step, recipe.batch - half, recipe.seed)
    batch = np.stack([prose, prose], axis=1).astype(np.int64)
    return np.concatenate([batch, batch_of(corpus.chats, step, half, recipe.seed)]) if half else batch


def optimizers(model: Any, recipe: Recipe) -> list[Any]:
    """Muon for the layers' matrices, AdamW for the embedding, norms and biases."""
    from torch.optim import AdamW, Muon

    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    rest = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    muon = Muon(matrices, lr=recipe.muon_rate, weight_decay=recipe.weight_decay, adjust_lr_fn="match_rms_adamw")
    return [muon, AdamW(rest, lr=recipe.adam_rate, betas=(0.9, 0.95), weight_decay=0.0)]


def rate(done: float, recipe: Recipe) -> float:
    """The learning rate's factor when a share `done` of the budget is spent."""
    return min(1.0, (done + 1e-3) / recipe.warmup, (1 - done) / (1 - recipe.constant_until))


def loss_of(model: Any, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of `labels` [rows, length + 1] given `ids`, shifted by one; in bfloat16 where it is safe."""
    import torch

    with torch.autocast(ids.device.type, torch.bfloat16):
        logits = model(input_ids=ids[:, :-1], use_cache=False).logits
    return torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED
    )


def perplexity(model: Any, windows: NDArray[Any], device: str) -> float:
    """Perplexity a token of rows of plain text."""
    import torch

    model.eval()
    with torch.no_grad():
        losses = []
        for start in range(0, len(windows), 8):
            ids = torch.from_numpy(windows[start : start + 8].astype(np.int64)).to(device)
            losses += [loss_of(model, ids, ids).item()] * len(ids)
    model.train()
    return math.exp(sum(losses) / len(losses))


def train(model: Any, corpus: Corpus, recipe: Recipe, checkpoint: Path, *, minutes: float, steps: int = 0) -> Progress:
    """Train `model` in place until `minutes` (all runs together) or `steps` are spent; goes on from `checkpoint`."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).train()
    rules = optimizers(model, recipe)
    rates = [rule.param_groups[0]["lr"] for rule in rules]
    progress = load(checkpoint, model, rules, device) if checkpoint.exists() else Progress()
    step, tokens = progress.step, progress.tokens
    losses: list[float] = []
    saved, began = time.monotonic(), time.monotonic() - progress.seconds
    while True:
        seconds = time.monotonic() - began
        done = step / steps if steps else seconds / (60 * minutes)
        if done >= 1 or time.monotonic() - saved > SAVE_SECONDS:
            progress, saved = Progress(step=step, seconds=seconds, tokens=tokens), time.monotonic()
            keep(checkpoint, model, rules, progress)
        if done >= 1:
            return progress
        for rule, full in zip(rules, rates, strict=True):
            rule.param_groups[0]["lr"] = full * rate(done, recipe)
        batch = batch_at(step, corpus, recipe, chats=done >= recipe.chat_from)
        parts = max(1, len(batch) // recipe.micro_batch)
        losses.append(0.0)
        for part in range(parts):
            rows = torch.from_numpy(batch[part::parts]).to(device)
            loss = loss_of(model, rows[:, 0], rows[:, 1]) / parts
            torch.autograd.backward(loss)
            losses[-1] += loss.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for rule in rules:
            rule.step()
            rule.zero_grad()
        step, tokens = step + 1, tokens + batch[:, 0, 1:].size
        if step % 50 == 0:
            speed = (tokens - progress.tokens) / (time.monotonic() - began - progress.seconds)
            print(f"step {step}  {done:.1%}  loss {sum(losses) / len(losses):.3f}  {speed:.0f} tokens/s", flush=True)
            losses.clear()
        if step % 500 == 0:
            print(f"step {step}  held-out perplexity {perplexity(model, corpus.held[:64], device):.2f}", flush=True)


def keep(checkpoint: Path, model: Any, rules: list[Any], progress: Progress) -> None:
    """Write all that `load` needs to go on from here."""
    import torch

    states = {"model": model.state_dict(), "rules": [rule.state_dict() for rule in rules]}
    buffer = io.BytesIO()
    torch.save({**states, "progress": progress.model_dump()}, buffer)
    write_whole(checkpoint, buffer.getvalue())


def load(checkpoint: Path, model: Any, rules: list[Any], device: str) -> Progress:
    """Put the model and its optimizers back to where `keep` wrote them."""
    import torch

    state = torch.load(checkpoint, map_location=device, weights_only=True)
    model.load_state_dict(state["model"])
    for rule, kept in zip(rules, state["rules"], strict=True):
        rule.load_state_dict(kept)
    return Progress(**state["progress"])


def pretrain(
    text: list[Path],
    qa: Path,
    out: Path,
    *,
    minutes: float,
    steps: int = 0,
    recipe: Recipe | None = None,
    licences: dict[str, str] | None = None,
) -> Progress:
    """Train tokenizer and model on `text` and `qa`, and write the model folder `out`; see the module's head.

    Args:
        text: abstracts as JSON Lines (title, abstract), Markdown, or archives of Markdown.
        qa: answer-aware rows (source, split, context, question, answer, answer_start) as JSON Lines.
        minutes: budget of training, all runs together; used unless `steps` is given.
        licences: what the card says of each file, by name.

    Raises:
        QuireError: no text, too little of it, or the work folder beside `out` belongs to other files or settings.
    """
    recipe = recipe or Recipe()
    if missing := [path for path in [*text, qa] if not path.is_file()]:
        raise QuireError(f"{missing[0]} is not a file.", fix="Name existing files with --text and --qa.")
    work = out.with_name(f"{out.name}-work")
    hashes = {path.name: sha256_of(path) for path in [*text, qa]}
    key = sha256(recipe.model_dump_json() + json.dumps(hashes))
    mark = work / "run.txt"
    if mark.exists() and mark.read_text() != key:
        raise QuireError(f"{work} was left by a run on other files or settings.", fix="Delete it or use another --out.")

    corpus = read_corpus(
        text,
        qa,
        vocabulary=recipe.vocabulary,
        length=recipe.length,
        held_out_every=recipe.held_out_every,
        turned=recipe.turned_questions,
        seed=recipe.seed,
    )
    print(f"{corpus.prose.size:,} tokens of text, {len(corpus.chats):,} rows of conversations", flush=True)
    write_whole(mark, key)

    model = new_model(recipe, corpus.tokenizer)
    progress = train(model, corpus, recipe, work / "state.pt", minutes=minutes, steps=steps)
    score = perplexity(model.to("cpu"), corpus.held, "cpu")
    data = [(name, (licences or {}).get(name, "not stated"), digest) for name, digest in hashes.items()]
    save(model, corpus.tokenizer, card(model, corpus, recipe, progress, score, data), out)
    return progress


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--text", type=Path, nargs="+", required=True, help="abstracts (.jsonl, .xz) and Markdown (.tar.gz)"
    )
    parser.add_argument("--qa", type=Path, required=True, help="answer-aware rows, JSON Lines")
    parser.add_argument("--out", type=Path, required=True, help="model folder; checkpoints go to OUT-work")
    parser.add_argument("--minutes", type=float, required=True, help="training time, all runs together")
    parser.add_argument(
        "--licence", action="append", default=[], metavar="FILE=TEXT", help="licence of a file, for the card"
    )
    options = parser.parse_args()
    licences = {name: text for name, _, text in (item.partition("=") for item in options.licence)}
    try:
        pretrain(options.text, options.qa, options.out, minutes=options.minutes, licences=licences)
    except QuireError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
