"""Training examples for the starter question generator: people's questions, and questions made by turning sentences.

Three ways to get a (prompt, target) pair, all in the prompt format of the models it stands in for:

- `human_examples`: questions that people asked (SQuAD, QAMR, FairytaleQA, COVID-QA), with a short window around the answer.
- `turned_examples`: a plain sentence of a paper's abstract, turned into a question by moving its auxiliary or replacing
  its subject. They bring the vocabulary of the field and clean syntax, and each sentence gives several answers,
  which teaches the model to look at the highlighted one.
- `cloze_examples`: a sentence with a span replaced by "what". Not English, but cheap and plentiful: copying forms on them.
"""

import gzip
import json
import lzma
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

MAX_WORDS = 80

WORD = re.compile(r"[A-Za-z0-9]+")
SENTENCE_END = re.compile(
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\bal)(?<!\bvs)(?<!\bcf)(?<!\bFig)(?<!\bNo)(?<!\bSt)(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\b[a-z])(?<![A-Z])(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])"
)
STOP = frozenset(
    "a an the of in on for to by with from at as and or but nor so yet that which who whom whose what when where why how "
    "is are was were be been being am do does did done have has had can could will would shall should may might must not no "
    "it its they them their this these those he him his she her we us our you your i my there here than then if while into "
    "such also both either each other some any all more most many much very only just about over between during".split()
)


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


