"""The main clauses of a sentence, and where what they say of their subject ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from augment.language.phrases import Subject, loose_subject, subject
from augment.language.spelling import Spelling
from augment.language.statements import Statement
from augment.language.words import AUXILIARIES, FINITE, PREPOSITIONS, VERBS, is_participle

_JOINT = re.compile(r"(?:;|, (?:and|but|while|whereas)) (?=\S)")
_SUBORDINATE = re.compile(
    r",? (?:because|since (?=[a-z])|so that|whereas|although|(?:even )?though|while|unless)\b"
    r"|,? which (?:means|makes|is why|leads)\b|, (?:so|yet|therefore) |,? but (?=[a-z])| so (?:it|they|the) |;| [–—-] "
)
_ADVERBIAL = re.compile(
    r",? (?:(?:shortly|directly|immediately|just|only|even|especially|particularly) )?"
    r"(?:when|if|before|after(?! another)|whenever|until|once|where|as well as|as long as|in order to|to avoid"
    r"|rather than|instead of|just as|just like|such that|as (?:it|they|there)|at the cost|at the price"
    r"|at the expense|at no)\b"
    r"|(?<!ed)(?<!made)(?<!given)(?<!done) by \w+ing\b"
)
_FRONT = re.compile(
    r"(?P<front>(?:(?P<circumstance>(?:In|At|By|For|To|When|If|On|During|Under|With|Without|After|Before|Unlike|Given|From"
    r"|Within|Using|Compared (?:to|with)|Once|Until|Among|Across|Throughout|Despite|Besides|Like|Over|Through|Due to"
    r"|Because of|Based on|Instead of|Rather than|Upon|Prior to|Utili[sz]ing|In addition to)\b)"
    r"|(?:While|Although|Though|Even though|Even if|Whereas|Because|Since|As)\b) [^,;:]{3,90}), (?=\S)"
)
_SECOND = re.compile(r",? (?:and|but|or) (?:(?:also|then|therefore|thus|\w+ly) )?(?P<verb>[a-z-]+)\b")
_INITIALS = re.compile(r"[A-Z]{1,2}s?")
"""An acronym so short that it stands for something else in every other paper."""
_KEY = re.compile(r"\b[A-Z]\d\d\b")
"""What a paper calls another for short: 'B21'."""
_AND_CLAUSE = re.compile(
    r",? and (?:(?:the|an?|its|their) (?:(?!that\b|which\b|who\b)[\w-]+ ){1,7}?(?:is|are|was|were|has|have|can|will)\b"
    r"|(?:(?!that\b|which\b|who\b)[\w-]+ ){1,4}?(?:is|are|was|were|works|does) (?:\w+ly |also )?(?:\w+ed\b|as\b|not\b))"
)
_AND_DOING = re.compile(
    r",? (?:and|but) [a-z]+ing (?:[\w-]+ ){0,5}?(?:is|are|was|were|can|leads?|makes?|gives?|results?)\b"
)
_LINKED = re.compile(rf" (?:{'|'.join(sorted(PREPOSITIONS))})\b")
_GERUND = re.compile(
    r"(?:[A-Z][a-z]+ly )?[A-Z]?[a-z-]+ing (?P<thing>(?:(?:an?|the|more|fewer|less) )?(?!of\b|to\b)[^,;:]+)"
)
_BRACKETED = re.compile(r" \([^()]*\)$")
_MORE = re.compile(r"^(?:more|fewer|less) ")
_PREDICATES = AUXILIARIES | {"makes", "gives", "keeps", "leaves", "it", "they", "then"}
_DETERMINED = re.compile(r" (?:an?|the|its|their|each|every)\b")
_PARTICIPLE = re.compile(r", [a-z]+ing\b")
_LOOSE_END = re.compile(r"[ ,]+([a-z]{1,9})$")
_LOOSE = PREPOSITIONS | {"and", "or", "depending", "one", "only"}


@dataclass(frozen=True, eq=False)
class Clause:
    """A main clause: `statement.text[start:end]`, without the full stop."""

    statement: Statement
    start: int
    end: int
    spelling: Spelling
    front: str = ""
    """What stands before the subject and belongs to the question: 'At run-time, '."""
    titled: bool = False
    """Whether questions name the document, so that 'the encoder' is known to be the one that it is about."""

    @cached_property
    def text(self) -> str:
        return self.statement.text[self.start : self.end]

    def phrase(self, text: str, *, opens: bool = True) -> Subject | None:
        """`text`, which `opens` this clause, as a noun phrase that stands alone; None where that is not sure."""
        return subject(text, self.spelling, opens=opens and self.start == 0)

    def subject(self, text: str, auxiliary: str = "", *, opens: bool = True) -> Subject | None:
        """The same, where it agrees with `auxiliary` and names one thing to anyone, or at least in a document that the
        question names."""
        found = self.phrase(text, opens=opens)
        if found is not None and not self.titled and (_INITIALS.fullmatch(found.text) or _KEY.search(found.text)):
            return None
        if self.titled and (found is None or not found.settled):
            found = loose_subject(text, self.spelling, opens=opens and self.start == 0, own=self.statement.authors)
        known = found is not None and (found.settled or self.titled) and found.agrees(auxiliary)
        return found if known else None

    def gerund(self, text: str) -> Subject | None:
        """`text`, which opens this clause, as what someone does: 'adding a layer'; None where that is not sure."""
        found = _GERUND.match(text)
        if not self.titled or found is None or self.start:
            return None
        thing = self.subject(_MORE.sub("", _BRACKETED.sub("", found["thing"])), opens=False)
        if thing is None:
            return None
        return Subject(text[0].lower() + text[1:], plural=False, settled=False, named=thing.named)

    def within(self, text: str) -> str | None:
        """A phrase that opens the clause as it is written within one."""
        return self.spelling.within(text) if self.start == 0 else text


def clauses(statement: Statement, spelling: Spelling, *, titled: bool = False) -> Iterator[Clause]:
    """The main clauses of a sentence, as far as they can be told apart for sure: a conjunction joins clauses only where
    what stands before it has a finite verb and no comma that may begin a list."""
    text = statement.text
    if not text.endswith("."):
        return
    start, end = 0, len(text) - (not text.endswith(" al."))
    for joint in _JOINT.finditer(text):
        head = text[start : joint.start()]
        if "," in head or not any(word in AUXILIARIES or word in FINITE for word in head.split()):
            break
        yield from _fronted(Clause(statement, start, joint.start(), spelling, titled=titled))
        start = joint.end()
    yield from _fronted(Clause(statement, start, end, spelling, titled=titled))


def _fronted(clause: Clause) -> Iterator[Clause]:
    """The clause, and without what stands before its subject: a concession goes, a circumstance goes before the
    question."""
    yield clause
    found = _FRONT.match(clause.text)
    if found is None:
        return
    front = found["front"] if found["circumstance"] else ""
    yield replace(clause, start=clause.start + found.end(), front=front[:1].lower() + front[1:])


def predicate_end(text: str, start: int, *, colon: bool = False) -> int:
    """Where what is said from `start` on ends: before a subordinate clause that adds something of its own, and, unless
    `colon`, before a colon."""
    ends = [match.start() for match in (_SUBORDINATE.search(text, start),) if match]
    if not colon and (place := text.find(": ", start)) >= 0:
        ends.append(place)
    return min(ends, default=len(text))


def clause_end(text: str, start: int) -> int:
    """The same, and before a clause that 'and' joins."""
    end = predicate_end(text, start)
    joined = _AND_CLAUSE.search(text, start, end)
    return joined.start() if joined else end


def object_end(text: str, start: int, *, plural: bool = False, colon: bool = False) -> int:
    """Where the object that begins at `start` ends: also before a second verb (`plural` or not), an adverbial or a
    participle."""
    end = predicate_end(text, start, colon=colon)
    for found in _SECOND.finditer(text, start, end):
        verb = found["verb"]
        determined = verb.endswith("s") and _DETERMINED.match(text, found.end())
        done = is_participle(verb) and _LINKED.match(text, found.end())
        if verb in (VERBS if plural else FINITE) or verb in _PREDICATES or determined or done:
            end = found.start()
            break
    if clause := _AND_CLAUSE.search(text, start, end):
        end = clause.start()
    if doing := _AND_DOING.search(text, start, end):
        end = doing.start()
    if adverbial := _ADVERBIAL.search(text, start, end):
        end = adverbial.start()
    if (participle := _PARTICIPLE.search(text, start, end)) and text.count(",", start, end) == 1:
        end = participle.start()
    while end < len(text) and (loose := _LOOSE_END.search(text, start, end)) and loose[1] in _LOOSE:
        end = loose.start()
    return end
