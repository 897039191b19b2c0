"""Trains the starter language model, a small Qwen2, and its tokenizer, on one processor core or a GPU.

    python -m training.starter.pretrain --size cpu --data ../shared/data --out DIR [--start FOLDER]
    python -m training.starter.pretrain --size cpu-answers --data ../shared/data --out DIR --start FOLDER
    python -m training.starter.pretrain --size gpu --data ../shared/data --out DIR --pieces

The learning rate warms up, stays, and falls to zero, each over a number of steps: nothing depends on the clock, and the
same command on the same machine gives the same bytes. All but the last steps read plain text; those, while the rate
falls, mix questions and answers in ChatML with more text, so that the model learns to answer in a sentence, from a
passage or without, and to end its turn, and does not forget the field's prose. The second command is a short phase of
such steps alone, which teaches the weights of the first to end their turns more often.
Matrices are trained by Muon (Jordan 2024, with the step size of Liu et al. 2025), everything else by AdamW.
`--start` goes on from the weights and the tokenizer of an earlier version instead of beginning with nothing.
Killed and started again with the same files, it goes on from its last checkpoint in `DIR-work`.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from augment.starter.shards import split
from extractors.errors import QuireError
from extractors.files import sha256, sha256_of, write_whole
from training.prompts import IGNORED
from training.starter.corpus import ASKED, SUMMARIES, TEXT, Corpus, Source, read_corpus
from training.starter.recipe import SIZES, Progress, Recipe
from training.starter.release import card, save

if TYPE_CHECKING:
    import torch

SAVE_SECONDS = 120


def new_model(recipe: Recipe, tokenizer: Any, start: Path | None = None) -> Any:
    """A Qwen2 in float32 on the CPU: untrained, or with the weights of the folder `start`.

    Raises:
        QuireError: the weights in `start` have another shape than the recipe.
    """
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
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=eos,
        pad_token_id=pad,
        # Compiled for a processor, plain matrix products take two thirds of the time of its fused attention.
        attn_implementation="sdpa" if torch.cuda.is_available() else "eager",
    )
    model = Qwen2ForCausalLM(config)
    if start is not None:
        before = Qwen2ForCausalLM.from_pretrained(start, dtype=torch.float32).state_dict()
        shapes = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
        if {name: tuple(weight.shape) for name, weight in before.items()} != shapes:
            raise QuireError(f"The weights in {start} have another shape.", fix="Choose their --size.")
        model.load_state_dict(before)
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


def batch_at(step: int, corpus: Corpus, recipe: Recipe) -> NDArray[Any]:
    """The batch of a step, [rows, 2, length + 1]: tokens and labels; in the last steps partly conversations."""
    chats = round(recipe.conversations * recipe.batch) if step >= recipe.steps - recipe.chat else 0
    prose = batch_of(corpus.prose, step, recipe.batch - chats, recipe.seed)
    batch = np.stack([prose, prose], axis=1).astype(np.int64)
    return np.concatenate([batch, batch_of(corpus.chats, step, chats, recipe.seed)]) if chats else batch


def optimizers(model: Any, recipe: Recipe) -> list[Any]:
    """Muon for the layers' matrices, AdamW for the embedding, norms and biases."""
    from torch.optim import AdamW, Muon

    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    rest = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    muon = Muon(matrices, lr=recipe.muon_rate, weight_decay=recipe.weight_decay, adjust_lr_fn="match_rms_adamw")
    return [muon, AdamW(rest, lr=recipe.adam_rate, betas=(0.9, 0.95), weight_decay=0.0)]


def rate(step: int, recipe: Recipe) -> float:
    """The learning rate's factor at a step."""
    return min(1.0, (step + 1) / recipe.warmup, (recipe.steps - step) / recipe.fall)


