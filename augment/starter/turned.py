"""Sentences of papers' abstracts, turned into questions: training examples in the vocabulary of the field.

Patterns, not a parser: a sentence that does not fit one gives nothing. They suit a model that learns from many, not a
dataset; the rules whose questions Quire keeps are in `augment.rules`. Each sentence gives several questions with
different answers, which teaches the model to look at the highlighted one.
"""

import re
from collections import Counter
from collections.abc import Iterator

SUBJECT = r"(?P<subject>[A-Z][^,;:()?!]{1,70}?)"
PHRASE = r"(?P<phrase>[^,;:()?!]{2,70}?)"
ENDING = (
    r"(?P<rest>\.|,.*|;.*| \(.*"
    r"| (?:which|that|while|when|where|because|by|using|in order|to|for|with|without|from|in) .*)$"
)
VERB = (
    r"(?P<verb>(?:use|require|improve|reduce|achieve|provide|enable|allow|learn|outperform|combine|introduce|leverage|"
    r"capture|predict|generate|produce|contain|include|increase|solve|support|represent|describe|encode|exploit|employ|"
    r"handle|offer|extend|address|explain|estimate|optimize|maximize|minimize|preserve|extract|replace|consider|affect|"
    r"encourage|ensure|select|detect|exceed|surpass|receive|rely on|depend on|lead to|consist of|focus on|suffer from|"
    r"result in|aim to|apply|store|avoid)(?P<singular>e?s)?)"
)
ACRONYM = re.compile(rf"{SUBJECT} \((?P<short>[A-Z][A-Za-z-]*[A-Z]s?)\)")
DEFINITION = re.compile(rf"{SUBJECT} (?P<be>is|are) (?P<phrase>(?:an?|the) [^,;:()?!]{{5,80}}?)(?:\.$|, )")
PASSIVE = re.compile(
    rf"{SUBJECT} (?P<aux>is|are|was|were|can be|could be|has been|have been|will be) "
    r"(?P<verb>(?:\w+ly )?\w+(?:ed|en|own|ade|uilt)\b(?: [\w-]+){0,6}?) "
    rf"(?P<prep>on|for|by|with|to|as|in|from|of|into|through|using) {PHRASE}{ENDING}"
)
ACTIVE = re.compile(rf"{SUBJECT} (?P<adverb>\w+ly )?{VERB} {PHRASE}{ENDING}")
TAIL = re.compile(r" (?:by|using|to|for|with|from|in) (?!.* and )[^,;:()]{3,50}\.")
NOT_A_PHRASE = re.compile(
    r"\b(we|our|us|it|its|they|their|them|this|these|those|that|which|who|where|when|while|if|because|there|here|not|"
    r"is|are|was|were|be|been|can|could|may|might|will|would|should|must|has|have|had|do|does|did|however|moreover|"
    r"furthermore|then|thus|also|but|yet|I|et|al|ie|eg|paper|work|article|study|proposed|former|latter|one|others?|"
    r"above|below|following|both|such|to|by|from|as|on|with|than|more|most|only|each|via|into|using|based|since|"
    r"although|though|whereas|despite|unlike|after|before|so|how|what|why|recently|nowadays)\b"
    r"|^(in|of|for|at|and|or)\b|\b(in|of|for|at|and|or|the|an?|\w+ed|found|shown|given)$",
    re.IGNORECASE,
)
PURPOSE = frozenset(
    re.findall(
        r"\w+", "used designed trained required known developed employed introduced proposed expected learned applied"
    )
)
NUMBER = re.compile(r"\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|twelve|hundreds of|thousands of")
MATHEMATICS = re.compile(r"[$\\{}]|https?:")

Question = tuple[int, int, str]
"""Start and end of the answer in the sentence, and the question."""


def is_phrase(text: str, most: int = 7) -> bool:
    """Whether `text` looks like one noun phrase: short, no verb or pronoun of the closed list."""
    return 1 <= len(text.split()) <= most and not NOT_A_PHRASE.search(text)


