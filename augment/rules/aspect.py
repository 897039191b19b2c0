"""'The main advantage of X is …' -> 'What is the main advantage of X?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause, predicate_end
from augment.rules import Draft, question, rule

_NOUNS = (
    "advantage|disadvantage|drawback|weakness|strength|benefit|goal|aim|purpose|objective|task|role|function|job|idea"
    "|intuition|limitation|downside|upside|price|danger|risk|cause|reason|effect|meaning|result|output|input|name"
    "|motivation|definition|difference|difficulty|challenge|problem|property|feature|use|application|essence|opposite"
    "|inverse|alternative"
)
_ASPECT = re.compile(
    r"^(?P<what>The (?:(?:main|key|biggest|greatest|chief|central|basic|primary|principal|most \w+|only|core|ultimate"
    rf"|usual|best-known) )?(?:{_NOUNS}) (?:of|behind|for|between|in|with)) (?P<whole>[^,;:]+?) is (?P<said>.+)$"
)
_MEASURED = re.compile(
    r"^(?P<what>The (?:\w+ )?(?:number|size|dimension|dimensionality|length|depth|width|height|rate|value|mass|radius"
    r"|temperature|period|accuracy|score|threshold|ratio|share|amount|cost|price|weight|probability|distance|area"
    r"|volume) of) (?P<whole>[^,;:]+?) (?:is|was|are|were) (?:set to |fixed to |equal to )?"
    r"(?P<said>[^\s,;:]*(?: [=≈≥≤] )?\d.*)$"
)
_SAID = re.compile(r"(?:that|to|an?|the|its|their|[a-z-]+ing|how|whether|simplicity|speed)\b")
_EMPTY = re.compile(r"(?:the same|a (?:problem|matter|challenge|mystery))\b")


@rule("aspect")
def aspect(clause: Clause) -> Iterator[Draft]:
    """What the purpose, the advantage, the idea… of something is."""
    measured = _MEASURED.match(clause.text)
    found = measured or _ASPECT.match(clause.text)
    if found is None or not (measured or _SAID.match(found["said"])) or _EMPTY.match(found["said"]):
        return
    parts = found["whole"].split(" and ") if found["what"].endswith(" between") else [found["whole"]]
    known = [clause.phrase(part, opens=False) for part in parts]
    if not clause.titled and not all(part is not None and (part.settled or part.named) for part in known):
        return
    start = found.start("said")
    asked = f"What is {found['what'].replace('The', 'the', 1)} {found['whole']}"
    yield Draft(question(asked), start, predicate_end(clause.text, start), "clause")
