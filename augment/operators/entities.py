"""One term of the field put in the place of another, in passage, question and answer alike.

Such a row is counterfactual: the passage no longer says what the document says. It teaches a model to answer from the
passage before it, and a model that gets no passage would learn a falsehood: hence the rate is zero by default. The
offsets of a variant still point to the words of the document that were changed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import NamedTuple

from augment.aliases import aliases
from augment.operators import draw, operator, variant
from augment.records import QAPair
from augment.settings import AugmentSettings

GENERATOR = "entity_swap@1"
LEXICON = Path(__file__).parent.parent / "lexicon.toml"
OF_WORDS = re.compile(r"\b(?:names?|named|called|stands? for|short for|acronym|abbreviat\w+|spelt|spelled)\b")
"""Where the word itself is spoken of, another would be wrong in its place."""
FIELDS = ("context", "question", "answer", "answer_span")


class Term(NamedTuple):
    """A term of the lexicon: its forms, of which the second is the first spelt out or shortened ('' for none)."""

    type: str
    forms: tuple[str, str]


@operator("entity_swap", rate=0.0)
def entity_swap(pairs: Sequence[QAPair], settings: AugmentSettings, seed: int) -> list[QAPair]:
    """A copy of each pair with one of its terms swapped; none where no term can be swapped without contradiction."""
    mined = aliases(sorted({pair.context for pair in pairs}))
    swapped = (swap(pair, mined, draw(seed, "entity_swap", pair)) for pair in pairs)
    return [pair for pair in swapped if pair is not None]


def swap(pair: QAPair, mined: Mapping[str, str], random: Random) -> QAPair | None:
    """`pair` about another term of the same type, or None; `mined` holds long forms by acronym.

    All occurrences change at once, in every form: plural, possessive, acronym and long form, and the article before
    them. Left alone are terms that are part of another name, and no term comes in that the pair speaks of already.
    """
    if OF_WORDS.search(f"{pair.question} {pair.answer}"):
        return None
    texts = [str(getattr(pair, field)) for field in FIELDS]
    spoken = "\n".join(texts)
    swaps = [
        (term, other)
        for term in lexicon()
        if _mentioned(term.forms, pair.context) and _mentioned(term.forms, f"{pair.question}\n{pair.answer}")
        for other in lexicon()
        if other.type == term.type and not _mentioned(other.forms, spoken)
    ]
    for term, other in random.sample(swaps, len(swaps)):
        replacements = _replacements(term, other, mined, spoken)
        if "" in replacements.values() or _within_others(replacements, mined, spoken):
            continue
        changed = [_replaced(text, replacements) for text in texts]
        context, question, answer, span = changed
        whole = not _mentioned(replacements, "\n".join(changed))
        if whole and span in context and (question, answer) != (pair.question, pair.answer):
            count = float(sum(len(_pattern(form).findall(pair.context)) for form in replacements))
            return variant(
                pair, "entity_swap", GENERATOR, {"swapped": count}, **dict(zip(FIELDS, changed, strict=True))
            )
    return None


@cache
def lexicon() -> tuple[Term, ...]:
    """The terms of lexicon.toml."""
    types = tomllib.loads(LEXICON.read_text(encoding="utf-8"))
    return tuple(Term(type_, (name, form)) for type_, terms in types.items() for name, form in terms.items())


def _replacements(term: Term, other: Term, mined: Mapping[str, str], spoken: str) -> dict[str, str]:
    """What stands for each form of `term` that is `spoken`: '' where `other` has no such form."""
    name, form = term.forms
    same = [(short, long) for short, long in mined.items() if name.lower() in (short.lower(), long.lower())]
    seconds = [form, *(long if short == name else short for short, long in same)]
    second = dict.fromkeys(seconds, other.forms[1])
    return {found: stands for found, stands in ({name: other.forms[0]} | second).items() if _mentioned([found], spoken)}


def _within_others(forms: Iterable[str], mined: Mapping[str, str], spoken: str) -> bool:
    """Whether one of `forms` is part of a longer term that is `spoken`: "low-rank adaptation" of DoRA's long form."""
    terms = {form for term in lexicon() for form in term.forms} | set(mined) | set(mined.values())
    longer = {term for term in terms for form in forms if term.lower() != form.lower() and _mentioned([form], term)}
    return _mentioned(longer, spoken)


def _mentioned(forms: Iterable[str], text: str) -> bool:
    """Whether `text` holds one of `forms`, alone in any case, or as spelt here at the start of a longer word."""
    lower = text.lower()
    return any(form and form.lower() in lower and _mention(form).search(text) for form in forms)


@cache
def _mention(form: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z])(?:{re.escape(form)}|(?i:{re.escape(form)})(?![A-Za-z]))")


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """`form` as a word of its own, with the article before it and the plural or possessive behind it."""
    exact = re.escape(form) if form.lower() != form else f"(?i:{re.escape(form)})"
    return re.compile(rf"(?P<article>\b[Aa]n? )?(?<![\w-])(?P<form>{exact})(?P<ending>s?(?:['\u2019]s?)?)(?![\w-])")


def _replaced(text: str, replacements: Mapping[str, str]) -> str:
    for form in sorted(replacements, key=len, reverse=True):
        text = _pattern(form).sub(partial(_in_place, form, replacements[form]), text)
    return text


def _in_place(form: str, other: str, found: re.Match[str]) -> str:
    """`other` as it stands where `form` was found: with its article, in the same case, with the same ending."""
    article, written = found["article"] or "", found["form"]
    opens = not article and re.search(r"(?:^|[.!?:]\s+)$", found.string[: found.start()]) is not None
    if " " in written and all(word[0].isupper() for word in written.split()) and form == form.lower():
        other = re.sub(r"(?<!\S)\w", lambda first: first[0].upper(), other)
    elif opens or (form[0].islower() and written[0].isupper()):
        other = other[0].upper() + other[1:]
    if article:
        article = article[0] + ("n " if _takes_an(other) else " ")
    return article + other + found["ending"]


def _takes_an(form: str) -> bool:
    """Whether "an" stands before `form`: by its first sound, that of the letter's name where it is spelt out."""
    if re.match(r"[A-Z](?:[B-DF-HJ-NP-TV-XZ0-9]|$)", form):
        return form[0] in "AEFHILMNORSX"
    return form[0] in "AEIOaeio" or re.match(r"[uU]n(?!i)|up|ul", form) is not None
