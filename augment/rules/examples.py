"""'Sparse models, such as TF-IDF or BM25, …' -> 'What are examples of sparse models?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause
from augment.language.phrases import last_phrase
from augment.language.words import AUXILIARIES, FINITE, FUNCTION_WORDS, PREPOSITIONS, VERBS, is_plural, singular
from augment.rules import Draft, question, rule

ENDING = PREPOSITIONS - {"of"} | {"that", "which", "when", "where", "while", "because", "often", "also", "based", "due"}
_SUCH_AS = re.compile(r"(?P<comma>,)? (?:such as|like|including|e\.g\.,?) (?=\S)")
_LIST = re.compile(r"(?P<list>[^,;:()]+(?:, (?!which\b|that\b)[^,;:()]+)*)")
_ITEM = re.compile(r", (?P<first>[a-z]+)")
_ITEM_END = re.compile(r",? (?:and|or) (?P<last>[^,;:]+?)(?=,|$)")
_AFTER = re.compile(rf" (?:{'|'.join(sorted(AUXILIARIES | ENDING))}|(?:rel(?:y|ies)|uses?|requires?))\b.*$")
_VAGUE = frozenset(
    {
        "application",
        "area",
        "aspect",
        "category",
        "domain",
        "effect",
        "factor",
        "field",
        "issue",
        "part",
        "problem",
        "purpose",
    }
    | {"reason", "scenario", "stage", "step", "task"}
)
_VERBAL = FINITE.keys() | {verb for verb, marks in VERBS.items() if "*" not in marks}
_UNLISTED = FUNCTION_WORDS - {"and", "or", "of", "the", "a", "an", "for", "in", "with", "on", "to"}
_MOST_WORDS = 12


@rule("examples")
def examples(clause: Clause) -> Iterator[Draft]:
    """What the named examples of a kind are."""
    text = clause.text
    for link in _SUCH_AS.finditer(text):
        if "such" not in link[0] and not link["comma"]:
            continue
        begin = last_phrase(text[: link.start()])
        kind = clause.phrase(text[begin : link.start()], opens=begin == 0)
        if kind is None or not kind.plural or kind.bare or not (kind.settled or kind.named) or " of " in kind.text:
            continue
        few = 2 + (singular(kind.text.split()[-1]) in _VAGUE)
        if len(kind.text.split()) < few or re.match(r"the |multiple |\w+ing ", kind.text):
            continue
        end = _end(text, link.end())
        listed = text[link.end() : end]
        if 1 <= len(listed.split()) <= _MOST_WORDS and not _loose(listed):
            several = "are examples" if " and " in listed or " or " in listed else "is an example"
            yield Draft(question(f"What {several} of {kind.text}"), link.end(), end, "phrase")


def _end(text: str, start: int) -> int:
    """Where the list ends: with its last item, behind 'and' or 'or', or with its only one."""
    found = _LIST.match(text, start)
    if found is None:
        return start
    listed = found["list"]
    for item in _ITEM.finditer(listed):
        if item["first"] in AUXILIARIES or FINITE.get(item["first"], item["first"]) in VERBS:
            listed = listed[: item.start()]
            break
    last = _ITEM_END.search(listed)
    upto = last.end() if last else (listed.find(",") if "," in listed else len(listed))
    head = last.start("last") if last else 0
    tail = _AFTER.sub("", listed[head:upto])
    return start + head + len(tail)


def _loose(listed: str) -> bool:
    """Whether what was taken for a list has a verb or a pronoun in it, or plural nouns that a verb may follow."""
    words = listed.replace(",", "").split()
    return (
        words[-1] in FUNCTION_WORDS
        or any(word in _VERBAL and not is_plural(word) for word in words[1:])
        or not _UNLISTED.isdisjoint(words)
    )
