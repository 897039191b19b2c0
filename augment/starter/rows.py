"""Training examples from rows of questions that people asked, in the prompt format of `valhalla/t5-base-qa-qg-hl`."""

import gzip
import json
import lzma
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

MAX_WORDS = 58
"""Words of a window: about 90 tokens."""

WORD = re.compile(r"[A-Za-z0-9]+")
ABBREVIATIONS = "".join(rf"(?<!\b{short})" for short in ["e\\.g", "i\\.e", "al", "vs", "cf", "Fig", "No", "St", "Dr"])
SENTENCE_END = re.compile(
    rf"{ABBREVIATIONS}(?<!\bMr)(?<!\bMrs)(?<!\b[a-z])(?<![A-Z])(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])"
)
STOP = frozenset(
    WORD.findall(
        "a an the of in on for to by with from at as and or but nor so yet that which who whom whose what "
        "when where why how is are was were be been being am do does did done have has had can could will "
        "would shall should may might must not no it its they them their this these those he him his she her "
        "we us our you your i my there here than then if while into such also both either each other some any "
        "all more most many much very only just about over between during"
    )
)
LEANING = re.compile(r"\b(it|he|she|they|this|that|these|his|her|their)\b")

TREEBANK = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": '"', "''": '"'}
NO_SPACE_BEFORE = re.compile(r"[.,:;?!%)\]}]|-R[RSC]B-|''|'|'(s|S|re|ve|ll|d|m)|n't")
NO_SPACE_AFTER = frozenset(["``", "-LRB-", "-LSB-", "-LCB-", "$", "#", "£", "€"])


class Example(NamedTuple):
    """One training pair: what the model reads, what it should write."""

    prompt: str
    target: str


def question_prompt(context: str, start: int, end: int) -> str:
    """Mark the answer `context[start:end]` and ask for a question."""
    return f"generate question: {context[:start]}<hl> {context[start:end]} <hl>{context[end:]}"


def answer_prompt(question: str, context: str) -> str:
    """Ask for the words of `context` that answer `question`."""
    return f"question: {question}  context: {context}"


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSON Lines file, plain or compressed (.gz, .xz)."""
    opener: Any = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence of `text`."""
    starts = [0, *(found.end() for found in SENTENCE_END.finditer(text))]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def content_words(text: str) -> set[str]:
    """Lower-case words that carry meaning."""
    return {word for word in WORD.findall(text.lower()) if word not in STOP}


def window(text: str, start: int, end: int, rng: random.Random) -> tuple[str, int, int]:
    """The sentences of `text` that hold `[start, end)`, with the offsets moved; two times in three widened on both
    sides, a word at a time and across sentences, to some length up to `MAX_WORDS`, as `augment.questions` widens them.
    """
    spans = sentence_spans(text)
    left = max(first for first, _ in spans if first <= start)
    right = min(last for _, last in spans if last >= end)
    right = left + len(text[left:right].rstrip())
    words = [found.span() for found in re.finditer(r"\S+", text)]
    before = [first for first, _ in words if first < left][::-1]
    after = [last for _, last in words if last > right]
    room = MAX_WORDS - len(text[left:right].split())
    extra = rng.randint(1, room) if room > 0 and rng.random() < 0.67 else 0
    if extra and before:
        left = before[min((extra + 1) // 2 if after else extra, len(before)) - 1]
    if extra > 1 and after:
        right = after[min(extra // 2 if before else extra, len(after)) - 1]
    return text[left:right], start - left, end - left


def detokenise(text: str, start: int, end: int) -> tuple[str, int, int] | None:
    """Undo Penn Treebank tokens; None where the span does not begin and end at tokens."""
    out, moved, at, glued = "", {}, 0, True
    for token in text.split(" "):
        if not glued and not NO_SPACE_BEFORE.fullmatch(token):
            out += " "
        begin = len(out)
        out += TREEBANK.get(token, token)
        moved[at], moved[at + len(token)] = begin, len(out)
        at, glued = at + len(token) + 1, token in NO_SPACE_AFTER
    return (out, moved[start], moved[end]) if start in moved and end in moved else None


def clean_question(question: str) -> str | None:
    """The question with a capital and one question mark; None where it is too odd to learn from."""
    question = " ".join(TREEBANK.get(token, token) for token in question.split())
    question = re.sub(r"\s+([?.,'])", r"\1", question).rstrip(" ?.") + "?"
    if not 4 <= len(question.split()) <= 25 or not re.match(r"[A-Za-z0-9\"']", question):
        return None
    return question[0].upper() + question[1:]


def human_examples(path: Path, split: str, seed: int) -> dict[str, list[Example]]:
    """Examples of `split` by task, "question" and "answer", from rows with context, question, answer, answer_start.

    Left out are long answers, questions of QAMR that lean on a pronoun and, of the train split, those that are not
    `worth_learning`. Training rows of SQuAD, the best written, count twice.
    """
    examples: dict[str, list[Example]] = {"question": [], "answer": []}
    for number, row in enumerate(read_rows(path)):
        if row["split"] != split:
            continue
        rng = random.Random(f"{seed}:{number}")
        text, answer = row["context"], row["answer"]
        start = int(row["answer_start"]) + len(answer) - len(answer.lstrip())
        moved: tuple[str, int, int] | None = (text, start, start + len(answer.strip()))
        if row["source"] == "qamr":
            moved = detokenise(*moved) if moved else None
        question = clean_question(row["question"])
        if moved is None or question is None or "<hl>" in text:
            continue
        if row["source"] == "qamr" and LEANING.search(question):
            continue
        text, start, end = window(*moved, rng)
        if not 1 <= len(text[start:end].split()) <= 12 or len(text.split()) > MAX_WORDS:
            continue
        if split == "train" and not worth_learning(question, text, text[start:end]):
            continue
        repeat = 2 if row["source"] == "squad-1.1-dev" and split == "train" else 1
        examples["question"] += [Example(question_prompt(text, start, end), question)] * repeat
        examples["answer"].append(Example(answer_prompt(question, text), text[start:end]))
    return examples


def worth_learning(question: str, text: str, answer: str) -> bool:
    """Whether the words of `question` are those of `text`, three in four at least, but not those of `answer`.

    The model is to ask about what it reads; from freer questions a small one learns to invent.
    """
    asked, told = content_words(question), content_words(answer)
    stems = {word[:5] for word in content_words(text) - told}
    shared = sum(word[:5] in stems for word in asked)
    return shared >= max(2, 0.75 * len(asked)) and answer.lower() not in STOP and not (told and told <= asked)
