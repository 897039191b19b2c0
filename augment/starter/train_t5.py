"""Train the starter question generator: a small T5, from nothing, on a CPU or a GPU.

    python -m augment.starter.train_t5 --qa answer_aware.jsonl.gz --text abstracts.jsonl.xz --out augment/starter/t5 --minutes 80

It learns in three mixtures that follow one another (`MIXTURES`): copying first, then questions turned from sentences of
papers' abstracts, then people's questions, with some of the turned ones kept to hold on to the field's vocabulary.
The result reads the prompts of `valhalla/t5-base-qa-qg-hl` and loads with `AutoModelForSeq2SeqLM`.
Stop it at any moment and run the same command again: it goes on from its last checkpoint.
"""

import argparse
import hashlib
import json
import os
import random
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch.nn import functional as F
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from augment.starter import rows
from augment.starter.rows import Example

FULL = {
    "d_model": 256,
    "d_kv": 64,
    "num_heads": 4,
    "d_ff": 768,
    "num_layers": 4,
    "num_decoder_layers": 4,
    "vocab": 8192,
}
SMOKE = {"d_model": 48, "d_kv": 16, "num_heads": 3, "d_ff": 96, "num_layers": 2, "num_decoder_layers": 2, "vocab": 500}
MAX_PROMPT, MAX_TARGET, BUCKETS = 128, 40, 12
MUON_RATE, ADAM_RATE, WARM_UP_STEPS, LABEL_SMOOTHING, DROPOUT = 6e-3, 2e-3, 300, 0.1, 0.1

# From which share of the training on, which kind of batch how often. The first one needs no dropout: its rows hardly repeat.
MIXTURES: list[tuple[float, dict[str, float]]] = [
    (0.0, {"cloze": 0.5, "turned question": 0.4, "turned answer": 0.1}),
    (0.2, {"turned question": 0.3, "turned answer": 0.1, "question": 0.45, "answer": 0.15}),
    (0.4, {"turned question": 0.15, "turned answer": 0.05, "question": 0.6, "answer": 0.2}),
]


def train_tokenizer(examples: list[Example], vocab: int) -> PreTrainedTokenizerFast:
    """A byte-pair vocabulary that can copy anything: single digits, punctuation apart, bytes for rare characters."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="first"),
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.Punctuation("isolated"),
        ]
    )
    special, in_bytes = ["<pad>", "</s>", "<unk>"], [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=vocab - 2, special_tokens=special + in_bytes, limit_alphabet=256, show_progress=False
    )
    texts = (part for e in examples for part in (e.prompt.replace(" <hl>", "").replace("<hl> ", ""), e.target))
    tokenizer.train_from_iterator(texts, trainer)
    # The trainer makes the bytes special tokens, which decoding would skip: they are ordinary pieces.
    plan = json.loads(tokenizer.to_str())
    plan["added_tokens"] = plan["added_tokens"][: len(special)]
    plan["model"]["byte_fallback"] = True
    tokenizer = Tokenizer.from_str(json.dumps(plan))
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first")])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    tokenizer.add_tokens([AddedToken(mark, lstrip=True, normalized=False) for mark in ("<sep>", "<hl>")])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=512
    )


def new_model(shape: dict[str, int], tokenizer: PreTrainedTokenizerFast) -> T5ForConditionalGeneration:
    """A T5 with gated GELU and tied embeddings, its vocabulary padded to a multiple of 64."""
    sizes = {name: size for name, size in shape.items() if name != "vocab"}
    config = T5Config(
        vocab_size=-(-len(tokenizer) // 64) * 64, feed_forward_proj="gated-gelu", dropout_rate=DROPOUT,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, tie_word_embeddings=True, **sizes,
    )  # fmt: skip
    model = T5ForConditionalGeneration(config)
    model.generation_config.max_new_tokens = MAX_TARGET
    model.generation_config.num_beams = 4
    return model


def new_optimizers(model: T5ForConditionalGeneration) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, AdamW for embeddings, position biases and norms.

    T5's embeddings start at unit scale, so their step is the larger one.
    """
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and not re.search("shared|bias", name)]
    small = [p for name, p in model.named_parameters() if p.ndim == 1 or "bias" in name]
    muon = torch.optim.Muon(
        [{"params": matrices, "peak": MUON_RATE}], lr=MUON_RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
    )
    groups = [{"params": small, "peak": ADAM_RATE}, {"params": [model.shared.weight], "peak": 5 * ADAM_RATE}]
    return [muon, torch.optim.AdamW(groups, lr=ADAM_RATE, betas=(0.9, 0.98), weight_decay=0.0)]


