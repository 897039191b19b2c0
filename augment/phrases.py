"""Noun phrases that stand alone: a question may be asked about them without showing where they came from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from augment.words import (
    ARTICLES,
    AUXILIARIES,
    CONTEXTUAL,
    FUNCTION_WORDS,
    RELATIONAL,
    UNSETTLED,
    WORD,
    Spelling,
    finite_verbs,
    is_name,
    is_plural,
    singular,
    verbs,
)

_TOKEN = re.compile(r"\((?P<short>[A-Za-z][\w./+-]{1,14})\)|[^\s()]+")
_LINKS = frozenset({"of", "for", "in", "with", "between", "on", "at", "from", "over", "without", "under", "behind"})
_COMPARATIVE = re.compile(r"[a-z]{3,}(?:er|est)$")


@dataclass(frozen=True, slots=True)
class Subject:
    """A noun phrase as written within a sentence. `settled`: it names the same thing to anyone, whatever was said
    before; otherwise only a sentence that defines it may be asked about."""

    text: str
    plural: bool
    settled: bool
    named: bool


def subject(text: str, spelling: Spelling, *, opens: bool = True) -> Subject | None:
    """`text` as a complete noun phrase that stands alone, or None where that is not sure.

    With `opens` the phrase stands at the start of a sentence, and its first letter is put as within one.
    """
    phrase = spelling.within(text) if opens else text
    if not phrase or len(phrase.split()) > 10:
        return None
    tokens = [(match[0], match["short"] is not None) for match in _TOKEN.finditer(phrase)]
    return _noun_phrase(tokens, phrase)


def _noun_phrase(tokens: list[tuple[str, bool]], text: str) -> Subject | None:
    words = [token for token, _ in tokens]
    if not words or any(not _whole(token) for token, short in tokens if not short):
        return None
    article = words[0].lower() if words[0].lower() in ARTICLES else ""
    rest = tokens[1:] if article else tokens
    cut = next((index for index, (token, _) in enumerate(rest) if token in _LINKS), len(rest))
    core = [token for token, short in rest[:cut] if not short]
    shorts = [index for index, (_, short) in enumerate(rest[:cut]) if short]
    if not 1 <= len(core) <= 6 or (shorts and shorts[0] == 0) or len(shorts) > 1:
        return None
    if any(token.lower() in FUNCTION_WORDS for token in core) or any(_verbal(core, i) for i in range(len(core))):
        return None
    if any(token in UNSETTLED for token in core):
        return None
    tail: Subject | None = None
    if cut < len(rest):
        following = rest[cut + 1 :]
        tail = _noun_phrase(following, " ".join(token for token, _ in following))
        if tail is None:
            return None
    head = core[-1]
    plural = is_plural(head) and not (is_name(head) and not head.endswith("s"))
    if article in ("a", "an") and plural and head != "data":
        return None
    named = bool(shorts) or any(is_name(token) or token[0].isupper() for token in core)
    noun = singular(head).split("-")[-1] if not is_name(head) else head
    if noun in RELATIONAL and tail is None and not named and (len(core) == 1 or article != ""):
        return None
    return Subject(text, plural, _settled(article, core, noun, plural, named, tail), named)


def _settled(article: str, core: list[str], noun: str, plural: bool, named: bool, tail: Subject | None) -> bool:
    if tail is not None and not (tail.settled or tail.named):
        return False
    if named:
        return True
    contextual = noun in CONTEXTUAL or noun in RELATIONAL
    if article == "the":
        if tail is not None:
            return tail.settled
        return len(core) > 1 and not contextual
    if len(core) == 1:
        return tail is not None and not contextual if article or plural else not contextual
    return not _COMPARATIVE.fullmatch(core[0]) or core[0] in ("layer", "transformer", "computer", "transfer")


def _whole(token: str) -> bool:
    """Whether `token` is one plain word."""
    match = WORD.fullmatch(token.strip("“”\"‘’'"))
    return match is not None and not token.endswith("'s") and not token[0].isdigit()


def _verbal(core: list[str], index: int) -> bool:
    """Whether the word at `index` is, or may be, a verb or a participle that opens a clause."""
    word = core[index]
    if word in AUXILIARIES:
        return True
    last = index == len(core) - 1
    if word.endswith("ed") and last:
        return True
    if word.endswith("ly") and (last or not re.search(r"(?:ed|ing|al|ive|ous|ble|nt|ct|en)$", core[index + 1])):
        return True
    if index == 0:
        return False
    if word in finite_verbs():
        return not verbs()[finite_verbs()[word]] or not last
    return word in verbs() and not verbs()[word] and not last