def open_lines(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a JSON Lines file, plain or compressed (.gz, .xz)."""
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
    with opener(path, "rt", encoding="utf-8") as lines:  # type: ignore[operator]
        for line in lines:
            yield json.loads(line)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence of `text`."""
    starts = [0, *(m.end() for m in SENTENCE_END.finditer(text))]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def content_words(text: str) -> set[str]:
    """Lower-case words that carry meaning."""
    return {w for w in WORD.findall(text.lower()) if w not in STOP}


def window(text: str, start: int, end: int, neighbours: int) -> tuple[str, int, int]:
    """The sentences of `text` that hold `[start, end)` and up to `neighbours` before them, with the offsets moved."""
    spans = sentence_spans(text)
    first = max(i for i, (s, _) in enumerate(spans) if s <= start)
    last = max(i for i, (s, _) in enumerate(spans) if s < end)
    while neighbours > 0 and first > 0 and len(text[spans[first - 1][0] : spans[last][1]].split()) <= MAX_WORDS:
        first, neighbours = first - 1, neighbours - 1
    left = spans[first][0]
    return text[left : spans[last][1]].rstrip(), start - left, end - left


# -- people's questions ------------------------------------------------------------------------------------------------

TREEBANK = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": '"', "''": '"'}
NO_SPACE_BEFORE = re.compile(r"[.,:;?!%)\]}]|''|'|'(s|S|re|ve|ll|d|m)|n't")
NO_SPACE_AFTER = frozenset(["``", "-LRB-", "-LSB-", "-LCB-", "$", "#", "£", "€"])


def detokenise(text: str, start: int, end: int) -> tuple[str, int, int] | None:
    """Undo Penn Treebank tokens; `None` where the span does not begin and end at tokens."""
    out, moved, at, glue = "", {}, 0, True
    for token in text.split(" "):
        if not glue and not NO_SPACE_BEFORE.fullmatch(TREEBANK.get(token, token) if token[0] == "-" else token):
            out += " "
        begin = len(out)
        out += TREEBANK.get(token, token)
        moved[at], moved[at + len(token)] = begin, len(out)
        at, glue = at + len(token) + 1, token in NO_SPACE_AFTER
    return (out, moved[start], moved[end]) if start in moved and end in moved else None


def clean_question(question: str) -> str | None:
    """The question with a capital and one question mark; `None` where it is too odd to learn from."""
    question = " ".join(TREEBANK.get(t, t) for t in question.split())
    question = re.sub(r"\s+([?.,'])", r"\1", question).rstrip(" ?.") + "?"
    words = question.split()
    if not 4 <= len(words) <= 25 or not re.match(r"[A-Za-z0-9\"']", question):
        return None
    return question[0].upper() + question[1:]


def human_examples(path: Path, split: str, seed: int) -> dict[str, list[Example]]:
    """Prompts of `split` by task, "question" and "answer": the answer's sentence, half of them with a neighbour before it.

    Rows are left out where the question shares fewer than two meaning words with the window (QAMR: also where
    it leans on a pronoun), so that the model learns to ask about what it reads.
    """
    examples: dict[str, list[Example]] = {"question": [], "answer": []}
    for number, row in enumerate(open_lines(path)):
        if row["split"] != split:
            continue
        rng = random.Random(f"{seed}:{number}")
        text, answer = row["context"], row["answer"].strip()
        start = int(row["answer_start"]) + len(row["answer"]) - len(row["answer"].lstrip())
        end = start + len(answer)
        if row["source"] == "qamr":
            moved = detokenise(text, start, end)
            if moved is None:
                continue
            text, start, end = moved
        question = clean_question(row["question"])
        if question is None or not 1 <= len(text[start:end].split()) <= 12 or text.count("<hl>"):
            continue
        text, start, end = window(text, start, end, neighbours=rng.randrange(2))
        asked = content_words(question)
        shared = len(asked & (content_words(text) - content_words(text[start:end])))
        if split == "train" and shared < min(2, len(asked)):
            text, start, end = window(text, start, end, neighbours=1)
            if row["source"] == "qamr" or not asked & content_words(text):
                continue
        answer_words = content_words(text[start:end])
        if split == "train" and (text[start:end].lower() in STOP or (answer_words and answer_words <= asked)):
            continue
        if row["source"] == "qamr" and re.search(r"\b(it|he|she|they|this|that|these|his|her|their)\b", question):
            continue
        if len(text.split()) > MAX_WORDS + 20:
            continue
        repeat = 2 if row["source"] == "squad-1.1-dev" and split == "train" else 1
        examples["question"] += [Example(question_prompt(text, start, end), question)] * repeat
        examples["answer"] += [Example(answer_prompt(question, text), text[start:end])]
    return examples


# -- sentences turned into questions -----------------------------------------------------------------------------------

PREPOSITION = r"(?:on|for|by|with|to|as|in|from|of|into|through|using)"
AUXILIARY = r"(?:is|are|was|were|can be|could be|has been|have been|will be)"
VERB = re.compile(
    r"(use|require|improve|reduce|achieve|provide|enable|allow|learn|outperform|combine|introduce|leverage|capture|predict|"
    r"generate|produce|contain|include|increase|solve|support|represent|describe|encode|exploit|employ|handle|offer|extend|"
    r"address|explain|estimate|optimize|maximize|minimize|preserve|extract|replace|consider|affect|"
    r"encourage|ensure|select|detect|exceed|surpass|receive|rely on|depend on|lead to|"
    r"consist of|focus on|rel(?=ies)|suffer from|result in|aim to|apply|store|avoid)(e?s)?"
)
NOT_A_PHRASE = re.compile(
    r"\b(we|our|us|it|its|they|their|them|this|these|those|that|which|who|where|when|while|if|because|there|here|not|"
    r"is|are|was|were|be|been|can|could|may|might|will|would|should|must|has|have|had|do|does|did|however|moreover|"
    r"furthermore|then|thus|also|but|yet|I|et|al|ie|eg|paper|work|article|study|proposed|former|latter|former|"
    r"one|others?|above|below|following|both|such|to|by|from|as|on|with|than|more|most|only|each|via|into|using|based)\b",
    re.IGNORECASE,
)
SUBJECT = r"(?P<subject>[A-Z][^,;:()?!]{1,70}?)"
PHRASE = r"(?P<phrase>[^,;:()?!]{2,70}?)"
ENDING = (
    r"(?:\.|,.*|;.*| \(.*| (?:which|that|while|when|where|because|by|using|in order|to|for|with|without|from|in) .*)"
)
PURPOSE = frozenset(
    "used designed trained required known developed employed introduced proposed expected learned applied".split()
)
NUMBER = re.compile(r"(?:\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|twelve|hundreds of|thousands of)")


def is_phrase(text: str, most: int = 7) -> bool:
    """Whether `text` looks like one noun phrase: short, no verb or pronoun from the closed list."""
    return (
        1 <= len(text.split()) <= most
        and not NOT_A_PHRASE.search(text)
        and not re.match(r"(in|of|for|at|and|or)\b", text, re.IGNORECASE)
        and not re.search(r"\b(in|of|for|at|and|or|the|an?|\w+ed|found|shown|given|such|not)$", text)
    )


def lower_first(text: str, common: Counter[str]) -> str:
    """`text` with its first letter lowered where that word is common in lower case, so that names keep theirs."""
    head = text.split()[0]
    return text[0].lower() + text[1:] if head[1:].islower() and common[head.lower()] >= 20 or head == "A" else text


def turn(sentence: str, common: Counter[str]) -> Iterator[tuple[int, int, str]]:
    """Questions that `sentence` answers, as (answer start, answer end, question)."""
    if found := re.match(rf"{SUBJECT} \((?P<short>[A-Z][A-Za-z-]*[A-Z]s?)\)", sentence):
        short = found["short"].rstrip("s")
        words = found["subject"].replace("-", " ").split()
        tail = words[-len(short) :]
        if [w[0].lower() for w in tail] == list(short.lower()):
            start = found["subject"].replace("-", " ").rfind(" ".join(tail))
            yield start, found.end("subject"), f"What does {short} stand for?"
    if found := re.match(rf"{SUBJECT} (?P<be>is|are) (?P<phrase>(?:an?|the) [^,;:()?!]{{5,80}}?)(?:\.$|, )", sentence):
        if is_phrase(found["subject"]) and len(found["phrase"].split()) <= 12:
            yield *found.span("phrase"), f"What {found['be']} {lower_first(found['subject'], common)}?"
    pattern = rf"{SUBJECT} (?P<aux>{AUXILIARY}) (?P<verb>(?:\w+ly )?\w+(?:ed|en|own|ade|uilt)\b(?: [\w-]+){{0,6}}?) (?P<prep>{PREPOSITION}) {PHRASE}{ENDING}$"
    if (found := re.match(pattern, sentence)) and is_phrase(found["subject"]):
        yield from passive(found, common)
    if (
        found := re.match(
            rf"{SUBJECT} (?P<adverb>\w+ly )?(?P<verb>{VERB.pattern}) {PHRASE}(?P<rest>{ENDING})$", sentence
        )
    ) and is_phrase(found["subject"]):
        yield from active(found, common)


def passive(found: re.Match[str], common: Counter[str]) -> Iterator[tuple[int, int, str]]:
    """ "S is trained on N" asks "What is trained on N?" and "What is S trained on?"."""
    subject, verb, prep, phrase = lower_first(found["subject"], common), found["verb"], found["prep"], found["phrase"]
    aux, _, be = found["aux"].partition(" ")
    middle = f"{be} {verb}".strip()
    if not is_phrase(phrase) or NOT_A_PHRASE.search(verb) or prep == "of":
        return
    yield *found.span("subject"), f"What {found['aux']} {verb} {prep} {phrase}?"
    if prep == "to" and verb.split()[-1] in PURPOSE:
        if re.match(r"[a-z]+[^s\W]\b(?!ing)", phrase):
            yield *found.span("phrase"), f"What {aux} {subject} {middle} to do?"
    elif prep == "using":
        yield *found.span("phrase"), f"How {aux} {subject} {middle}?"
    elif prep != "in":
        yield *found.span("phrase"), f"What {aux} {subject} {middle} {prep}?"
    if (count := NUMBER.match(phrase)) and len(phrase) > count.end() + 2 and "%" not in phrase:
        start = found.start("phrase")
        yield start, start + count.end(), f"How many {phrase[count.end() :].strip()} {aux} {subject} {middle} {prep}?"


def active(found: re.Match[str], common: Counter[str]) -> Iterator[tuple[int, int, str]]:
    """ "S uses N" asks "What uses N?" and "What does S use?"."""
    subject, phrase, rest = lower_first(found["subject"], common), found["phrase"], found["rest"]
    adverb, verb = found["adverb"] or "", found["verb"]
    plural_subject = not found[5] and not verb.endswith("s")
    base = (
        verb
        if plural_subject
        else re.sub(r"(?<=pp)lies$", "ly", verb)
        if verb.endswith("lies")
        else verb.removesuffix("s")
    )
    base = re.sub(r"(dress|pass|process|access)e$", r"\1", base)
    plural_words = re.search(r"(?<![sui])s$", found["subject"]) is not None
    if not is_phrase(phrase, 9) or plural_words != plural_subject:
        return
    tail = rest.rstrip(".") if re.fullmatch(r" (?:by|using|to|for|with|from|in) [^,;:()]{3,50}\.", rest) else ""
    tail = "" if " and " in tail else tail
    does = "do" if plural_subject else "does"
    asks = verb if not plural_subject else verb + "s"
    if not plural_subject:
        yield *found.span("subject"), f"What {adverb}{asks} {phrase}{tail}?"
    yield *found.span("phrase"), f"What {does} {subject} {adverb}{base}{tail}?"
    if (count := NUMBER.match(phrase)) and len(phrase) > count.end() + 2 and "%" not in phrase:
        start = found.start("phrase")
        yield (
            start,
            start + count.end(),
            f"How many {phrase[count.end() :].strip()} {does} {subject} {adverb}{base}{tail}?",
        )


def abstract_sentences(path: Path) -> Iterator[list[str]]:
    """Sentences of each abstract of a `{"abstract": ...}` file; those with mathematics are left out."""
    for row in open_lines(path):
        text = " ".join(row["abstract"].split())
        yield [
            s
            for a, b in sentence_spans(text)
            if 5 <= len((s := text[a:b].strip()).split()) <= 45 and not re.search(r"[$\\{}]|https?:", s)
        ]


def turned_examples(abstracts: Iterable[list[str]], common: Counter[str], seed: int) -> dict[str, list[Example]]:
    """Questions turned from plain sentences; a quarter of them are asked back, as "answer" examples."""
    examples: dict[str, list[Example]] = {"question": [], "answer": []}
    for number, sentences in enumerate(abstracts):
        rng = random.Random(f"{seed}:{number}")
        for before, sentence in zip(["", *sentences], sentences, strict=False):
            for start, end, question in turn(sentence, common):
                if not 4 <= len(question.split()) <= 22:
                    continue
                lead = f"{before} " if before and rng.random() < 0.4 and len(before.split()) < 30 else ""
                context = lead + sentence
                examples["question"].append(
                    Example(question_prompt(context, len(lead) + start, len(lead) + end), question)
                )
                if rng.random() < 0.25:
                    examples["answer"].append(Example(answer_prompt(question, context), sentence[start:end]))
    return examples


def cloze_examples(abstracts: Iterable[list[str]], seed: int) -> list[Example]:
    """Sentences with one to six words replaced by "what", asked and answered: the cheap school of copying."""
    examples = []
    for number, sentences in enumerate(abstracts):
        rng = random.Random(f"cloze:{seed}:{number}")
        for sentence in sentences:
            words = list(re.finditer(r"[^\s,;:().]+", sentence))
            if len(words) > 25:
                continue
            first = rng.randrange(len(words))
            last = min(first + rng.choice([0, 0, 1, 1, 2, 3, 5]), len(words) - 1)
            start, end = words[first].start(), words[last].end()
            cloze = f"{sentence[:start]}what{sentence[end:]}".rstrip(".") + "?"
            if rng.random() < 0.6:
                examples.append(Example(question_prompt(sentence, start, end), cloze))
            else:
                examples.append(Example(answer_prompt(cloze, sentence), sentence[start:end]))
    return examples
