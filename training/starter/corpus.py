"""The starter language model's corpus: files to documents, and those and conversations to rows of tokens."""

from __future__ import annotations

import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from augment.starter.rows import read_rows
from extractors.errors import QuireError
from extractors.records import Record
from training.prompts import FORMATS, IGNORED
from training.starter.conversations import Exchange, asked_by_people, asked_by_rule, summaries
from training.starter.recipe import Recipe

END_OF_TEXT, TURN, END_OF_TURN = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
TOKENIZER_DOCUMENTS = 25_000
LONGEST_ABSTRACT = 4000
ROWS_IN_REACH = 32
"""Rows of conversations that one more may still go into."""


class Source(Record):
    """A file of text under the data folder, its licence, and how often an epoch reads each of its documents."""

    path: str
    licence: str
    passes: float = 1.0


TEXT = (
    Source(path="text/arxiv_ai.jsonl.xz", licence="arXiv metadata (reusable)"),
    Source(path="text/arxiv_other_cs_stat_eess.jsonl.xz", licence="arXiv metadata (reusable)", passes=0.5),
    Source(path="text/d2l-en_md_CC-BY-SA-4.0.tar.gz", licence="CC BY-SA 4.0 (d2l-ai/d2l-en)", passes=3),
    Source(path="text/hf-course-en_Apache-2.0.tar.gz", licence="Apache-2.0 (huggingface/course)", passes=3),
    Source(path="text/ml-engineering_CC-BY-SA-4.0.tar.gz", licence="CC BY-SA 4.0 (stas00/ml-engineering)", passes=3),
    Source(
        path="text/tuning_playbook_CC-BY-4.0.tar.gz", licence="CC BY 4.0 (google-research/tuning_playbook)", passes=3
    ),
)
ASKED = Source(
    path="qa/answer_aware.jsonl.gz",
    licence="per row: SQuAD 1.1 dev CC BY-SA 4.0, QAMR MIT, FairytaleQA Apache-2.0, COVID-QA Apache-2.0",
)
SUMMARIES = Source(path="qa/scitldr_a.jsonl.gz", licence="SciTLDR-A Apache-2.0")


class Corpus(NamedTuple):
    """What the model is trained on; rows hold one token more than a sequence, for the shift."""

    tokenizer: Any
    prose: NDArray[Any]
    chats: NDArray[Any]


def read_corpus(data: Path, text: Iterable[Source], tokenizer: Any, recipe: Recipe) -> Corpus:
    """Read the files under `data` and cut them to rows of `length` + 1 tokens.

    `tokenizer` is trained here, on the documents, where it is None. Which exchanges have their passage before the
    question is by lot.

    Raises:
        QuireError: too little text.
    """
    seed, length = recipe.seed, recipe.length
    kept, _ = read_text(data, text, recipe.held_out_every, recipe.documents)
    order = np.random.default_rng(seed).permutation(len(kept)).tolist()
    kept = [kept[i] for i in order]
    tokenizer = tokenizer or train_tokenizer(dict.fromkeys(kept[:TOKENIZER_DOCUMENTS]), recipe.vocabulary)
    abstracts = list(dict.fromkeys(text for text in kept if len(text) < LONGEST_ABSTRACT))
    exchanges = [
        *asked_by_people(data / ASKED.path, seed),
        *islice(asked_by_rule(abstracts, seed), recipe.turned_questions),
    ]
    if (data / SUMMARIES.path).exists():
        exchanges += summaries(data / SUMMARIES.path)
    exchanges = [each for each in exchanges if len(each.answer.split()) <= recipe.longest_answer]
    rng = np.random.default_rng([seed, 1])
    exchanges = [exchanges[i] for i in rng.permutation(len(exchanges)).tolist()]
    share = recipe.passages
    exchanges = [
        each if int((number + 1) * share) > int(number * share) else each._replace(context="")
        for number, each in enumerate(exchanges)
    ]
    return Corpus(tokenizer, text_windows(tokenizer, kept, length), chat_windows(tokenizer, exchanges, length))


def read_text(
    data: Path, text: Iterable[Source], held_out_every: int, most: int | None = None
) -> tuple[list[str], list[str]]:
    """Documents to train on, each as often as its source says, and those held out, each once; `most` of each source.

    Of a source with half a pass one document in two is read, by a checksum of its text backwards: that of the text
    says what is held out.
    """
    kept: list[str] = []
    held: list[str] = []
    seen: set[str] = set()
    for source in text:
        for document in islice(documents(data / source.path), most):
            if document and document not in seen:
                seen.add(document)
                whole, part = divmod(source.passes, 1)
                often = int(whole) + (zlib.crc32(document[::-1].encode()) % 1000 < 1000 * part)
                if held_out(document, held_out_every):
                    held.append(document)
                else:
                    kept.extend([document] * often)
    return kept, held


