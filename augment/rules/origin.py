"""'BLEU was introduced by Papineni and colleagues in 2002' -> 'Who introduced BLEU?', 'When was BLEU introduced?'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.language.clauses import Clause, predicate_end
from augment.language.phrases import Subject
from augment.language.standing import dangling
from augment.rules import Draft, question, rule

_MADE = (
    "(?:introduced|proposed|developed|invented|described|published|released|created|presented|designed|written|founded"
    "|discovered|devised|suggested|popularised|popularized|coined|formulated|conceived|built|launched|trained|extended"
    "|adapted|demonstrated|patented)"
)
_NAME = r"[A-ZÀ-Ž][\w’'-]*\.?"
_PERSON = rf"{_NAME}(?: (?:van|de|der|den|von|la|le|du|di) {_NAME}| {_NAME})*"
PEOPLE = (
    rf"{_PERSON}(?:, {_PERSON})*(?: et al\.)?"
    rf"(?:,? and (?:(?:his|her|their) )?(?:{_PERSON}|colleagues|co-authors|co-workers|others))?"
)
_YEAR = r"(?:1[89]|20)\d\d"
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December) "
_PASSIVE = re.compile(
    r"^(?P<subject>[^,;:]+?)(?P<link>,? (?:which|that|who))? (?P<was>was|were)(?: (?:first|originally|both))?"
    rf" (?P<made>{_MADE})\b"
)
_DID = {
    "propose": "proposed", "introduce": "introduced", "develop": "developed", "present": "presented", "show": "showed",
    "demonstrate": "demonstrated", "suggest": "suggested", "describe": "described", "find": "found", "use": "used",
    "train": "trained", "apply": "applied", "extend": "extended", "study": "studied", "argue": "argued",
    "report": "reported", "investigate": "investigated", "employ": "employed", "design": "designed",
}  # fmt: skip
_ACTIVE = re.compile(
    rf"^(?:In (?P<year>{_YEAR}), )?(?P<who>{PEOPLE}) (?:(?:\w+ly|first|also) )?(?P<made>{_MADE}"
    rf"|{'|'.join(_DID)}|{'|'.join(_DID.values())}) (?P<what>.+)$"
)
_BY = re.compile(
    rf"(?: in {_YEAR}| independently| jointly| for(?: (?!an? |the )[a-z-]+){{1,3}})? by (?P<who>{PEOPLE})(?=[ ,.]|$)"
)
_IN = re.compile(rf"(?:(?! (?:that|which|who|on|from|with|using) )[^,;]){{0,90}}? in (?:{_MONTH})?(?P<year>{_YEAR})\b")
_AT = re.compile(rf" at (?P<where>(?:the )?{_NAME}(?: (?:of|at|for) {_NAME}| {_NAME})*)")
_KIND = re.compile(r"^(?P<subject>[^,;:]+?) (?:is|are) (?:an?|the) (?P<kind>.+)$")
_OTHER = re.compile(r"\b(?:of|for|from|on|in|to|with|by) (?:an?\b|the\b|[A-Z])")
_TWO_OR_MORE = re.compile(r" and | et al\.")
_FIRST_AND_LAST = re.compile(r"[A-ZÀ-Ž][a-zà-ž’-]+(?: [A-Z]\.)? [A-ZÀ-Ž][a-zà-ž’-]+")
_MOST_WORDS = 22


@rule("origin")
def origin(clause: Clause) -> Iterator[Draft]:
    """Who made a thing, when and where, from the passive."""
    found = _PASSIVE.match(clause.text)
    subject = found and _made(clause, found)
    if not found or not subject:
        return
    end = found.end()
    if who := _BY.match(clause.text, end):
        yield Draft(question(f"Who {found['made']} {subject.text}"), *who.span("who"), "name")
    if date := _IN.match(clause.text, end):
        yield Draft(question(f"When {found['was']} {subject.text} {found['made']}"), *date.span("year"), "date")
    if where := _AT.match(clause.text, end):
        yield Draft(question(f"Where {found['was']} {subject.text} {found['made']}"), *where.span("where"), "name")


def _made(clause: Clause, found: re.Match[str]) -> Subject | None:
    """What was made: the subject of the sentence, also where a relative clause tells of its making. 'A version of a
    model that was proposed by …' leaves open which of the two was."""
    name = found["subject"]
    if found["link"] and not found["link"].startswith(","):
        told = _KIND.match(name)
        if told is None or _OTHER.search(told["kind"]):
            return None
        name = told["subject"]
    subject = clause.phrase(name)
    agrees = subject is not None and (subject.named or subject.agrees(found["was"]))
    return subject if subject is not None and agrees and (subject.settled or subject.named) else None


@rule("maker")
def maker(clause: Clause) -> Iterator[Draft]:
    """Who made a thing, from the active: 'Kudo and Richardson published SentencePiece in 2018'."""
    found = _ACTIVE.match(clause.text)
    if not found or not are_people(found["who"]):
        return
    made = _DID.get(found["made"], found["made"])
    what = re.sub(rf" in {_YEAR}$", "", found["what"])
    what = what[: predicate_end(what, 0)]
    leaning = dangling(f"People of some sort {made} {what}.") or re.search(r"\b(?:it|its|they|their|them)\b", what)
    if (
        leaning
        or len(what.split()) > _MOST_WORDS
        or re.search(r",|^(?:that (?!\w+ing\b)\W|how|an?\b|[a-z]+$|the \w+$)", what)
    ):
        return
    yield Draft(question(f"Who {made} {what}"), *found.span("who"), "name")
    thing = clause.subject(what) if found["year"] else None
    if thing:
        was = "were" if thing.plural else "was"
        yield Draft(question(f"When {was} {what} {made}"), *found.span("year"), "date")


def are_people(who: str) -> bool:
    """Whether words written large name people: two surnames joined, 'et al.', or a first and a last name."""
    if _TWO_OR_MORE.search(who):
        return not re.search(r"[A-Z]{2}|\d", who)
    return _FIRST_AND_LAST.fullmatch(who) is not None