def lower_first(text: str, common: Counter[str]) -> str:
    """`text` with its first letter lowered where its first word is common in lower case, so that names keep theirs."""
    head = text.split()[0]
    ordinary = head == "A" or (head[1:].islower() and common[head.lower()] >= 20)
    return text[0].lower() + text[1:] if ordinary else text


def turn(sentence: str, common: Counter[str]) -> Iterator[Question]:
    """Questions that `sentence` answers; `common` counts the words of the corpus."""
    if found := ACRONYM.match(sentence):
        yield from acronym(found)
    if (found := DEFINITION.match(sentence)) and is_phrase(found["subject"]) and len(found["phrase"].split()) <= 12:
        yield *found.span("phrase"), f"What {found['be']} {lower_first(found['subject'], common)}?"
    if (found := PASSIVE.match(sentence)) and is_phrase(found["subject"]):
        yield from passive(found, common)
    if (found := ACTIVE.match(sentence)) and is_phrase(found["subject"]):
        yield from active(found, common)


def acronym(found: re.Match[str]) -> Iterator[Question]:
    """ "Long Form (LF)" asks what LF stands for."""
    short, text = found["short"].rstrip("s"), found["subject"].replace("-", " ")
    tail = text.split()[-len(short) :]
    start = text.rfind(" ".join(tail))
    if [word[0].lower() for word in tail] == list(short.lower()) and start >= 0:
        yield start, found.end("subject"), f"What does {short} stand for?"


def passive(found: re.Match[str], common: Counter[str]) -> Iterator[Question]:
    """ "S is trained on N" asks what is trained on N, and what S is trained on."""
    subject, verb, prep, phrase = lower_first(found["subject"], common), found["verb"], found["prep"], found["phrase"]
    aux, _, be = found["aux"].partition(" ")
    asked = f"{aux} {subject} {be} {verb}".replace("  ", " ")
    if not is_phrase(phrase) or NOT_A_PHRASE.search(f"{verb} x") or prep == "of":
        return
    yield *found.span("subject"), f"What {found['aux']} {verb} {prep} {phrase}?"
    if prep == "to" and verb.split()[-1] in PURPOSE:
        if re.match(r"[a-z]+[^s\W]\b(?!ing)", phrase):
            yield *found.span("phrase"), f"What {asked} to do?"
    elif prep == "using":
        yield *found.span("phrase"), f"How {asked}?"
    elif prep != "in":
        yield *found.span("phrase"), f"What {asked} {prep}?"
    yield from how_many(found, f"{asked} {prep}")


def active(found: re.Match[str], common: Counter[str]) -> Iterator[Question]:
    """ "S uses N" asks what uses N, and what S uses."""
    subject, phrase, rest = lower_first(found["subject"], common), found["phrase"], found["rest"]
    adverb, verb = found["adverb"] or "", found["verb"]
    plural = not found["singular"] and not verb.endswith("s")
    plural_subject = re.search(r"(?<![sui])s$", found["subject"]) is not None
    if not is_phrase(phrase, 9) or plural_subject != plural:
        return
    tail = rest.rstrip(".") if TAIL.fullmatch(rest) else ""
    base = verb if plural else re.sub(r"(dress)e$", r"\1", verb.removesuffix("s"))
    asked = f"{'do' if plural else 'does'} {subject} {adverb}{base}{tail}"
    if not plural:
        yield *found.span("subject"), f"What {adverb}{verb} {phrase}{tail}?"
    yield *found.span("phrase"), f"What {asked}?"
    yield from how_many(found, asked)


def how_many(found: re.Match[str], asked: str) -> Iterator[Question]:
    """Where the phrase counts things, ask for the count alone."""
    phrase, start = found["phrase"], found.start("phrase")
    if (count := NUMBER.match(phrase)) and len(phrase) > count.end() + 2 and "%" not in phrase:
        yield start, start + count.end(), f"How many {phrase[count.end() :].strip()} {asked}?"
