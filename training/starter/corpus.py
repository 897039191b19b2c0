"""The starter model's corpus: files to documents, questions and answers, and those to rows of tokens."""

from __future__ import annotations

import io
import json
import re
import tarfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from augment.starter.rows import LEANING, clean_question, detokenise, read_rows, sentence_spans
from augment.starter.turned import turn
from extractors.errors import QuireError

END_OF_TEXT, TURN, END_OF_TURN = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
IGNORED = -100
"""Label of a token that the loss does not count."""
TOKENIZER_DOCUMENTS = 25_000
LONGEST_ABSTRACT = 4000


class Corpus(NamedTuple):
    """What the model is trained on and measured by; rows hold one token more than a sequence, for the shift."""

    tokenizer: Any
    prose: NDArray[Any]
    held: NDArray[Any]
    chats: NDArray[Any]


def read_corpus(
    text: Sequence[Path], qa: Path, *, vocabulary: int, length: int, held_out_every: int, turned: int, seed: int
) -> Corpus:
    """Read the files, train the tokenizer on them, and cut them to rows of `length` + 1 tokens.

    Raises:
        QuireError: too little text.
    """
    texts = [document for path in text for document in documents(path) if document]
    held = [document for document in texts if held_out(document, held_out_every)]
    kept = [document for document in texts if not held_out(document, held_out_every)]
    kept = [kept[i] for i in np.random.default_rng(seed).permutation(len(kept)).tolist()]
    tokenizer = train_tokenizer(kept[:TOKENIZER_DOCUMENTS], vocabulary)
    pairs = [*asked_by_people(qa), *islice(asked_by_rule(kept), turned)]
    pairs = [pairs[i] for i in np.random.default_rng([seed, 1]).permutation(len(pairs)).tolist()]
    prose, held_rows = text_windows(tokenizer, kept, length), text_windows(tokenizer, held, length)
    return Corpus(tokenizer, prose, held_rows, chat_windows(tokenizer, pairs, length))


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


def asked_by_people(path: Path) -> Iterator[tuple[str, str]]:
    """(question, the sentence that holds its answer) of the rows of the training split; `test` is never read."""
    for row in read_rows(path):
        if row["split"] != "train":
            continue
        text, start, question = row["context"], int(row["answer_start"]), clean_question(row["question"])
        if row["source"] == "qamr":
            moved = detokenise(text, start, start + len(row["answer"]))
            if moved is None or LEANING.search(question or ""):
                continue
            text, start, _ = moved
        sentence = next(text[a:b].strip() for a, b in reversed(sentence_spans(text)) if a <= start)
        if question and 4 <= len(sentence.split()) <= 50:
            yield question, " ".join(sentence.split())


def asked_by_rule(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(question, sentence) for plain sentences of abstracts that a rule can turn into a question, one a sentence."""
    texts = [text.partition("\n\n")[2] for text in texts if len(text) < LONGEST_ABSTRACT]
    common = Counter(word for text in texts for word in text.split())
    for text in texts:
        for start, end in sentence_spans(text):
            sentence = text[start:end].strip()
            if 5 <= len(sentence.split()) <= 45 and not re.search(r"[$\\{}]|https?:", sentence):
                for _, _, question in list(turn(sentence, common))[:1]:
                    yield question, " ".join(sentence.split())


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


def chat_windows(tokenizer: Any, pairs: Iterable[tuple[str, str]], length: int) -> NDArray[Any]:
    """Conversations packed whole into rows, [rows, 2, length + 1]: tokens, and labels on the assistant's tokens only.

    A row begins with a conversation, so that the model learns to answer with nothing before the question.
    """
    pad, newline = tokenizer.pad_token_id, tokenizer("\n")["input_ids"]
    rows: list[tuple[list[int], list[int]]] = [([], [])]
    prompts, answers = [], []
    for question, sentence in pairs:
        user = [{"role": "user", "content": question}]
        prompts.append(tokenizer.apply_chat_template(user, add_generation_prompt=True, tokenize=False))
        answers.append(sentence + END_OF_TURN)
    for prompt, answer in zip(tokenizer(prompts)["input_ids"], tokenizer(answers)["input_ids"], strict=True):
        size = len(prompt) + len(answer) + 1
        if size > length + 1:
            continue
        if len(rows[-1][0]) + size > length + 1:
            rows.append(([], []))
        rows[-1][0].extend([*prompt, *answer, *newline])
        rows[-1][1].extend([*[IGNORED] * len(prompt), *answer, IGNORED])
    filled = [
        (ids + [pad] * (length + 1 - len(ids)), labels + [IGNORED] * (length + 1 - len(labels))) for ids, labels in rows
    ]
    return np.array(filled, dtype=np.int32)
