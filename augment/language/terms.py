"""Terms in a text, in all their forms: how they are found, and how one is put in the place of another."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from importlib.resources import files
from typing import NamedTuple

from augment.language.words import is_name

QUOTED = re.compile(r"“[^”]*”")
SENTENCE = re.compile(r"(?<=[.!?])\s+")
OF_WORDS = re.compile(
    r"\b(?:names?|named|called|known as|stands? for|short for|derived from|acronym|abbreviat\w+|spelt|spelled)\b"
)
"""Where the word itself is spoken of, another would be wrong in its place."""


class Term(NamedTuple):
    """A term of the lexicon: its forms, of which the second is the first spelt out or shortened ('' for none)."""

    type: str
    forms: tuple[str, str]


@cache
def lexicon() -> tuple[Term, ...]:
    """The terms of lexicon.toml."""
    types = tomllib.loads((files("augment.language") / "lexicon.toml").read_text(encoding="utf-8"))
    return tuple(Term(type_, (name, form)) for type_, terms in types.items() for name, form in terms.items())


def mentioned(forms: Iterable[str], text: str) -> bool:
    """Whether `text` holds one of `forms`, alone in any case, or as spelt here at the start of a longer word."""
    lower = text.lower()
    return any(form and form.lower() in lower and _mention(form).search(text) for form in forms)


def swapped(texts: Sequence[str], replacements: Mapping[str, str], terms: Iterable[str]) -> list[str] | None:
    """Each of `texts` with every form that `replacements` has replaced, in its plural, its possessive, its case and
    with its article.

    None where that is not the whole truth: a form is left, as part of a longer word, of one of `terms` or of somebody's
    name; it stands in a quoted title; or a sentence speaks of the word itself.
    """
    spoken = "\n".join(texts)
    longer = {
        term for term in terms for form in replacements if term.lower() != form.lower() and mentioned([form], term)
    }
    if mentioned(longer, spoken) or any(mentioned(replacements, title) for title in QUOTED.findall(spoken)):
        return None
    if any(plain(form) and re.search(rf"[A-Z]\w* {form}\b|\b{form} [A-Z]", spoken) for form in replacements):
        return None
    if any(OF_WORDS.search(said) and mentioned(replacements, said) for said in SENTENCE.split(spoken)):
        return None
    changed = [replaced(text, replacements) for text in texts]
    return None if mentioned(replacements, "\n".join(changed)) else changed


def replaced(text: str, replacements: Mapping[str, str]) -> str:
    """`text` with the longer forms replaced before the shorter ones."""
    for form in sorted(replacements, key=len, reverse=True):
        text = occurrences(form).sub(partial(_in_place, form, replacements[form]), text)
    return text


@cache
def occurrences(form: str) -> re.Pattern[str]:
    """`form` as a word of its own, with the article before it and the plural or possessive behind it."""
    exact = re.escape(form) if form.lower() != form else f"(?i:{re.escape(form)})"
    plural = "" if plain(form) else "s?"
    return re.compile(
        rf"(?P<article>\b[Aa]n? )?(?<![\w-])(?P<form>{exact})(?P<ending>{plural}(?:['\u2019]s?)?)(?![\w-])"
    )


def plain(form: str) -> bool:
    """Whether `form` may be a word or somebody's name as well: "Adam", "Lion"."""
    return form[0].isupper() and form.isalpha() and not is_name(form)


@cache
def _mention(form: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z])(?:{re.escape(form)}|(?i:{re.escape(form)})(?![A-Za-z]))")


def _in_place(form: str, other: str, found: re.Match[str]) -> str:
    """`other` as it stands where `form` was found: with its article, in the same case, with the same ending."""
    article, written = found["article"] or "", found["form"]
    opens = not article and re.search(r"(?:^|[.!?:]\s+)$", found.string[: found.start()]) is not None
    if " " in written and all(word[0].isupper() for word in written.split()) and form == form.lower():
        other = re.sub(r"(?<!\S)\w", lambda first: first[0].upper(), other)
    elif (opens or (form[0].islower() and written[0].isupper())) and other.lower() == other and other.isascii():
        other = other[0].upper() + other[1:] if not re.search(r"\d", other) else other
    if article:
        article = article[0] + ("n " if _takes_an(other) else " ")
    return article + other + found["ending"]


def _takes_an(form: str) -> bool:
    """Whether "an" stands before `form`: by its first sound, that of the letter's name where it is spelt out."""
    if re.match(r"[A-Z](?:[B-DF-HJ-NP-TV-XZ0-9]|$)", form):
        return form[0] in "AEFHILMNORSX"
    return form[0] in "AEIOaeio" or re.match(r"[uU]n(?!i)|up|ul", form) is not None
