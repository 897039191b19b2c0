"""Noun phrases that stand alone: a question may be asked about them without showing where they came from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from augment.language.spelling import Spelling
from augment.language.words import (
    ARTICLES,
    AUXILIARIES,
    CATCH_ALL,
    CONTEXTUAL,
    DRAWN,
    FINITE,
    FUNCTION_WORDS,
    GENERIC,
    PARTICIPLES,
    PEOPLE,
    POINTING,
    PREPOSITIONS,
    RELATIONAL,
    REPORTED,
    SEVERAL,
    UNSETTLED,
    VERBS,
    WORD,
    is_name,
    is_plural,
    singular,
)

_TOKEN = re.compile(r"\([A-Za-z][\w./+-]{1,14}\)|[^\s()]+")
_AND = re.compile(r"((?:(?!and\b)[^\s,]+ )*?(?!and\b)[^\s,]+) and ((?:(?!and\b)[^\s,]+ )*(?!and\b)[^\s,]+)")
_QUALITIES = re.compile(r"(?:(?:[Tt]he|both) )?(?P<first>[a-z-]+(?:al|ic|ive|ous|ar|ent|ant|able|ible|ed|ary)) and ")
_LINKS = frozenset({"of", "for", "in", "with", "between", "on", "at", "from", "over", "without", "under", "behind"})
_MODIFIED_BY_ADVERB = re.compile(r"(?:ed|ing|al|ive|ous|ble|nt|ct|en)$")
_TWO_LETTERS = re.compile(r"[A-Za-zÀ-ɏ].*[A-Za-zÀ-ɏ]|[A-Z][0-9]")
_CONTEXT = CONTEXTUAL | RELATIONAL
_MANY = _CONTEXT - GENERIC
_MOST_WORDS = 10
_TEXTUAL = frozenset(
    {"appendix", "article", "author", "discussion", "document", "paper", "reader", "research", "researcher", "section"}
    | {"study", "table", "work", "something", "interest", "need"}
)
_OF_DOCUMENT = DRAWN | _TEXTUAL
_VAGUE = RELATIONAL | CATCH_ALL | SEVERAL
_PLACES = frozenset({"top", "bottom", "left", "leftmost", "right", "rightmost"})
_EACH, _MOST = frozenset({"any", "each", "every"}), frozenset({"most", "many", "all"})
_OPENS_PHRASE = frozenset({"based", "called", "e.g", "given", "i.e", "including", "like", "named", "used", "using"})


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
    title: bool = False
    """A name in the plural, which may take a singular verb: 'Natural Questions'."""

    @property
    def do(self) -> str:
        return "do" if self.plural else "does"

    def agrees(self, auxiliary: str) -> bool:
        """Whether 'is', 'are', 'was' or 'were' fits in number; any other auxiliary does."""
        return self.title or auxiliary not in (("is", "was") if self.plural else ("are", "were"))


def subject(text: str, spelling: Spelling, *, opens: bool = True) -> Subject | None:
    """`text` as a complete noun phrase that stands alone, or None where that is not sure.

    With `opens` the phrase stands at the start of a sentence, and its first letter is put as within one.
    """
    phrase = spelling.within(text) if opens else text
    if not phrase or len(phrase.split()) > _MOST_WORDS:
        return None
    joined = _AND.fullmatch(phrase)
    if joined and (qualities := _QUALITIES.match(phrase)):
        kind = _noun_phrase(_TOKEN.findall(phrase[: qualities.start("first")] + phrase[qualities.end() :]), phrase)
        if kind is not None and kind.plural:
            return kind
    if joined is None:
        return _noun_phrase(_TOKEN.findall(phrase), phrase)
    first, second = (_noun_phrase(_TOKEN.findall(part), part) for part in joined.groups())
    if first is None or second is None or first.plural != second.plural:
        return None
    settled, named = first.settled and second.settled, first.named and second.named
    return Subject(phrase, True, settled, named, first.bare and second.bare)


def loose_subject(text: str, spelling: Spelling, *, opens: bool = True, own: bool = False) -> Subject | None:
    """`text` as a noun phrase that names something in its document, though not to anyone else: 'the stellar model used
    in Spain'. None where it is none, points back within the document, or speaks of the document itself. `own`: its
    authors speak of something of theirs, so that 'the models' are those of the document."""
    phrase = (spelling.within(text) if opens else text) or ""
    tokens = _TOKEN.findall(phrase)
    small = [token.lower() for token in tokens]
    if not 1 <= len(tokens) <= _MOST_WORDS + 2 or small[0].endswith(("ing", "ly")):
        return None
    if POINTING.intersection(small[1:]) or small[0] in POINTING - _EACH:
        return None
    article = small[0] in ARTICLES | _EACH | _MOST
    ends = (at for at, token in enumerate(tokens) if at > article and _ends_core(token))
    head = next(ends, len(tokens)) - 1
    core = tokens[article : head + 1]
    named = len(core) > 1 and re.fullmatch(r"[A-Z]", core[-1]) is not None
    if not core or not all(_plain(_owner(core, at)) or _numbers(core, at) for at in range(len(core) - named)):
        return None
    last, noun = small[-1].strip("()"), singular(tokens[head])
    finite = any(VERBS.get(FINITE.get(token, "")) == "" or token in AUXILIARIES for token in tokens[article + 1 :])
    if finite or last in FUNCTION_WORDS or re.search(r"(?:ed|ly)$" if len(core) > 1 else r"(?:ed|ing|ly)$", last):
        return None
    alone = head == len(tokens) - 1
    if small[0] == "the" and small[1:2] and small[1] in _PLACES:
        return None
    if noun in _OF_DOCUMENT or (noun in REPORTED and not own):
        return None
    vague = noun in _VAGUE and not (own and small[0] == "the")
    if alone and len(core) == 1 and vague and small[0] not in _EACH:
        return None
    plural = is_plural(tokens[head])
    if small[0] in ("a", "an") and (plural or (alone and noun in CATCH_ALL | RELATIONAL)):
        return None
    if plural and small[0] in _EACH:
        return None
    return Subject(phrase, plural, settled=False, named=False)


def _ends_core(token: str) -> bool:
    """Whether what belongs to a noun begins with `token`: a preposition, brackets or a participle."""
    participle = token in PARTICIPLES or (token.endswith("ed") and token not in VERBS and "-" not in token)
    return token in PREPOSITIONS or token.startswith("(") or participle


def last_phrase(text: str) -> int:
    """Where the noun phrase that ends `text` may begin: behind the last word that is in none, or at its article."""
    start = len(text)
    for token in reversed(list(re.finditer(r"\S+", text))):
        word = token[0].strip("“”\"‘’'")
        if word.lower() in ARTICLES:
            return token.start()
        bare = word.strip("()")
        if (
            word[-1:] in ",;:.!?"
            or bare.lower() in FUNCTION_WORDS | _OPENS_PHRASE
            or VERBS.get(FINITE.get(bare, bare)) in ("", "!")
            or bare.startswith("[")
        ):
            break
        start = token.start()
    return start


def _noun_phrase(tokens: list[str], text: str) -> Subject | None:
    """Article, core and the phrase that a preposition links to it: 'the', 'learning rate', 'of Adam'."""
    article = tokens[0].lower() if tokens and tokens[0].lower() in ARTICLES | _EACH | _MOST else ""
    rest = tokens[1:] if article else tokens
    cut = next((index for index, token in enumerate(rest) if token in _LINKS), len(rest))
    core = [token for token in rest[:cut] if not token.startswith("(")]
    in_brackets = cut - len(core)
    if not 1 <= len(core) <= 6 or in_brackets > 1 or rest[0].startswith("("):
        return None
    numbered = [
        _plain(token) or (token.isdigit() and is_name(core[at - 1]) and at > 0) for at, token in enumerate(core)
    ]
    if not all(numbered) or any(_verbal(core, index) for index in range(len(core))):
        return None
    tail = _noun_phrase(rest[cut + 1 :], " ".join(rest[cut + 1 :])) if cut < len(rest) else None
    if cut < len(rest) and tail is None:
        return None

    head = core[-1]
    noun = head if is_name(head) else singular(head).split("-")[-1]
    plural = is_plural(head)
    named = in_brackets == 1 or any(is_name(token) or token[0].isupper() for token in core)
    for token in core:
        spared = (named and token in ("original", "small")) or (not article and token == "single")
        if token in UNSETTLED and not spared:
            return None
    if (article in _MOST and not plural) or (plural and article in _EACH):
        return None
    if plural and (article in ("a", "an") or (article == "the" and len(core) == 1 and tail is None)):
        return None
    if noun in RELATIONAL and tail is None and not named and (article or len(core) == 1):
        return None
    alone = len(core) == 1 and not named and tail is None
    points_back = noun in _CONTEXT if article == "the" else plural and noun in _MANY
    return Subject(
        text,
        plural,
        settled=_settled(article, core, noun, plural, named, tail),
        named=named,
        bare=alone and points_back,
        title=plural and named and head[0].isupper(),
    )


def _settled(article: str, core: list[str], noun: str, plural: bool, named: bool, tail: Subject | None) -> bool:
    if tail is not None and not (tail.settled or tail.named):
        return False
    if (noun in REPORTED or (noun in PEOPLE and len(core) == 1 and tail is None)) and not article:
        return False
    if named:
        return True
    if tail is None and (noun in CATCH_ALL or (plural and noun in DRAWN)):
        return False
    contextual = noun in _CONTEXT and not (plural and not article and noun in GENERIC)
    if article == "the" or article in _EACH:
        return tail is not None or (len(core) > 1 and not contextual)
    if len(core) == 1:
        return not contextual and (tail is not None or not article)
    return True


def _owner(core: list[str], index: int) -> str:
    """The word at `index`, without the mark of an owner: of 'the encoder's state' the encoder."""
    owns = core[index].endswith(("'s", "’s")) and index < len(core) - 1
    return core[index][:-2] if owns else core[index]


def _numbers(core: list[str], index: int) -> bool:
    """Whether the word at `index` is the number of a name: 'KIC 8626021'."""
    return index > 0 and core[index].isdigit() and (is_name(core[index - 1]) or core[index - 1][0].isupper())


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
