"""Tiny random T5 checkpoints, laid out as the two kinds of hub repositories are."""

from __future__ import annotations

import json
import random
from pathlib import Path

import sentencepiece
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

SUBJECTS = (
    "the encoder",
    "a decoder",
    "the tokenizer",
    "an adapter",
    "the optimiser",
    "a scheduler",
    "the gradient",
    "a transformer",
)
VERBS = (
    "reads",
    "writes",
    "scales",
    "splits",
    "updates",
    "predicts",
    "compresses",
    "normalises",
    "samples",
    "masks",
)
OBJECTS = (
    "long documents",
    "rare words",
    "hidden states",
    "attention weights",
    "training batches",
    "learning rates",
    "questions",
)
ENDS = (
    "before training",
    "after each step",
    "at the last layer",
    "in half precision",
    "without a label",
    "for every token",
)


def sentences(count: int = 400) -> list[str]:
    rng = random.Random("sentences")
    return [
        f"{rng.choice(SUBJECTS)} {rng.choice(VERBS)} {rng.choice(OBJECTS)} {rng.choice(ENDS)}.".capitalize()
        for _ in range(count)
    ] + ["generate question: what does it read? how many are there?"] * 20


def model(vocabulary: int, **changes: object) -> T5ForConditionalGeneration:
    torch.manual_seed(0)
    layers = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "n_positions": 512}
    tokens = {"decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1}
    config = T5Config(vocab_size=vocabulary, initializer_factor=2.0, **(layers | tokens | changes))
    return T5ForConditionalGeneration(config).eval()


def old_layout(folder: Path) -> Path:
    """config.json, pytorch_model.bin, spiece.model and the small JSON files: as `valhalla/t5-base-qg-hl` is."""
    folder.mkdir(parents=True)
    text = folder / "sentences.txt"
    text.write_text("\n".join(sentences()), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(folder / "spiece"),
        vocab_size=150,
        model_type="unigram",
        hard_vocab_limit=False,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
        num_threads=1,
    )
    text.unlink()
    (folder / "spiece.vocab").unlink()
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model")).get_piece_size()
    extra = [f"<extra_id_{number}>" for number in range(100)]
    specials = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    added = {"<sep>": pieces + 100, "<hl>": pieces + 101}
    tiny = model(pieces + 102)
    torch.save(tiny.state_dict(), folder / "pytorch_model.bin")
    config = tiny.config.to_dict() | {"architectures": ["T5ForConditionalGeneration"], "transformers_version": "3.0.0"}
    for name, content in {
        "config.json": {key: value for key, value in config.items() if value is not None},
        "special_tokens_map.json": specials | {"additional_special_tokens": extra},
        "tokenizer_config.json": {"model_max_length": 512},
        "added_tokens.json": added,
    }.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def new_layout(folder: Path, **changes: object) -> Path:
    """config.json, model.safetensors, tokenizer.json and tokenizer_config.json; the configuration with `changes`."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    specials = ["<pad>", "</s>", "<unk>", "<hl>", "<sep>"]
    tokenizer.train_from_iterator(
        sentences(),
        trainers.UnigramTrainer(vocab_size=200, special_tokens=specials, unk_token="<unk>", show_progress=False),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>", unk_token="<unk>", pad_token="<pad>", model_max_length=512
    )
    fast.save_pretrained(folder)
    model(len(fast), **changes).save_pretrained(folder)
    return folder
