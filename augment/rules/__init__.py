"""Question rules of high precision: what a sentence says outright, turned into the question it answers.

One rule a file, in the manner of Heilman and Smith (2010), but over closed word lists and shapes instead of parses:
a rule that is not sure of a sentence leaves it alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from augment.language.clauses import Clause, clauses
from augment.language.spelling import Spelling
from augment.language.standing import deictic, unresolved
from augment.language.words import NUMBERS
from augment.readable import retold
from augment.records import Answer, Passage, Proposal
from extractors.registry import Registry

PER_SENTENCE = 4
"""Questions asked of one sentence: more would only be the same fact again."""

_FEWEST_WORDS, _MOST_WORDS = 4, 20
"""Words of a title that a question may name."""

_WHOLE = frozenset({"acronym", "examples", "kind", "origin", "name", "types"})
"""Rules that ask nothing of the circumstance before a clause."""
_LAST = "what"
"""The rule that asks only where no other does."""
_LOOSE_ENDS = frozenset({"object", "particle", "partner", "purpose", "manner", "complement"})
"""Rules whose answers may name what only the text before explains."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A question about `clause.text[start:end]`, which is a `kind` of answer."""

    question: str
    start: int
    end: int
    kind: str


_LABEL = re.compile(r"\[(?:\d|[A-Z][^\s\]]{0,8}\d\d)")
"""A citation mark that is a word of its sentence."""
_ASIDE = re.compile(r",? (?:which|where|with|as|so that|when) ")
"""What may be cut from the end of an answer that holds a citation mark."""
_GAPPED = re.compile(r" (?P<link>for|as|in|on|to|with) [^?]*? and (?:an?|the|\d\S*) (?:[^,?]* )?(?P=link) ")
"""'used for a half and a third for the rest', of which a question takes up only the first half."""
COUNTED = re.compile(rf"(?:{'|'.join(sorted(NUMBERS))}|several|many|some) (?:[a-z-]+ ){{0,2}}[a-z-]+s\b")
"""'two parts', which says nothing without the parts."""

_FORMULA = re.compile(r"[=∂∇∑∏∫⟨⟩≪]|\[formula")

Rule = Callable[[Clause], Iterator[Draft]]
RULES: Registry[Rule] = Registry("augment.rules")
rule = RULES.register


def proposals(passage: Passage, spelling: Spelling, title: str = "") -> list[Proposal]:
    """What the rules ask about `passage`. `spelling`: how its document writes its words; `title`: what a question about
    'the encoder' may name its document by, if it is a name."""
    found: list[Proposal] = []
    rules = RULES.entries()
    titles = [title] if is_telling(title) else []
    for statement in retold(passage, spelling):
        asked: dict[str, Proposal] = {}
        for naming in titles if statement.authors else ["", *titles]:
            for clause in clauses(statement, spelling, titled=bool(naming)):
                for name, ask in rules.items():
                    if (clause.front and name in _WHOLE) or (asked and name == _LAST):
                        continue
                    for draft in ask(clause):
                        proposal = _proposal(passage, clause, draft, name)
                        if proposal is not None and proposal.question not in asked:
                            asked[proposal.question] = named(proposal, naming)
        found += list(asked.values())[:PER_SENTENCE]
    return found


def is_telling(title: str) -> bool:
    """Whether a title tells one document from others: 'Attention Is All You Need' does, 'Linear regression' may not."""
    words = title.split()
    return _FEWEST_WORDS <= len(words) <= _MOST_WORDS and not re.search(r"[?“”\"_|<>{}\\]", title)


def named(proposal: Proposal, title: str) -> Proposal:
    """The same question asked of the document with that `title`, where one is given."""
    if not title:
        return proposal
    asked = proposal.question[0].lower() + proposal.question[1:]
    return proposal.model_copy(update={"question": f"In “{title}”, {asked}"})


def closed(text: str) -> str:
    """`text` without a bracket at its end that is not closed, and what is in it."""
    return text[: text.rfind("(")].rstrip() if text.count("(") > text.count(")") else text


def question(text: str) -> str:
    """`text` as a question: first letter large, one mark at its end."""
    return text[0].upper() + text[1:].rstrip(" ,;:.") + "?"


def _proposal(passage: Passage, clause: Clause, draft: Draft, name: str) -> Proposal | None:
    found = _span(passage, clause, draft.start, draft.end)
    if found is None and (aside := _ASIDE.search(clause.text, draft.start, draft.end)):
        found = _span(passage, clause, draft.start, aside.start())
    if found is None:
        return None
    start, end = found
    end -= len(passage.text[start:end]) - len(closed(passage.text[start:end]))
    text = passage.text[start:end]
    if text.startswith(("its ", "their ")) or COUNTED.fullmatch(text) or _FORMULA.search(text):
        return None
    if _LABEL.search(f"{draft.question} {text}") or deictic(draft.question):
        return None
    link = draft.question[:-1].rsplit(" ", 1)[-1]
    if name == "partner" and _GAPPED.match(f" {link} {text} "):
        return None
    if name in _LOOSE_ENDS and unresolved(f"{draft.question[:-1]} {text}", definite=not clause.titled):
        return None
    asked = draft.question
    if clause.front:
        asked = question(f"{clause.front}, {asked[0].lower()}{asked[1:-1]}")
    said = clause.statement
    answer = Answer(start=start, end=end, text=text, sentence=said.range, kind=draft.kind)
    told = said.answer if said.authors or said.whole else ""
    return Proposal(question=asked, answer=answer, generator=f"rules@1:{name}", told=told)


def _span(passage: Passage, clause: Clause, start: int, end: int) -> tuple[int, int] | None:
    """Where `clause.text[start:end]` stands in the passage; None where a mark was dropped within."""
    left, right = clause.start + start, clause.start + end
    origin = clause.statement.origin(left, right)
    words = " ".join(passage.text[slice(*origin)].split())
    # The first letter of a clause may have been written large.
    return origin if words.lower() == clause.statement.text[left:right].lower() else None
