"""Question rules of high precision: what a sentence says outright, turned into the question it answers.

One rule a file, in the manner of Heilman and Smith (2010), but over closed word lists and shapes instead of parses:
a rule that is not sure of a sentence leaves it alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from augment.phrases import Subject, subject
from augment.records import Answer, Passage, Proposal
from augment.standing import dangling, deictic
from augment.statements import Statement, statements
from augment.words import AUXILIARIES, Spelling, finite_verbs, verbs
from extractors.registry import Registry

PER_SENTENCE = 4
"""Questions asked of one sentence: more would only be the same fact again."""

_JOINT = re.compile(r"(?:;|, (?:and|but|while|whereas)) (?=\S)")
_FINITE = frozenset({"is", "are", "was", "were", "has", "have", "can", "does", "do", "had", "will"})
_TAIL = re.compile(
    r",? (?:because|since (?=[a-z])|so that|whereas|although|though|while|unless)\b.*"
    r"|,? (?:which (?:means|makes|is why|leads))\b.*"
    r"|,? (?:so|but|yet) (?=[a-z]).*| (?:–|—) .*|: .*"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A main clause: `statement.text[start:end]`, without the full stop."""

    statement: Statement
    start: int
    end: int
    spelling: Spelling

    @property
    def text(self) -> str:
        return self.statement.text[self.start : self.end]

    def subject(self, text: str) -> Subject | None:
        """`text`, which opens this clause, as a noun phrase that stands alone."""
        return subject(text, self.spelling, opens=self.start == 0)

    def named(self, text: str) -> str | None:
        """A phrase that opens the clause as it is written within a sentence."""
        return self.spelling.within(text) if self.start == 0 else text


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
        if dangling(statement.text):
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


def clauses(statement: Statement, spelling: Spelling) -> Iterator[Clause]:
    """The main clauses of a sentence, as far as they can be told apart for sure."""
    text = statement.text
    if not text.endswith("."):
        return
    start, end = 0, len(text) - 1
    for joint in _JOINT.finditer(text):
        head = text[start : joint.start()]
        if "," in head or not any(word in _FINITE or word in finite_verbs() for word in head.split()):
            break
        yield Clause(statement, start, joint.start(), spelling)
        start = joint.end()
    yield Clause(statement, start, end, spelling)


def trimmed(clause: str, start: int, *, tails: bool = True) -> int:
    """Where the answer that begins at `start` ends: before a subordinate clause that adds something of its own."""
    match = _TAIL.search(clause, start) if tails else None
    return match.start() if match else len(clause)


def question(text: str) -> str:
    """`text` as a question: first letter large, one mark at its end."""
    return text[0].upper() + text[1:].rstrip(" ,;:.") + "?"


def _proposal(passage: Passage, clause: Clause, draft: Draft, name: str) -> Proposal | None:
    left, right = clause.start + draft.start, clause.start + draft.end
    start, end = clause.statement.origin(left, right)
    text = passage.text[start:end]
    if " ".join(text.split()) != clause.statement.text[left:right] or deictic(draft.question):
        return None
    answer = Answer(start=start, end=end, text=text, sentence=clause.statement.range, kind=draft.kind)
    return Proposal(question=draft.question, answer=answer, generator=f"rules@1:{name}")
