"""Sentences as a reader wants them as answers: no citation marks, and every character traced to its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from augment.language.words import AUXILIARIES, FINITE, PREPOSITIONS, VERBS
from augment.records import Passage

# Spaces are written [ ], since the whole is read verbosely.
_YEAR = r"(?:19|20)\d\d[a-z]?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?[ ]"
_NAME = rf"(?!{_MONTH})[A-ZÀ-Ž][\w'’-]+"
_CITED = rf"{_NAME}(?:(?:,?[ ]and|,?[ ]&|,)[ ]{_NAME})*(?:[ ]et[ ]al\.?)?,?[ ]{_YEAR}(?:,[ ]{_YEAR})*"
_PART = r"(?:[Ff]ig(?:ure)?|[Tt]ab(?:le)?|[Ss]ec(?:tion)?|[Ee]q(?:uation)?|[Aa]ppendix|[Cc]hapter|[Aa]lgorithm)s?\.?"
_SEEN = (
    r"(?:shown|seen|observed|noted|described|discussed|depicted|illustrated|displayed|reported|presented|summari[sz]ed"
    r"|listed|given|explained|outlined|demonstrated|detailed|indicated|defined|visuali[sz]ed)"
)
_PANEL = r"(?:[ ]?\([a-z](?:[–-][a-z])?\))?"
_SHOWN = (
    rf"[Aa]s[ ](?:(?:can|may)[ ](?:also[ ])?be[ ]|is[ ]|are[ ]|was[ ]|also[ ])?(?:\w+ly[ ])?{_SEEN}[ ](?:in|by|from|on)"
    rf"[ ](?:the[ ])?{_PART}[ ](?:\d|[A-Z]\b|[IVX]+\b)[\d.]*{_PANEL}(?:[ ]and[ ]\d[\d.]*(?=[.,;]))?"
)
_LABEL = r"[A-Z][A-Za-z+]{1,6}\d\d[a-z]?"
MARKS = re.compile(
    rf"""
      \s?\[(?:\d+|{_LABEL})(?:\s?[,;–-]\s?(?:\d+|{_LABEL}))*\]       # [12], [3, 4-7], [Cop87]
    | \s?[(\[](?:(?:see|e\.g\.,?|cf\.)[ ])?{_CITED}(?:;[ ]?{_CITED})*[)\]] # (Smith et al., 2017)
    | (?<=al\.)\s\({_YEAR}\)                                        # Smith et al. (2017)
    | \s?\((?:see|e\.g\.,?|cf\.)[ ][^()]*(?<!in[ ]){_YEAR}[^()]*\)      # (see Smith 2017, for a review)
    | \s?\([^()]*\bet[ ]al\.?,?[ ]{_YEAR}[^()]*\)                   # (about 3 Mm; Smith et al. 2015)
    | \s?\((?:see[ ])?(?:also[ ])?(?:the[ ])?{_PART}[ ][^()]*\)       # (see Figure 3)
    | ,?\s{_SHOWN}(?=[.,;])                                           # , as shown in Figure 3
    | \s[¹²³⁴⁵⁶⁷⁸⁹][⁰¹²³⁴⁵⁶⁷⁸⁹]?(?=[.,;:)]|$)                         # one behind a space
    | (?:(?<=[a-z]{{3}})|(?<=[a-z][.,;:)]))[⁰¹²³⁴⁵⁶⁷⁸⁹]+              # a footnote mark
    | \s+(?=[,.;:)](?:\s|$))                                        # a space left before a comma
    """,
    re.VERBOSE,
)

_LONGEST_CARRIER = 8
_SPACES = re.compile(r"[^\S ]| {2}|^ | $")
_WORD = re.compile(r"\S+")
_CARRIED = re.compile(r"\b(?:in|of|by|from|with|to|see|and|at|on|as|for|than|cf\.|e\.g\.,?)\s?$")

_CONNECTIVE = (
    rf"{_SHOWN}, "
    r"|(?:However|Moreover|Furthermore|Additionally|In addition|Nevertheless|Nonetheless|Therefore|Thus|Hence|Instead"
    r"|Consequently|Accordingly|As a (?:result|consequence)|Indeed|In fact|Of course|Interestingly|Surprisingly|Notably"
    r"|Unfortunately|Fortunately|Importantly|Crucially|Overall|In general|Generally|In particular|Specifically|Likewise"
    r"|For (?:example|instance)|Similarly|Conversely|Alternatively|In (?:contrast|comparison)|By contrast|Besides|Also"
    r"|Finally|Lastly|First|Second|Third|First of all|Firstly|Secondly|Thirdly|To be precise|Meanwhile|That is"
    r"|On the (?:one hand|other hand|contrary)|More (?:precisely|specifically|generally)|At the same time|Naturally"
    r"|In (?:other words|short|summary|practice)|To summari[sz]e|Clearly|Obviously|Still|Effectively|Essentially"
    r"|Formally(?: speaking)?|Increasingly|Intuitively|Basically|Technically|Empirically|Traditionally|Naturally), "
    r"|(?:Thus|Hence|Therefore|But|Yet|So) (?=[a-z])"
)
_NUMBERED = rf"{_PART} (?:\d[\d.]*|[IVX]+)"
_SAID = (
    r"(?:(?:We|I) (?:(?:\w+ly|also|then|further|can|have|first|now) ){0,2}(?:show|shown|find|found|observed?|noted?|see"
    r"|saw|seen|demonstrated?|proved?|concluded?|know|emphasi[sz]e|stress|recall|remark|noticed?|established?|verified"
    r"|verify|confirm|confirmed)"
    r"|It (?:turns out|follows|is (?:well )?known|(?:(?:is|was|has been|can be|should be|must be|is to be) (?:\w+ly )?)"
    r"(?:clear|obvious|evident|apparent|true|shown|noted|found|observed|seen|demonstrated|emphasi[sz]ed|noteworthy"
    r"|worth (?:noting|mentioning|pointing out|remarking)|important to (?:note|notice|mention|remember)))"
    r"|(?:Please )?(?:Note|Notice|Recall|Remember)|This (?:also )?(?:means|shows|implies|demonstrates|indicates)"
    rf"|{_NUMBERED}{_PANEL} (?:(?:also|clearly|further) )?(?:shows?|illustrates?|demonstrates?|suggests?|indicates?"
    r"|reveals?|confirms?)"
    rf"|(?:In|From) (?:the )?{_NUMBERED},? (?:we|one|it) (?:can (?:also )?)?(?:(?:clearly|also) )?(?:sees?|observes?"
    r"|notes?|be (?:seen|observed|noted))"
    r"|(?:(?:The|Our|These|All|Experimental|Empirical|Numerical|Simulation|Extensive) ){0,2}(?:results|experiments"
    r"|findings|simulations|experiment results) (?:also )?(?:show|indicate|demonstrate|confirm))"
    r"(?:, however,)? that,? "
)
_OPENING = re.compile(rf"(?:(?:{_CONNECTIVE})?(?P<said>{_SAID})|{_CONNECTIVE})(?=\S)", re.IGNORECASE)
_RUN_IN = re.compile(r"[A-Z][\w-]*(?: [\w-]+){0,5}(?: [-–—] ?|—)(?=[A-Z][a-z]* [a-z]|[A-Z][\w-]+ [a-z])")
"""A heading at the head of its paragraph: 'Training details - The model …'."""
_MAY_HOLD_MARKS = re.compile(r"[\[(⁰¹²³⁴⁵⁶⁷⁸⁹]|\s[,.;:)]|\s[Aa]s\s")
"""What most sentences have none of, looked for first because it costs less."""
_DASH = re.compile(r" [-–—] |—")
_SAID_TOO = re.compile(
    r"\b(?:and|but) (?:\w+ly )?(?:that|show|prove|propose|present|demonstrate|discuss|provide|find|give)\b"
)
"""What ties a sentence to the one before, and who says what it says: neither belongs to the fact."""

_SUBORDINATORS = r"(?:if|unless|although|though|while|whereas|when|whenever|because|since|as|once|until|even|given)"
_JOINT = re.compile(r"; |, (?:and|but|while|whereas) (?=\S)")
_TAIL = re.compile(
    r", (?:which|where|although|though|because|since|as|so|thus|thereby|hence|making|allowing|leading|resulting|with"
    r"|e\.g\.|i\.e\.) "
)
_HEDGED = re.compile(
    rf"{_SUBORDINATORS}\b|.*\b(?:not only|neither|either|whether|both|only if|such that)\b", re.IGNORECASE
)
_FEWEST_WORDS = 5
_FINITE = FINITE.keys() | AUXILIARIES - {"be", "been", "being", "having", "do", "done"}
_NO_SUBJECT = AUXILIARIES | PREPOSITIONS | FINITE.keys() | VERBS.keys()
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a passage. `places[i]` is where the character `text[i]` stands in the passage."""

    text: str
    places: tuple[int, ...]
    range: tuple[int, int]
    authors: bool = False
    """Whether it tells what the authors of its document did, so that a question about it must name the document."""
    whole: str = ""
    """The answer in full where it is not the text: two sentences, of which the first names what the second is about."""
    before: int = 0
    """Where in the text the sentence at `range` begins, which another one stands before."""

    @property
    def retold(self) -> bool:
        """Whether it is other than its sentence, which cannot be read alone."""
        return self.authors or bool(self.whole) or self.before > 0

    @property
    def answer(self) -> str:
        """What a person would be told."""
        return self.whole or self.text

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` stands in the passage."""
        return self.places[start], self.places[end - 1] + 1


def statement(passage: Passage, start: int, end: int) -> Statement:
    """The sentence at `start` to `end` of `passage.text`, its marks dropped and its white space single.

    A mark that is a word of the sentence ("as shown in [12]") stays, for the sentence would not be whole without. An
    opening that only ties the sentence to the one before ("However, ", "We show that ") goes. A range that ends
    before a joint is a main clause of a longer sentence, and gets a full stop.
    """
    heading = _RUN_IN.match(passage.text, start, end)
    opened = heading.end() if heading and not _DASH.search(passage.text, heading.end(), end) else start
    opening = _OPENING.match(passage.text, opened, end)
    if opening and opening["said"] and _SAID_TOO.search(passage.text, opening.end(), end):
        opening = None
    first = opening.end() if opening else opened
    kept = list(_unmarked(passage.text, first, end))
    text = "".join(passage.text[left:right] for left, right in kept)
    places = list(chain.from_iterable(range(left, right) for left, right in kept))
    if _SPACES.search(text):
        text, places = _single_spaced(text, places)
    while (double := text.find(" al..")) >= 0:
        text, places = text[: double + 4] + text[double + 5 :], places[: double + 4] + places[double + 5 :]
    if text and (_JOINT.match(passage.text, end) or _TAIL.match(passage.text, end)):
        text += "."
        places.append(places[-1])
    return Statement(
        text=text[:1].upper() + text[1:] if opening or (start, end) not in passage.sentences else text,
        places=tuple(places),
        range=(start, end),
    )


def both(before: Statement, told: Statement) -> Statement:
    """A sentence behind the one that says what its 'this' is: 'BERT is pre-trained. This takes four days.'"""
    return replace(
        told,
        text=f"{before.text} {told.text}",
        places=(*before.places, before.places[-1], *told.places),
        authors=before.authors,
        before=len(before.text) + 1,
    )


def _unmarked(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What is left of `text[start:end]` without its marks, as ranges."""
    first = start
    for mark in MARKS.finditer(text[start:end]) if _MAY_HOLD_MARKS.search(text, start, end) else ():
        left, right = first + mark.start(), first + mark.end()
        if not _CARRIED.search(text, max(first, left - _LONGEST_CARRIER), left):
            yield start, left
            start = right
    yield start, end


def _single_spaced(text: str, places: Sequence[int]) -> tuple[str, list[int]]:
    """`text` with one space for each run of white space and none at its ends, and the places that are left."""
    words = [word.span() for word in _WORD.finditer(text)]
    kept = [place for start, end in words for place in range(start, end + 1)][:-1]
    return " ".join(text[start:end] for start, end in words), [places[place] for place in kept]


def statements(passage: Passage) -> Iterator[Statement]:
    """The sentences of `passage`, in order."""
    return (statement(passage, start, end) for start, end in passage.sentences)


def main_clauses(passage: Passage, start: int, end: int) -> Iterator[Statement]:
    """The main clauses of the sentence at `start` to `end`, without the subordinate ones that follow them, where they
    can be told apart and each holds without the others."""
    text = passage.text
    if _HEDGED.match(text, start, end) or text[end - 1] not in ".!?":
        return
    begin = start
    for joint in [*_JOINT.finditer(text, start, end), None]:
        stop = joint.start() if joint else end
        tail = _TAIL.search(text, begin, stop)
        cut = tail.start() if tail else stop
        found = statement(passage, begin, cut)
        if not _is_main(found.text):
            return
        if (begin, cut) != (start, end):
            yield found
        begin = joint.end() if joint else end


def _is_main(clause: str) -> bool:
    """Whether `clause` has a subject and a finite verb, and no comma that may stand in a list."""
    words = clause.split()
    if len(words) < _FEWEST_WORDS or "," in clause:
        return False
    first = words[0].lower()
    opens = first not in _NO_SUBJECT and not first.endswith(("ly", "ing"))
    return opens and any(word in _FINITE for word in words[1:])


def balanced(text: str) -> bool:
    """Whether brackets and double quotes in `text` come in pairs."""
    awaited: list[str] = []
    for character in text:
        if character in _CLOSING:
            awaited.append(_CLOSING[character])
        elif character in ")]}" and (not awaited or awaited.pop() != character):
            return False
    return not awaited and text.count('"') % 2 == 0 and text.count("“") == text.count("”")
