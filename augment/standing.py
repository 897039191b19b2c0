"""What makes a sentence or a question lean on the text around it."""

from __future__ import annotations

import re

from augment.words import CONTEXTUAL, FUNCTION_WORDS, RELATIONAL, WORD, singular

_DEICTIC = re.compile(
    r"""\b(?:
        (?:this|these|those|that|the|our|its|present|current|following|above|previous|next|original)\s
            (?:present\s|current\s|following\s|above\s|previous\s|next\s)?
            (?:paper|papers|article|study|work|thesis|report|chapter|section|subsection|tutorial|book|notebook|text
              |passage|document|paragraph|sentence|excerpt|figure|table|equation|appendix|authors?|writers?|example
              |experiments?|results?|findings|discussion|blog|post|page|course|exercise|lesson|survey|review)s?
        | (?:fig(?:ure|s)?|tab(?:le)?|eq(?:uation|n|s)?|sec(?:tion)?|appendix|chapter|algorithm|theorem|lemma
            |listing|exercise|part|line)s?\.?\s?\(?\d+(?:\.\d+)*\)?
        | we|us|our|ours|ourselves|you|your|yours|i|my|me|mine|let's
        | (?:as|the)\s(?:mentioned|described|shown|discussed|noted|stated)\s(?:above|below|earlier|before|previously)
        | (?:above|below|aforementioned|following|latter|former|earlier|previously)(?:\s|[?.,]|$)
        | et\sal | herein | hereafter | here
    )\b | \[\d+\] | \[citation\sneeded\]""",
    re.VERBOSE | re.IGNORECASE,
)
_BELOW_ZERO = re.compile(r"\b(?:above|below)\s(?:a|an|the|\d|zero|its|some|one)\b", re.IGNORECASE)
_PROPER_MY = re.compile(r"\bI\b(?=/)|\bUS\b|\bMe\b")

_OPENING = re.compile(
    r"""(?:it|this|these|those|that|they|he|she|such|both|either|neither|another|others|other|one|here|there|its|their
        |his|her|the\s(?:former|latter|two|three|four|others?|same|other|first|second|third|last|next|previous|following
        |resulting|rest|above|remaining)|however|therefore|thus|hence|moreover|furthermore|additionally|consequently
        |nevertheless|nonetheless|instead|otherwise|similarly|likewise|conversely|accordingly|besides|meanwhile|still
        |yet|so|and|but|or|also|then|finally|first|firstly|second|secondly|third|thirdly|lastly|next|again|indeed
        |specifically|namely|rather|overall|alternatively|in\s(?:addition|contrast|turn|fact|particular|other\swords
        |short|summary|this|that|these|such|both|either)|by\scontrast|for\s(?:example|instance|this|that|these)
        |on\sthe\s(?:other|contrary)|as\s(?:a\sresult|such|before|above|an\sexample|shown|mentioned|described|noted|we
        |you)|that\sis|to\s(?:this|that|do\s(?:this|so|that))|after\s(?:this|that)|at\s(?:this|that)|with\s(?:this|that
        |these)|from\s(?:this|that|these)|because\sof\s(?:this|that)|e\.g|i\.e|note|notice|recall|consider|suppose
        |assume|let|see|remember|imagine|take|think|all\sof|most\sof|some\sof|each\sof|none|every
        \sone|each\sone)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_DEMONSTRATIVE = re.compile(
    r"""\b(?:this|these)\b
        | \bthose\b(?!\s(?:of|that|which|who|whose|in|with|from|for|without|where|on|at|made|used|found|trained|between))
        | \bthat\s(?:case|way|reason|time|point|sense|end)\b
        | \bsuch\s(?!as\b|that\b|terms\b)
        | \bthe\s(?:former|latter|above|following|aforementioned|two|three|four|others?)\b
        | \bboth\b(?!\s[^.;]*\band\b)
        | \b(?:above|below|here|hereafter|therein|thereby|aforementioned|previously|earlier)\b
        | \bother\shand\b""",
    re.VERBOSE | re.IGNORECASE,
)
_LATER = re.compile(r"^(?:[^\s]+\s){0,2}(?:it|they|them|he|she|him|its|their|his|her)\b", re.IGNORECASE)


def deictic(text: str) -> str:
    """The words in `text` that point at the text it came from: 'this paper', 'Figure 3', 'we'. Empty where none does."""
    for match in _DEICTIC.finditer(text):
        if not _BELOW_ZERO.match(text, match.start()) and not _PROPER_MY.match(text, match.start()):
            return match[0].strip()
    return ""


def dangling(sentence: str) -> str:
    """The words of `sentence` that have no antecedent in it, or its other faults as an answer. Empty where it can be
    read alone."""
    if not sentence or not (sentence[0].isupper() or sentence[0].isdigit() or re.match(r"[a-z]+[A-Z0-9]", sentence)):
        return "not a whole sentence"
    if not re.search(r"[.!?][”\"')]?$", sentence) or len(sentence.split()) < 4:
        return "not a whole sentence"
    for pattern in (_OPENING, _LATER):
        if match := pattern.match(sentence):
            return match[0]
    if match := _DEMONSTRATIVE.search(_without_measures(sentence)):
        return match[0].strip()
    return deictic(sentence)


def _without_measures(sentence: str) -> str:
    return _BELOW_ZERO.sub("", sentence)


_BARE = re.compile(r"\b(?:the|both|each|either|all)\s(?:two\s|three\s|four\s)?(?P<noun>[a-z-]+)(?P<after>[\s?.,;:)]+(?P<next>[\w-]*)|$)")
_PRONOUN = re.compile(r"\b(?:it|its|they|them|their|he|she|him|his|her|this|these|those|such|both|one|ones|there)\b", re.I)


def unresolved(question: str) -> str:
    """The words of `question` that only the text around it could explain: a pronoun with nothing before it to stand
    for, 'the model', 'the two approaches'. Empty where there are none."""
    for match in _PRONOUN.finditer(question):
        before = question[: match.start()]
        named = [word for word in WORD.findall(before)[1:] if word.lower() not in FUNCTION_WORDS]
        if match[0].lower() in ("this", "these", "those", "such") and not re.match(
            r"(?:those (?:of|that|which|who|in|with)|such (?:as|that))\b", question[match.start() :]
        ):
            return match[0]
        if not named and not re.match(r"(?:there|both)\b", match[0], re.I):
            return match[0]
    for match in _BARE.finditer(question):
        if match["noun"] in FUNCTION_WORDS:
            continue
        if not is_pointing(match["noun"]):
            continue
        following = (match["next"] or "").lower()
        if not following or following in _CLOSES:
            return match[0].strip()
    return ""


def is_pointing(noun: str) -> bool:
    """Whether 'the noun' alone points back at something said before."""
    return singular(noun).split("-")[-1] in CONTEXTUAL | RELATIONAL


_CLOSES = FUNCTION_WORDS - {"of", "for", "in", "that", "which", "who", "where", "between", "with", "on", "at", "to", "from", "behind", "when", "whose"}
