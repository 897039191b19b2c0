"""Noun phrases that stand alone: a question may be asked about them without showing where they came from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from augment.spelling import Spelling
from augment.words import (
    ARTICLES,
    CATCH_ALL,
    CONTEXTUAL,
    DRAWN,
    FINITE,
    FUNCTION_WORDS,
    GENERIC,
    RELATIONAL,
    UNSETTLED,
    VERBS,
    WORD,
    is_name,
    is_plural,
    singular,
)

_TOKEN = re.compile(r"\([A-Za-z][\w./+-]{1,14}\)|[^\s()]+")
_LINKS = frozenset({"of", "for", "in", "with", "between", "on", "at", "from", "over", "without", "under", "behind"})
_MODIFIED_BY_ADVERB = re.compile(r"(?:ed|ing|al|ive|ous|ble|nt|ct|en)$")
_TWO_LETTERS = re.compile(r"[A-Za-zÀ-ɏ].*[A-Za-zÀ-ɏ]|[A-Z][0-9]")
_MANY = (CONTEXTUAL | RELATIONAL) - GENERIC
_MOST_WORDS = 10


@dataclass(frozen=True, slots=True)
class Subject:
    """A noun phrase as it is written within a sentence.

    `settled`: it names the same thing to anyone, whatever was said before; `named`: it holds a name or an acronym;
    `bare`: it is one word for many things, 'results' or 'the model'.
    """

    text: str
    plural: bool
    settled: bool
    named: bool
    bare: bool = False

    @property
    def do(self) -> str:
        return "do" if self.plural else "does"

    def agrees(self, auxiliary: str) -> bool:
        """Whether 'is', 'are', 'was' or 'were' fits in number; any other auxiliary does."""
        return auxiliary not in (("is", "was") if self.plural else ("are", "were"))


def subject(text: str, spelling: Spelling, *, opens: bool = True) -> Subject | None:
    """`text` as a complete noun phrase that stands alone, or None where that is not sure.

    With `opens` the phrase stands at the start of a sentence, and its first letter is put as within one.
    """
    phrase = spelling.within(text) if opens else text
    if not phrase or len(phrase.split()) > _MOST_WORDS:
        return None
    return _noun_phrase(_TOKEN.findall(phrase), phrase)


def _noun_phrase(tokens: list[str], text: str) -> Subject | None:
    """Article, core and the phrase that a preposition links to it: 'the', 'learning rate', 'of Adam'."""
    article = tokens[0].lower() if tokens and tokens[0].lower() in ARTICLES else ""
    rest = tokens[1:] if article else tokens
    cut = next((index for index, token in enumerate(rest) if token in _LINKS), len(rest))
    core = [token for token in rest[:cut] if not token.startswith("(")]
    in_brackets = cut - len(core)
    if not 1 <= len(core) <= 6 or in_brackets > 1 or rest[0].startswith("("):
        return None
    if not all(_plain(token) for token in core) or any(_verbal(core, index) for index in range(len(core))):
        return None
    tail = _noun_phrase(rest[cut + 1 :], " ".join(rest[cut + 1 :])) if cut < len(rest) else None
    if cut < len(rest) and tail is None:
        return None

    head = core[-1]
    noun = head if is_name(head) else singular(head).split("-")[-1]
    plural = is_plural(head)
    named = in_brackets == 1 or any(is_name(token) or token[0].isupper() for token in core)
    spared = ({"original", "small"} if named else set()) | (set() if article else {"single"})
    if not spared.issuperset(token for token in core if token in UNSETTLED):
        return None
    if plural and (article in ("a", "an") or (article == "the" and len(core) == 1 and tail is None)):
        return None
    if noun in RELATIONAL and tail is None and not named and (article or len(core) == 1):
        return None
    alone = len(core) == 1 and not named and tail is None
    points_back = noun in CONTEXTUAL | RELATIONAL if article == "the" else plural and noun in _MANY
    return Subject(
        text,
        plural,
        settled=_settled(article, core, noun, plural, named, tail),
        named=named,
        bare=alone and points_back,
    )


def _settled(article: str, core: list[str], noun: str, plural: bool, named: bool, tail: Subject | None) -> bool:
    if tail is not None and not (tail.settled or tail.named):
        return False
    if named:
        return True
    if tail is None and (noun in CATCH_ALL or (plural and noun in DRAWN)):
        return False
    contextual = noun in CONTEXTUAL | RELATIONAL and not (plural and not article and noun in GENERIC)
    if article == "the":
        return tail is not None or (len(core) > 1 and not contextual)
    if len(core) == 1:
        return not contextual and (tail is not None or not article)
    return True


def _plain(token: str) -> bool:
    """Whether `token` is one word that may stand in a noun phrase: no symbol, number, possessive or function word."""
    match = WORD.fullmatch(token.strip("“”\"‘’'"))
    if match is None or not _TWO_LETTERS.search(token) or token[0].isdigit() or token.endswith(("'s", "’s")):
        return False
    return token.lower() not in FUNCTION_WORDS


def _verbal(core: list[str], index: int) -> bool:
    """Whether the word at `index` is, or may be, a verb, a participle that opens a clause, or an adverb."""
    word, last = core[index], index == len(core) - 1
    if word.endswith("ed") and last:
        return True
    if word.endswith("ly") and (last or not _MODIFIED_BY_ADVERB.search(core[index + 1])):
        return True
    if index == 0:
        return False
    if not last and word.islower() and is_plural(word) and word != "data":
        return True  # a plural before a noun is rarer than a verb that the lists do not know
    base = FINITE.get(word, word)
    if base not in VERBS or (base == word and last):
        return False
    return "*" not in VERBS[base] or (base != word and not last)