def plain(markdown: str) -> str:
    """The prose of a Markdown page, roughly: without fenced code, tags, directives and links' targets."""
    text = re.sub(r"^(```|~~~).*?^\1\s*$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"<[^<>]*>|!\[[^\]]*\]\([^)]*\)|^(:\w+:|import |\|).*$|\[\[.*?\]\]", "", text, flags=re.MULTILINE)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(?<=\S)\n(?=[\w(`])", " ", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def documents(path: Path) -> Iterator[str]:
    """Documents of a JSON Lines file of abstracts (.jsonl, .gz, .xz), a .tar.gz of Markdown, or one text file."""
    if path.name.endswith(".tar.gz"):
        with tarfile.open(path) as archive:
            for member in sorted(archive.getmembers(), key=lambda member: member.name):
                if member.name.endswith((".md", ".mdx")) and (file := archive.extractfile(member)):
                    yield plain(io.TextIOWrapper(file, encoding="utf-8", errors="replace").read())
    elif ".jsonl" in path.suffixes:
        for row in read_rows(path):
            yield f"{' '.join(row['title'].split())}\n\n{' '.join(row['abstract'].split())}"
    else:
        yield plain(path.read_text(encoding="utf-8"))


def held_out(document: str, every: int) -> bool:
    """Whether a document is kept for measuring perplexity: by its own text, whatever stands beside it."""
    return zlib.crc32(document.encode()) % every == 0


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """A byte-level BPE tokenizer of `vocabulary` tokens with the ChatML ones, in the class of Qwen2."""
    from tokenizers import pre_tokenizers, trainers
    from transformers import Qwen2Tokenizer

    bpe = Qwen2Tokenizer().backend_tokenizer
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END_OF_TEXT, TURN, END_OF_TURN],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    learned = json.loads(bpe.to_str())["model"]
    return Qwen2Tokenizer(
        vocab=learned["vocab"],
        merges=[tuple(merge) for merge in learned["merges"]],
        eos_token=END_OF_TURN,
        pad_token=END_OF_TEXT,
        unk_token=END_OF_TEXT,
        extra_special_tokens=[TURN],
        chat_template=CHATML,
    )


def text_windows(tokenizer: Any, texts: list[str], length: int) -> NDArray[Any]:
    """Documents one after the other, each ended by <|endoftext|>, cut into rows of `length` + 1 tokens."""
    ids: list[NDArray[Any]] = []
    for start in range(0, len(texts), 1000):
        for row in tokenizer(texts[start : start + 1000])["input_ids"]:
            ids.append(np.array([*row, tokenizer.pad_token_id], dtype=np.uint16))
    stream = np.concatenate(ids)
    rows = len(stream) // (length + 1)
    if rows == 0:
        raise QuireError(f"The text holds {len(stream)} tokens, fewer than one sequence.", fix="Give more text.")
    return stream[: rows * (length + 1)].reshape(rows, length + 1)


def chat_windows(tokenizer: Any, exchanges: Iterable[Exchange], length: int) -> NDArray[Any]:
    """Conversations packed whole into rows, [rows, 2, length + 1]: tokens, and labels on the assistant's tokens only.

    A row begins with a conversation, so that the model learns to answer with nothing before the question.
    """
    pad, newline = tokenizer.pad_token_id, tokenizer("\n")["input_ids"]
    rows: list[tuple[list[int], list[int]]] = []
    prompts, answers = [], []
    for each in exchanges:
        messages = FORMATS["chat"](each.question, each.context)
        prompts.append(tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))
        answers.append(each.answer + END_OF_TURN)
    for prompt, answer in zip(tokenizer(prompts)["input_ids"], tokenizer(answers)["input_ids"], strict=True):
        size = len(prompt) + len(answer) + 1
        if size > length + 1:
            continue
        row = next((row for row in rows[-ROWS_IN_REACH:] if len(row[0]) + size <= length + 1), None)
        if row is None:
            rows.append(row := ([], []))
        row[0].extend([*prompt, *answer, *newline])
        row[1].extend([*[IGNORED] * len(prompt), *answer, IGNORED])
    filled = [
        (ids + [pad] * (length + 1 - len(ids)), labels + [IGNORED] * (length + 1 - len(labels))) for ids, labels in rows
    ]
    return np.array(filled, dtype=np.int32)