def set_dropout(model: T5ForConditionalGeneration, rate: float) -> None:
    """Dropout on the residual stream only; inside attention and feed-forward it costs a third of a CPU's time."""
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0 if "DenseReluDense" in name else rate
        elif hasattr(module, "key_value_proj_dim"):
            module.dropout = 0.0


class Encoded:
    """Examples of one kind as token ids, in buckets of like length."""

    def __init__(self, examples: list[Example], tokenizer: PreTrainedTokenizerFast) -> None:
        prompts = tokenizer([e.prompt for e in examples])["input_ids"]
        targets = tokenizer([e.target for e in examples])["input_ids"]
        pairs = [(p, t) for p, t in zip(prompts, targets, strict=True) if len(p) <= MAX_PROMPT and len(t) <= MAX_TARGET]
        pairs.sort(key=lambda pair: (len(pair[0]), len(pair[1])))
        size = -(-len(pairs) // BUCKETS)
        self.buckets = [pairs[i : i + size] for i in range(0, len(pairs), size)]

    def __len__(self) -> int:
        return sum(map(len, self.buckets))

    def batch(self, rng: random.Random, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Prompts `(size, longest)` and targets, the targets padded with -100."""
        bucket = rng.choice(self.buckets)
        chosen = rng.sample(bucket, min(size, len(bucket)))
        return pad([p for p, _ in chosen], 0), pad([t for _, t in chosen], -100)


def pad(sequences: list[list[int]], value: int) -> torch.Tensor:
    """One tensor of the sequences, the short ones filled up with `value`."""
    longest = max(map(len, sequences))
    return torch.tensor([s + [value] * (longest - len(s)) for s in sequences])


def loss_of(
    model: T5ForConditionalGeneration, prompts: torch.Tensor, targets: torch.Tensor, smoothing: float = 0.0
) -> torch.Tensor:
    """Mean cross-entropy of the target tokens, in nats."""
    prompts, targets = prompts.to(model.device), targets.to(model.device)
    with torch.autocast(model.device.type, dtype=torch.bfloat16):
        logits = model(input_ids=prompts, attention_mask=prompts.ne(0).long(), labels=targets).logits
    return F.cross_entropy(
        logits.float().flatten(0, 1), targets.flatten(), ignore_index=-100, label_smoothing=smoothing
    )


def load_examples(qa: Path, text: Path, seed: int) -> tuple[dict[str, list[Example]], list[Example]]:
    """Training examples by kind, and the questions of the dev split."""
    abstracts = list(rows.abstract_sentences(text))
    common = Counter(word for sentences in abstracts for s in sentences for word in s.split()[1:])
    people, turned = rows.human_examples(qa, "train", seed), rows.turned_examples(abstracts, common, seed)
    kinds = {
        "cloze": rows.cloze_examples(abstracts[::3], seed),
        "turned question": turned["question"],
        "turned answer": turned["answer"],
        "question": people["question"],
        "answer": people["answer"],
    }
    return kinds, rows.human_examples(qa, "dev", seed)["question"]


@torch.no_grad()
def dev_loss(model: T5ForConditionalGeneration, dev: Encoded) -> float:
    """Mean loss over up to 16 examples of each length bucket."""
    model.eval()
    rng = random.Random(0)
    batches = [rng.sample(bucket, min(16, len(bucket))) for bucket in dev.buckets]
    losses = [loss_of(model, pad([p for p, _ in b], 0), pad([t for _, t in b], -100)).item() for b in batches]
    model.train()
    return sum(losses) / len(losses)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old one or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def publish(model: T5ForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, out: Path, work: Path) -> None:
    """Put the model into `out` as bfloat16 safetensors, file by file, each whole."""
    staged = work / "staged"
    half = T5ForConditionalGeneration(model.config)
    half.load_state_dict(model.state_dict())
    half.generation_config = model.generation_config
    half.to(torch.bfloat16).save_pretrained(staged)
    tokenizer.save_pretrained(staged)
    out.mkdir(parents=True, exist_ok=True)
    for file in sorted(staged.iterdir()):
        write_whole(out / file.name, file.read_bytes())


def train(options: argparse.Namespace) -> dict[str, Any]:
    """Train until the time (or the steps) are used up; returns the figures of the run."""
    shape = SMOKE if options.smoke else FULL
    work: Path = options.work or options.out.with_name(f".{options.out.name}.work")
    work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    examples, dev_examples = load_examples(options.qa, options.text, options.seed)
    if not (work / "tokenizer.json").exists():
        texts = examples["question"][::2] + examples["turned question"] + examples["cloze"][::2]
        train_tokenizer(texts, shape["vocab"]).save_pretrained(work)
    tokenizer = AutoTokenizer.from_pretrained(work)
    data = {kind: Encoded(some, tokenizer) for kind, some in examples.items()}
    dev = Encoded(dev_examples, tokenizer)
    print({kind: len(some) for kind, some in data.items()}, "dev", len(dev), flush=True)

    model = new_model(shape, tokenizer).to("cuda" if torch.cuda.is_available() else "cpu")
    optimizers = new_optimizers(model)
    state: dict[str, Any] = {"step": 0, "seconds": 0.0, "seen": Counter(), "log": []}
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        for optimizer, saved_optimizer in zip(optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(saved_optimizer)
        state = saved["state"] | {"seen": Counter(saved["state"]["seen"])}
        print(f"goes on from step {state['step']}, {state['seconds'] / 60:.1f} minutes in", flush=True)

    def save() -> None:
        saved = {
            "model": model.state_dict(),
            "optimizers": [o.state_dict() for o in optimizers],
            "state": state | {"seen": dict(state["seen"])},
        }
        torch.save(saved, work / "checkpoint.part")
        os.replace(work / "checkpoint.part", checkpoint)
        publish(model, tokenizer, options.out, work)

    model.train()
    clock, last_save, recent = time.monotonic() - state["seconds"], time.monotonic(), []
    while True:
        share = state["step"] / options.steps if options.steps else state["seconds"] / (60 * options.minutes)
        if share >= 1:
            break
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = group["peak"] * min((state["step"] + 1) / WARM_UP_STEPS, 1.0) * min(1.0, (1.02 - share) / 0.6)
        mixture = next(kinds for start, kinds in reversed(MIXTURES) if share >= start)
        # The step alone names the batch, so that a resumed run reads what an unbroken one would have read.
        rng = random.Random(f"{options.seed}:{state['step']}")
        kind = rng.choices(list(mixture), list(mixture.values()))[0]
        set_dropout(model, 0.0 if mixture is MIXTURES[0][1] else DROPOUT)
        loss = loss_of(model, *data[kind].batch(rng, options.batch), LABEL_SMOOTHING)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        recent.append(loss.item())
        state["step"] += 1
        state["seen"][kind] += options.batch
        state["seconds"] = time.monotonic() - clock
        if state["step"] % options.log_every == 0:
            line = {"step": state["step"], "minutes": round(state["seconds"] / 60, 2), "train": round(sum(recent) / len(recent), 4),
                    "dev": round(dev_loss(model, dev), 4)}  # fmt: skip
            state["log"].append(line)
            recent = []
            print(json.dumps(line | {"share": round(share, 3)}), flush=True)
        if time.monotonic() - last_save > 60 * options.save_every:
            save()
            last_save = time.monotonic()
    save()
    return state


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--qa", type=Path, required=True, help="rows with context, question, answer, answer_start, split"
    )
    parser.add_argument("--text", type=Path, required=True, help="rows with an abstract")
    parser.add_argument("--out", type=Path, required=True, help="the model folder to write")
    parser.add_argument("--work", type=Path, help="checkpoint folder (default: hidden, beside --out)")
    parser.add_argument("--minutes", type=float, default=80.0, help="training time, all resumed runs together")
    parser.add_argument("--steps", type=int, help="train this many steps instead, however long they take")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=3407)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save-every", type=float, default=10.0, help="minutes between checkpoints")
    parser.add_argument("--log-every", type=int, default=200, help="steps between lines of the log")
    parser.add_argument("--smoke", action="store_true", help="a tiny model, for tests")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    chosen = parse()
    torch.set_num_threads(chosen.threads)
    train(chosen)
