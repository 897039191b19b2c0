"""The same question, its answer in other words: what the question and the span say together, as a sentence of its own.

"Who introduced dropout?" is answered by "Hinton and colleagues introduced dropout." where the sentence of the source
says it in the passive, or goes on. The question is turned into a statement only where the words of the answer show how:
its subject stands before that very verb, and the span behind the word that it is to follow. Left alone is a sentence
that qualifies what it says, or ties the span to what comes behind it: the short form would say more than the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from augment.language.rewrites import BROUGHT, plural
from augment.language.spelling import Spelling
from augment.language.statements import balanced
from augment.language.words import FINITE, FUNCTION_WORDS, PAST, PREPOSITIONS, VERBS, is_name, past, third_person
from augment.operators import operator, variant
from augment.records import QAPair
from augment.settings import AugmentSettings

GENERATOR = "wording@1"
MOST_WORDS = 12
"""Of a subject."""
FEWEST_LEFT_OUT = 3
"""Words of the answer: with fewer, it is the same sentence without an "also"."""

BE = "is|are|was|were"
FINITE_VERBS = FINITE.keys() | PAST.keys() | {"has", "have", "can", *BE.split("|")}
FRAMED = re.compile(
    r"(?:In “[^”]*”, )?(?P<front>(?!(?:what|who|which|how|when|why|where)\b)[^?,;“”]+, )?(?P<asks>[^?]+)\?", re.I
)
EXAMPLES = re.compile(r"what (?P<be>is an example|are examples) of (?P<of>.+)", re.I)
MEANING = re.compile(r"what does (?P<short>\S+) stand for", re.I)
DOER = re.compile(rf"who (?P<said>{BROUGHT} .+)", re.I)
INVERTED = re.compile(
    rf"(?:(?P<before>{'|'.join(sorted(PREPOSITIONS))}) )?(?P<asks>what|when|where|why|how|how many (?P<things>[^?]+?))"
    rf" (?P<auxiliary>does|do|did|{BE}|has|have|can) (?P<rest>.+)",
    re.I,
)
TIES = {
    "when": r"(?:in|on|since|at|during|until|before|after|around) (?:the )?",
    "where": r"(?:in|on|at|from|within|between|inside|near) (?:the )?",
    "why": r"(?:because(?: of)?|due to|thanks to|since|so that|in order to|to) ",
    "how": r"(?:by|with|using|through|via) ",
}
"""What stands before a span that says when, where, why or how, or opens it."""
BETWEEN = r"(?: \([^()]*\))?(?:, which)?(?: (?:\w+ly|also|then|first|thus))?"
"""What may stand between a subject and its verb."""
QUALIFIES = re.compile(
    r"\b(?:if|unless|when|whenever|until|only|except|not|never|no|cannot|without|neither|nor|may|might|could|will|would"
    r"|some|often|sometimes|usually|typically|commonly|frequently|generally|rarely|hardly|mostly|mainly|largely|partly"
    r"|almost|nearly|better|worse|more|less|than)\b|n['’]t\b",
    re.I,
)
GOES_ON = re.compile(
    r" (?:because|that|which|who|whose|where|of|than|or|but|if|when|while)\b| \([^()]*\) (?:in|of|for|with|at|to)\b"
)
LISTED = re.compile(r"\b(?:and|or|such as)\b|, (?:which|where|whose|each|called)\b")
LEANS = re.compile(r"\bthe (?:same|other|former|latter)\b")


@operator("wording", rate=0.0)
def wording(pairs: Sequence[QAPair], corpus: Sequence[QAPair], settings: AugmentSettings, seed: int) -> list[QAPair]:
    """A copy of each pair with another wording of its answer; none where the rules are not sure of one."""
    found = ((pair, reworded(pair)) for pair in pairs)
    return [variant(pair, "paraphrase", GENERATOR, {}, answer=answer) for pair, answer in found if answer]


def reworded(pair: QAPair) -> str:
    """What the question and the span of `pair` say, as a sentence; '' where that is not sure, or hardly another one
    than the answer."""
    framed, span = FRAMED.fullmatch(pair.question), _within(pair)
    if framed is None or not span or not balanced(span) or LEANS.search(span):
        return ""
    if "," in span and not LISTED.search(span):
        return ""
    said = next(_statements(framed["asks"], span, pair.answer), "")
    if not said or _cut_short(said, pair.answer):
        return ""
    sentence = _opened((framed["front"] or "") + said).rstrip(".") + "."
    if _qualifiers(pair.answer) - _qualifiers(sentence) or _nearly(sentence, pair.answer):
        return ""
    return sentence


def _statements(asks: str, span: str, answer: str) -> Iterator[str]:
    """What `asks`, a question without its mark, is answered by in a sentence; the first is as good as any."""
    if found := EXAMPLES.fullmatch(asks):
        if (" and " in span) == (found["be"] == "are examples") and found["of"].lower() in answer.lower():
            yield f"{span} {found['be']} of {found['of']}"
    elif found := MEANING.fullmatch(asks):
        yield f"{found['short']} stands for {span}"
    elif found := DOER.fullmatch(asks):
        if f" by {span}" in answer and found["verb"] in answer:
            yield f"{span} {found['said']}"
    elif said := _of_subject(asks, span, answer):
        yield f"{_with_article(span, answer)} {said}"
    elif found := INVERTED.fullmatch(asks):
        yield from _uninverted(found, span, answer)


def _of_subject(asks: str, span: str, answer: str) -> str:
    """What is said of the subject that is asked for, where `answer` says it in the same words behind `span`, and the
    verb fits in number; else ''."""
    words = asks.split()
    places = {"who": (1,), "what": (1,), "which": range(2, 7)}.get(words[0].lower(), ())
    at = next((at for at in places if at < len(words) - 1 and words[at] in FINITE_VERBS), len(words))
    said = " ".join(words[at:])
    if not said or said.lower() not in answer.lower().partition(span.lower())[2]:
        return ""
    singular = words[at] in FINITE or words[at] in ("is", "was", "has")
    agrees = f"{span} {words[at]}" in answer or words[at] in PAST or singular != (" and " in span or plural(span))
    return said if agrees else ""


def _with_article(span: str, answer: str) -> str:
    """`span` with the article that `answer` gives it."""
    found = re.search(rf"\b(an?|the) {re.escape(span)}", answer, re.I)
    return f"{found[1].lower()} {span}" if found else span


def _uninverted(found: re.Match[str], span: str, answer: str) -> Iterator[str]:
    """'how many layers does BERT have' and '12' -> 'BERT has 12 layers'."""
    auxiliary, words = found["auxiliary"].lower(), found["rest"].split()
    for count in range(min(len(words), MOST_WORDS), 0, -1):
        subject, rest = " ".join(words[:count]), words[count:]
        verb = _finite(auxiliary, rest)
        if not verb or words[count - 1].lower() in FUNCTION_WORDS or (rest and rest[0] in PREPOSITIONS):
            continue
        written = rf"(?<![\w-])(?i:{re.escape(subject[0])}){re.escape(subject[1:])}"
        said = rf"(?:{written}|(?<=[.!?] )(?:It|They)){BETWEEN} {verb}\b"
        if re.search(written, answer) and re.search(said, answer):
            tail = rest if auxiliary == verb else rest[1:]
            if placed := _placed(found, [verb, *tail], span, answer):
                yield f"{subject} {placed}"
            return


def _finite(auxiliary: str, rest: Sequence[str]) -> str:
    """The verb as it stands behind its subject: 'does', ['have'] -> 'has'; '' where there is none."""
    if auxiliary not in ("does", "do", "did"):
        return auxiliary
    if not rest or rest[0] not in VERBS:
        return ""
    return third_person(rest[0]) if auxiliary == "does" else past(rest[0]) if auxiliary == "did" else rest[0]


def _placed(found: re.Match[str], said: list[str], span: str, answer: str) -> str:
    """`said`, a verb and what follows it, with the span where `answer` has it; '' where it has it elsewhere."""
    asks = found["asks"].lower()
    if asks in TIES:
        tie = "" if re.match(TIES[asks], span, re.I) else rf"\b{TIES[asks]}"
        tied = re.search(tie + re.escape(span), answer, re.I)
        return " ".join([*said, tied[0][0].lower() + tied[0][1:]]) if tied else ""
    if found["before"]:
        said = [*said, found["before"].lower()]
    if said[-2:] == ["to", "do"] or (said[-1] == "for" and span.startswith("to ")):
        said = said[:-1]
    given = f"{span} {found['things']}" if found["things"] else span
    if f"{said[-1]} {given}" in answer:
        return " ".join([*said, given])
    return " ".join([said[0], given, *said[1:]]) if len(said) > 1 and f"{said[0]} {given} {said[1]}" in answer else ""


def _cut_short(said: str, answer: str) -> bool:
    """Whether `answer` goes on behind the last words of `said` with what belongs to them."""
    last = " ".join(said.split()[-2:])
    return any(GOES_ON.match(answer, found.end()) for found in re.finditer(re.escape(last), answer))


def _nearly(sentence: str, answer: str) -> bool:
    """Whether `sentence` is `answer` without a word or two."""
    said, left = _words(sentence), iter(_words(answer))
    return len(_words(answer)) - len(said) < FEWEST_LEFT_OUT and all(word in left for word in said)


def _within(pair: QAPair) -> str:
    """The span as it is written within a sentence; '' where that is not sure."""
    if not pair.answer.startswith(pair.answer_span):
        return pair.answer_span
    first = pair.answer_span.split()[0]
    if first == first.capitalize() and first.lower() in FUNCTION_WORDS:
        return first.lower() + pair.answer_span[len(first) :]
    return Spelling.of([pair.context]).within(pair.answer_span) or ""


def _opened(sentence: str) -> str:
    """With its first letter large, unless it is that of a name."""
    return sentence if is_name(sentence.split()[0]) else sentence[0].upper() + sentence[1:]


def _qualifiers(text: str) -> set[str]:
    return {found[0].lower() for found in QUALIFIES.finditer(text)}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
