"""Question rules of high precision: what a sentence says outright, turned into the question it answers.

One rule a file, in the manner of Heilman and Smith (2010), but over closed word lists and shapes instead of parses:
a rule that is not sure of a sentence leaves it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from augment.captions import leaning
from augment.clauses import Clause, clauses
from augment.records import Answer, Passage, Proposal
from augment.spelling import Spelling
from augment.standing import deictic, unresolved
from augment.statements import statements
from extractors.registry import Registry

PER_SENTENCE = 4
"""Questions asked of one sentence: more would only be the same fact again."""

_LOOSE_ENDS = frozenset({"object", "particle", "partner", "purpose", "manner"})
"""Rules whose answers may name what only the text before explains."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A question about `clause.text[start:end]`, which is a `kind` of answer."""

    question: str
    start: int
    end: int
    kind: str


Rule = Callable[[Clause], Iterator[Draft]]
RULES: Registry[Rule] = Registry("augment.rules")
rule = RULES.register


def proposals(passage: Passage, spelling: Spelling) -> list[Proposal]:
    """What the rules ask about `passage`. `spelling`: how its document writes its words."""
    found: list[Proposal] = []
    for statement in statements(passage):
        if leaning(statement.text, passage):
            continue
        asked: dict[str, Proposal] = {}
        for clause in clauses(statement, spelling):
            for name, ask in RULES.entries().items():
                for draft in ask(clause):
                    proposal = _proposal(passage, clause, draft, name)
                    if proposal is not None:
                        asked.setdefault(proposal.question, proposal)
        found += list(asked.values())[:PER_SENTENCE]
    return found


def question(text: str) -> str:
    """`text` as a question: first letter large, one mark at its end."""
    return text[0].upper() + text[1:].rstrip(" ,;:.") + "?"


def _proposal(passage: Passage, clause: Clause, draft: Draft, name: str) -> Proposal | None:
    left, right = clause.start + draft.start, clause.start + draft.end
    start, end = clause.statement.origin(left, right)
    text = passage.text[start:end]
    if " ".join(text.split()) != clause.statement.text[left:right] or deictic(draft.question):
        return None
    if name in _LOOSE_ENDS and unresolved(f"{draft.question[:-1]} {text}"):
        return None
    answer = Answer(start=start, end=end, text=text, sentence=clause.statement.range, kind=draft.kind)
    return Proposal(question=draft.question, answer=answer, generator=f"rules@1:{name}")
