"""Words by class, from the lists of words.toml and verbs.txt, and the shapes of their forms.

There is no tagger: whatever the lists and the shapes cannot decide is left alone.
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

WORD = re.compile(r"[^\W_](?:[\w'’./+&-]*[^\W_]|[+#])?")

_LISTS = tomllib.loads((files("augment.language") / "words.toml").read_text(encoding="utf-8"))
ARTICLES = frozenset(_LISTS["articles"].split())
PREPOSITIONS = frozenset(_LISTS["prepositions"].split())
PRONOUNS = frozenset(_LISTS["pronouns"].split())
CONJUNCTIONS = frozenset(_LISTS["conjunctions"].split())
AUXILIARIES = frozenset(_LISTS["auxiliaries"].split())
ADVERBS = frozenset(_LISTS["adverbs"].split())
QUANTIFIERS = frozenset(_LISTS["quantifiers"].split())
NUMBERS = frozenset(_LISTS["numbers"].split())
COMPLEMENTS = frozenset(_LISTS["complements"].split())
PARTICIPLES = frozenset(_LISTS["participles"].split())
RAISING = frozenset(_LISTS["raising"].split())
SEVERAL = frozenset(_LISTS["several"].split())
REPORTED = frozenset(_LISTS["reported"].split())
REPORTING = frozenset(_LISTS["reporting"].split())
EMPTY = frozenset(_LISTS["empty"].split())
QUESTION_WORDS = frozenset(_LISTS["question_words"].split())
UNSETTLED = frozenset(_LISTS["unsettled"].split())
POINTING = frozenset(_LISTS["pointing"].split()) | (PRONOUNS - {"that"}) | (CONJUNCTIONS - {"and"})
RELATIONAL = frozenset(_LISTS["relational"].split())
CONTEXTUAL = frozenset(_LISTS["contextual"].split())
GENERIC = frozenset(_LISTS["generic"].split())
CATCH_ALL = frozenset(_LISTS["catch_all"].split())
DRAWN = frozenset(_LISTS["drawn"].split())
PICTURED = frozenset(_LISTS["pictured"].split())
CLASS_NOUNS = frozenset(_LISTS["class_nouns"].split())
PEOPLE = frozenset(_LISTS["people"].split())
EPONYMS = frozenset(_LISTS["eponyms"].split())
OPENERS = frozenset(_LISTS["openers"].split())
DETERMINERS = ARTICLES | NUMBERS | {"its", "their", "each", "every", "all", "several", "many"}
FUNCTION_WORDS = ARTICLES | PREPOSITIONS | PRONOUNS | CONJUNCTIONS | AUXILIARIES | ADVERBS | QUANTIFIERS | NUMBERS
_PLURALS: dict[str, str] = _LISTS["plurals"]
_NO_PLURAL = re.compile(r"(?:ss|us|is|ics|ias|lens|[A-Z0-9])$")


def singular(noun: str) -> str:
    """The singular of a plural noun, by shape; a noun that is none is returned as it is."""
    word = noun.lower()
    if word in _PLURALS:
        return _PLURALS[word]
    if _NO_PLURAL.search(noun) or len(noun) < 4 or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


def is_plural(noun: str) -> bool:
    """Whether `noun` is a plural, by shape."""
    return singular(noun) != noun.lower() or noun in ("data", "series")


def third_person(verb: str) -> str:
    """'reduce' -> 'reduces'."""
    if verb == "have":
        return "has"
    if re.search(r"(?:s|sh|ch|x|z|[^aeiou]o)$", verb):
        return verb + "es"
    return verb[:-1] + "ies" if re.search(r"[^aeiou]y$", verb) else verb + "s"


def _read_verbs() -> dict[str, str]:
    lines = (files("augment.language") / "verbs.txt").read_text(encoding="utf-8").splitlines()
    return {line.rstrip("*!"): line[len(line.rstrip("*!")) :] for line in lines if line and not line.startswith("#")}


VERBS = _read_verbs()
"""Base forms, with the marks of verbs.txt: * for a noun or an adjective as well, ! for one without a plain object."""

FINITE = {third_person(verb): verb for verb in VERBS}
"""Base form of each verb by its form in the third person."""


_IRREGULAR: dict[str, str] = _LISTS["irregular"]
_DOUBLED = frozenset(_LISTS["doubled"].split())


def past(verb: str) -> str:
    """'reduce' -> 'reduced', 'take' -> 'took'."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb].split()[0]
    if verb.endswith("e"):
        return verb + "d"
    doubled = verb[-1] if verb in _DOUBLED else ""
    return verb[:-1] + "ied" if re.search(r"[^aeiou]y$", verb) else verb + doubled + "ed"


def participle(verb: str) -> str:
    """'reduce' -> 'reduced', 'take' -> 'taken'."""
    return _IRREGULAR[verb].split()[-1] if verb in _IRREGULAR else past(verb)


PAST = {past(verb): verb for verb in VERBS if past(verb) not in VERBS}
"""Base form of each verb by its form in the past; of 'set' and 'read', which look like their base, none."""

IRREGULAR = {forms.split()[-1]: verb for verb, forms in _IRREGULAR.items()}
"""Base form of each irregular verb by its participle."""


def is_participle(word: str) -> bool:
    """Whether `word` is a past participle, by shape or from the list."""
    return word in PARTICIPLES or (word.endswith("ed") and word not in VERBS and word.replace("-", "").isalpha())


_NAME = re.compile(r"[A-Z].*[A-Z]|\d.*[A-Z]|[A-Z].*\d|[a-z][A-Z]")


def is_name(word: str) -> bool:
    """Whether a word shows by its shape that it is a name or an acronym: 'BERT', 'GPT-2', 'AdaGrad', 'C4'."""
    return not word.islower() and _NAME.search(word) is not None
