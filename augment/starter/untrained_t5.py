"""The starter T5 before training: its vocabulary, its size, and first weights that already copy."""

import json

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from augment.starter.recipe import Recipe
from augment.starter.rows import Example
from augment.t5.engines import LONGEST

WINDOW = 40
"""Tokens of a prompt that `augment.t5.questions` shows the model; on the dev rows more context made questions worse."""


def train_tokenizer(examples: list[Example], vocab: int) -> PreTrainedTokenizerFast:
    """A byte-pair vocabulary that can copy anything: numbers, acronyms and hyphenated terms as whole as they are
    common, other punctuation apart, bytes for rare characters.

    `<hl>` and `<sep>` are plain added tokens, as in the models that this one stands in for.
    """
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    # White space before a comma goes, so that a prompt may have it or not between a mark and the comma.
    closing = normalizers.Replace(Regex(r"\s+(?=[.,:;?!)\]%])"), "")
    spaces = normalizers.Replace(Regex(r"\s+"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), closing, spaces])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="first"),
            pre_tokenizers.Split(Regex(r"[^\w\s\u2581-]"), "isolated"),
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
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=WINDOW
    )


def new_model(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> T5ForConditionalGeneration:
    """A T5 with gated GELU and tied embeddings, its vocabulary padded to a multiple of 64."""
    config = T5Config(
        vocab_size=-(-len(tokenizer) // 64) * 64,
        feed_forward_proj="gated-gelu",
        dropout_rate=recipe.dropout,
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
        tie_word_embeddings=True,
        **recipe.layers,
    )
    model = T5ForConditionalGeneration(config)
    start_with_copying(model)
    model.generation_config.max_new_tokens = LONGEST
    model.generation_config.num_beams = 4
    model.generation_config.no_repeat_ngram_size = 3
    return model


@torch.no_grad()
def start_with_copying(model: T5ForConditionalGeneration, heads: int = 2) -> None:
    """Set the first attention heads so that the untrained model already copies; left to training, that alone takes
    thousands of steps.

    It is the circuit of an induction head (Olsson et al. 2022, "In-context learning and induction heads"), spread over
    encoder and decoder. In the encoder's first layer, `heads` heads attend to the token before, through the relative
    position bias, and write it into the residual stream in a basis of their own. In the decoder's first layer, as many
    heads look for the place whose token before is the one just written, and write the token found there into the
    stream, which the tied embeddings turn into the next word. All of it goes on learning like the rest.
    """
    size, first = model.config.d_model, heads * model.config.d_kv
    for name, weight in model.named_parameters():
        if name.endswith((".wo.weight", ".o.weight")):
            weight.mul_(0.2)
    token, before, found = (torch.nn.init.orthogonal_(torch.empty(size, size))[:first] for _ in range(3))
    reader = model.encoder.block[0].layer[0].SelfAttention
    reader.relative_attention_bias.weight[1, :heads] = 8.0  # bucket 1: one place to the left
    reader.q.weight[:first] = 0.0
    reader.v.weight[:first] = token
    reader.o.weight[:, :first] = 1.5 * before.T
    copier = model.decoder.block[0].layer[1].EncDecAttention
    copier.q.weight[:first] = 0.4 * token
    copier.k.weight[:first] = before
    copier.v.weight[:first] = found
    copier.o.weight[:, :first] = 4.0 * found.T