def loss_of(model: Any, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Summed cross-entropy of `labels` [rows, length + 1] given `ids`, shifted by one; in bfloat16 where it is safe."""
    import torch

    with torch.autocast(ids.device.type, torch.bfloat16):
        logits = model(input_ids=ids[:, :-1], use_cache=False).logits
    return torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED, reduction="sum"
    )


def compiled(loss: Callable[..., torch.Tensor], recipe: Recipe) -> Callable[..., torch.Tensor]:
    """`loss` compiled where the recipe says so: half as fast again on a processor, but a C++ compiler is needed."""
    import torch

    return torch.compile(loss, dynamic=False) if recipe.compile else loss


def train(model: Any, corpus: Corpus, recipe: Recipe, checkpoint: Path) -> Progress:
    """Train `model` in place for all steps of the recipe; goes on from `checkpoint`."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_float32_matmul_precision("high")
    model.to(device).train()
    rules = optimizers(model, recipe)
    rates = [rule.param_groups[0]["lr"] for rule in rules]
    progress = load(checkpoint, model, rules, device) if checkpoint.exists() else Progress()
    loss_in_rows = compiled(loss_of, recipe)
    losses: list[float] = []
    began = saved = time.monotonic()
    before, tokens = progress, progress.tokens
    for step in range(progress.step, recipe.steps):
        for rule, full in zip(rules, rates, strict=True):
            rule.param_groups[0]["lr"] = full * rate(step, recipe)
        batch = batch_at(step, corpus, recipe)
        labelled = int((batch[:, 1, 1:] != IGNORED).sum())
        summed = torch.zeros((), device=device)
        for part in range(0, len(batch), recipe.micro_batch):
            rows = torch.from_numpy(batch[part : part + recipe.micro_batch]).to(device)
            loss = loss_in_rows(model, rows[:, 0], rows[:, 1]) / labelled
            torch.autograd.backward(loss)
            summed += loss.detach()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for rule in rules:
            rule.step()
            rule.zero_grad()
        losses.append(summed.item())
        tokens += batch[:, 0, 1:].size
        now = time.monotonic()
        progress = Progress(step=step + 1, seconds=before.seconds + now - began, tokens=tokens)
        if now - saved > SAVE_SECONDS or step + 1 == recipe.steps:
            keep(checkpoint, model, rules, progress)
            saved = now
        if (step + 1) % 50 == 0:
            speed = (tokens - before.tokens) / (now - began)
            print(
                f"step {step + 1} of {recipe.steps}  loss {sum(losses) / len(losses):.3f}  {speed:.0f} tokens/s",
                flush=True,
            )
            losses.clear()
    return progress


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
    data: Path, out: Path, recipe: Recipe, *, text: Sequence[Source] = TEXT, start: Path | None = None
) -> Progress:
    """Train on the files under `data`, and write the model folder `out`; see the module's head.

    Args:
        data: folder with the files of `text`, `ASKED` and, if it is there, `SUMMARIES`.
        start: folder of the weights and the tokenizer to go on from.

    Raises:
        QuireError: a file is missing, too little text, or the work folder beside `out` belongs to other files or
            settings.
    """
    sources = [*text, ASKED, *([SUMMARIES] if (data / SUMMARIES.path).exists() else [])]
    needed = [data / source.path for source in sources] + ([start / "model.safetensors"] if start else [])
    if missing := [path for path in needed if not path.is_file()]:
        raise QuireError(f"{missing[0]} is not a file.", fix="Name the data folder with --data, weights with --start.")
    work = out.with_name(f"{out.name}-work")
    hashes = {str(path): sha256_of(path) for path in needed}
    key = sha256(recipe.model_dump_json() + json.dumps(sorted(hashes.values())))
    mark = work / "run.txt"
    if mark.exists() and mark.read_text() != key:
        raise QuireError(f"{work} was left by a run on other files or settings.", fix="Delete it or use another --out.")
    tokenizer = None
    if start is not None:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(start)
        for told in ("is_local", "local_files_only"):  # how it was loaded, which it would write into its settings
            tokenizer.init_kwargs.pop(told, None)
    corpus = read_corpus(data, text, tokenizer, recipe)
    print(f"{corpus.prose.size:,} tokens of text, {len(corpus.chats):,} rows of conversations", flush=True)
    write_whole(mark, key)

    model = new_model(recipe, corpus.tokenizer, start)
    progress = train(model, corpus, recipe, work / "state.pt")
    said = [(Path(source.path).name, source.licence, hashes[str(data / source.path)]) for source in sources]
    save(model.to("cpu"), corpus.tokenizer, card(model, corpus.tokenizer, recipe, progress, said, start, data), out)
    return progress


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--size", choices=sorted(SIZES), default="cpu", help="shape and schedule (default: cpu)")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with text/ and qa/")
    parser.add_argument("--out", type=Path, required=True, help="model folder; checkpoints go to OUT-work")
    parser.add_argument("--start", type=Path, help="folder of an earlier version to go on from")
    parser.add_argument(
        "--pieces", action="store_true", help="cut the weights for moving; augment.starter.shards joins"
    )
    options = parser.parse_args()
    try:
        pretrain(options.data, options.out, SIZES[options.size], start=options.start)
        if options.pieces:
            split(options.out / "model.safetensors")
    except QuireError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
