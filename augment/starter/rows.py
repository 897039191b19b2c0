"""Training examples from rows of questions that people asked, in the prompt format of `valhalla/t5-base-qa-qg-hl`."""

import gzip
import json
import lzma
import random
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from augment.language.facts import changed, distance

MAX_WORDS, MAX_ANSWER_WORDS = 44, 72
"""Words of a window, to be asked about and to be answered from: about 60 and 100 tokens."""

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


UNSEEN = frozenset({"fairytaleqa"})
"""Sources of the dev split that only the figures of a finished model are taken on."""


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


def extraction_prompt(context: str, start: int, end: int) -> str:
    """Mark the sentence `context[start:end]` and ask for the spans in it that a question may be about."""
    return f"extract answers: {context[:start]}<hl> {context[start:end]} <hl>{context[end:]}"


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


def window(text: str, start: int, end: int, rng: random.Random, most: int = MAX_WORDS) -> tuple[str, int, int]:
    """The sentences of `text` that hold `[start, end)`, with the offsets moved; one time in two widened on both
    sides, a word at a time and across sentences, to some length up to `most` words, as `augment.t5.questions` does.
    """
    left, right = enclosing(text, start, end)
    words = [found.span() for found in re.finditer(r"\S+", text)]
    before = [first for first, _ in words if first < left][::-1]
    after = [last for _, last in words if last > right]
    room = most - len(text[left:right].split())
    extra = rng.randint(1, room) if room > 0 and rng.random() < 0.5 else 0
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
    """Examples of `split` by task, "question", "answer", "extraction" and "paraphrase", from rows with context,
    question, answer, answer_start.

    Left out are long answers, questions of QAMR that lean on a pronoun and, of the train split, questions to be asked
    that are not `worth_learning`. Of the dev split, by which a training is steered, only rows of SQuAD are read, so
    that those of other sources stay unseen.
    """
    examples: dict[str, list[Example]] = {"question": [], "answer": [], "extraction": [], "paraphrase": []}
    answered: dict[tuple[str, int, int], set[tuple[int, int]]] = {}
    alike: dict[tuple[str, int, int], list[str]] = {}
    for number, row in enumerate(read_rows(path)):
        qamr = row["source"] == "qamr"
        if row["split"] != split or (split == "dev" and row["source"] in UNSEEN):
            continue
        rng = random.Random(f"{seed}:{number}")
        found, question = answer_in(row), clean_question(row["question"])
        if found is None or question is None or (qamr and LEANING.search(question)):
            continue
        text, start, end = found
        if not 1 <= len(text[start:end].split()) <= 12:
            continue
        answered.setdefault((text, *enclosing(text, start, end)), set()).add((start, end))
        if qamr:
            alike.setdefault(found, []).append(question)
        wide, first, last = window(text, start, end, rng, MAX_ANSWER_WORDS)
        if len(wide.split()) <= MAX_ANSWER_WORDS:
            examples["answer"].append(Example(answer_prompt(question, wide), wide[first:last]))
        text, start, end = window(text, start, end, rng)
        least = 0.75 if qamr else 0.5
        if len(text.split()) > MAX_WORDS or (
            split == "train" and not worth_learning(question, text, start, end, least)
        ):
            continue
        examples["question"].append(Example(question_prompt(text, start, end), question))
    for number, ((text, left, right), spans) in enumerate(answered.items()):
        if len(text[left:right].split()) <= MAX_WORDS:
            part, start, end = window(text, left, right, random.Random(f"{seed}:{number}"))
            examples["extraction"].append(Example(extraction_prompt(part, start, end), extracted(text, spans)))
    examples["paraphrase"] = [pair for questions in alike.values() for pair in paraphrases(questions)]
    return examples


def answer_in(row: dict[str, Any]) -> tuple[str, int, int] | None:
    """The row's context and where in it the answer stands; None where that cannot be told."""
    text, answer = row["context"], row["answer"]
    start = int(row["answer_start"]) + len(answer) - len(answer.lstrip())
    end = start + len(answer.strip())
    found = detokenise(text, start, end) if row["source"] == "qamr" else (text, start, end)
    return found if found and "<hl>" not in text else None


def extracted(text: str, spans: set[tuple[int, int]]) -> str:
    """What is written for the answers `spans` of a sentence: each with <sep> behind it."""
    return " ".join(f"{text[first:last]} <sep>" for first, last in apart_in_order(spans))


def paraphrases(questions: list[str]) -> list[Example]:
    """Of questions with the same answer in the same sentence, pairs of which neither says less than the other."""
    pairs = []
    for one, other in pairwise(sorted(set(questions))):
        words, others = content_words(one), content_words(other)
        alike = 2 * len(words & others) >= len(words | others)
        if alike and not (words < others or others < words) and not changed(one, other) and distance(one, other) > 0.1:
            pairs += [Example(f"paraphrase: {one}", other), Example(f"paraphrase: {other}", one)]
    return pairs


def enclosing(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the sentences of `text` that hold `[start, end)` begin and end."""
    spans = sentence_spans(text)
    left = max(first for first, _ in spans if first <= start)
    right = min(last for _, last in spans if last >= end)
    return left, left + len(text[left:right].rstrip())


def apart_in_order(spans: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of spans that overlap the shortest, in the order of the text, six at most."""
    chosen: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[1] - span[0], span)):
        if all(end <= first or last <= start for first, last in chosen):
            chosen.append((start, end))
    return sorted(chosen)[:6]


def worth_learning(question: str, text: str, start: int, end: int, least: float) -> bool:
    """Whether at least the share `least` of the words of `question`, and two, are those of `text`, but not those of
    the answer `text[start:end]`.

    The model is to ask about what it reads; from freer questions a small one learns to invent.
    """
    answer = text[start:end].lower()
    asked, told = content_words(question), content_words(answer)
    stems = {word[:5] for word in content_words(text) - told}
    shared = sum(word[:5] in stems for word in asked)
    return shared >= max(2, least * len(asked)) and answer not in STOP and not (told and told <= asked)
