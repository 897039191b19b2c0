"""'BLEU was introduced by Papineni and colleagues in 2002' -> 'Who introduced BLEU?', 'When was BLEU introduced?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.phrases import Subject
from augment.rules import Clause, Draft, question, rule
from augment.standing import dangling

MADE = (
    "introduced proposed developed invented described published released created presented designed written founded"
    " discovered devised suggested popularised popularized coined formulated conceived built launched trained extended"
    " adapted demonstrated patented"
)
_MADE = "|".join(MADE.split())
_NAME = r"(?:[A-ZÀ-Ž][\w’'-]*\.?)"
_PERSON = rf"{_NAME}(?: (?:van|de|der|den|von|la|le|du|di) {_NAME}| {_NAME})*"
NAMES = (
    rf"{_PERSON}(?:, {_PERSON})*(?:,? and (?:(?:his|her|their) )?(?:{_PERSON}|colleagues|co-authors|co-workers|others))?"
    r"(?: et al\.)?"
)
_YEAR = r"(?:1[89]|20)\d\d"
_PASSIVE = re.compile(
    r"^(?P<subject>[^,;:]+?)(?P<link>,? (?:which|that|who))? (?P<was>was|were)(?: (?:first|originally|both))?"
    rf" (?P<made>{_MADE})\b(?P<rest>.*)$"
)
_ACTIVE = re.compile(rf"^(?:In (?P<before>{_YEAR}), )?(?P<who>{NAMES}) (?P<made>{_MADE}|found|showed) (?P<what>.+)$")
_BY = re.compile(rf"^(?: [^,;]{{0,40}}?)? by (?P<who>{NAMES})(?=[ ,.]|$)")
_IN = re.compile(rf"^[^,;]{{0,90}}?\bin (?:(?:January|February|March|April|May|June|July|August|September|October"
                 rf"|November|December) )?(?P<year>{_YEAR})\b")  # fmt: skip
_AT = re.compile(rf"^ at (?P<where>(?:the )?{_NAME}(?: (?:of|at|for) {_NAME}| {_NAME})*)")
_IS_A = re.compile(r"^(?P<subject>[^,;:]+?) (?:is|are) (?:an?|the) ")


@rule("origin")
def origin(clause: Clause) -> Iterator[Draft]:
    """Who made a thing, when and where, from the passive."""
    found = _PASSIVE.match(clause.text)
    if not found:
        return
    subject = _made(clause, found)
    if subject is None or (found["was"] == "were") != subject.plural and not subject.named:
        return
    rest, after = found["rest"], found.start("rest")
    who = _BY.match(rest)
    if who:
        start, end = after + who.start("who"), after + who.end("who")
        yield Draft(question(f"Who {found['made']} {subject.text}"), start, end, "name")
    date = _IN.match(rest)
    if date:
        start, end = after + date.start("year"), after + date.end("year")
        if not re.search(r"\b(?:that|which|who)\b", rest[: date.start("year")]):
            yield Draft(question(f"When {found['was']} {subject.text} {found['made']}"), start, end, "date")
    where = _AT.match(rest)
    if where:
        start, end = after + where.start("where"), after + where.end("where")
        yield Draft(question(f"Where {found['was']} {subject.text} {found['made']}"), start, end, "name")


def _made(clause: Clause, found: re.Match[str]) -> Subject | None:
    """What was made: the subject of the sentence, also where a relative clause tells of its making."""
    if not found["link"]:
        subject = clause.subject(found["subject"])
    elif found["link"].startswith(","):
        subject = clause.subject(found["subject"])
    elif named := _IS_A.match(found["subject"]):
        subject = clause.subject(named["subject"])
    else:
        return None
    return subject if subject is not None and (subject.settled or subject.named) else None


@rule("maker")
def maker(clause: Clause) -> Iterator[Draft]:
    """Who made a thing, from the active: 'Kudo and Richardson published SentencePiece in 2018'."""
    found = _ACTIVE.match(clause.text)
    if not found or not _people(found["who"]):
        return
    what, year = found["what"], found["before"]
    if late := re.search(rf" in {_YEAR}$", what):
        what = what[: late.start()]
    if dangling(f"Someone {found['made']} {what}.") or not 2 <= len(what.split()) <= 22 or "," in what:
        return
    if re.match(r"(?:that|how|the(?: \w+)?$)", what) or re.search(r"\b(?:it|its|they|their|them)\b", what):
        return
    yield Draft(question(f"Who {found['made']} {what}"), *found.span("who"), "name")
    thing = clause.subject(what) if year else None
    if thing is not None and thing.settled:
        was = "were" if thing.plural else "was"
        yield Draft(question(f"When {was} {what} {found['made']}"), *found.span("before"), "date")


def _people(who: str) -> bool:
    """Whether a run of large-written words names people: two surnames joined, 'et al.', or a first and a last name."""
    if re.search(r" and | et al\.", who):
        return not re.search(r"[A-Z]{2}|\d", who)
    return bool(re.fullmatch(r"[A-ZÀ-Ž][a-zà-ž’-]+(?: [A-Z]\.)? [A-ZÀ-Ž][a-zà-ž’-]+", who))
