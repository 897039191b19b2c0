"""What makes a sentence or a question lean on the text around it."""

from __future__ import annotations

import re

from augment.language.words import COMPLEMENTS, CONTEXTUAL, FUNCTION_WORDS, RELATIONAL, VERBS, WORD, singular

_PAPERS = (
    r"(?:paper|article|thesis|chapter|section|subsection|tutorial|notebook|figure|table|equation|appendix|author|survey"
    r"|preprint|manuscript|supplement)s?"
)
_TEXTS = (
    r"(?:work|study|report|text|passage|document|paragraph|sentence|excerpt|example|experiment|result|finding|discussion"
    r"|blog|post|page|course|exercise|lesson|review|book|approach|method)s?"
)
_DEICTIC = re.compile(
    rf"""\b(?:
        (?:this|these|those|our)\s(?:\w+\s)?(?:{_PAPERS}|{_TEXTS}) | that\s{_PAPERS}
        | (?:the|its|their)\s(?:present\s|current\s|following\s|above\s|previous\s|next\s)?{_PAPERS}
        | (?:present|current|following|above|previous|next|preceding)\s(?:{_PAPERS}|{_TEXTS})
        | (?:fig(?:ure|s)?|tab(?:le)?|eq(?:uation|n|s)?|sect?(?:ions?)?|appendix|chapter|alg(?:orithm)?|theorem|lemma
            |listing|exercise|part|line)s?\.?\s?\(?(?-i:[A-Z])?\d+(?:\.\d+)*\)?
        | we|us|our|ours|ourselves|you|your|yours|i(?!\.)|my|me|mine|let's
        | (?:as|the)\s(?:mentioned|described|shown|discussed|noted|stated)\s(?:above|below|earlier|before|previously)
        | (?:the|a|an)\sproposed(?=\s(?:\w+\s)?(?:algorithm|approach|architecture|framework|method|model|network|scheme
            |strategy|system|technique)s?\b)
        | (?:described|mentioned|discussed|introduced|shown|defined|presented|given)
            \s(?:above|below|earlier|before|previously)
        | (?:top|bottom|upper|lower|left|right|middle)(?:most)?\s(?:row|panel|plot|column|figure)s?
        | aforementioned | the\s(?:above|below|following|latter) | the\sformer(?=[?.,]) | herein | hereafter | here
    )\b | \[\d+\] | \[(?-i:[A-Z])[A-Za-z+⁺]{{0,6}}\d\d[a-z]?\] | \[citation\sneeded\]""",
    re.VERBOSE | re.IGNORECASE,
)
_SPARED = re.compile(r"(?-i:US|I(?=/)|ME)\b", re.IGNORECASE)
_IN_TITLES = frozenset({"We", "Us", "Our", "You", "Your", "My", "Me", "Here"})
"""Large within a sentence, they are words of a name: 'All My Children'."""
_NUMBERED = re.compile(r"(?<=\w )[A-Z]\w*,? $")
_MEASURED = re.compile(r"\b(?:above|below)\s(?:a|an|the|\d|zero|its|some|one)\b", re.IGNORECASE)

_FRAGMENT = re.compile(
    r"#{2,}|(?:\b\d+(?:\.\d+)?%? ){3}|\(\s*\)|^[^,.;:]{1,60} - |[a-z]{4,}\. [a-z]|\\[a-z]+|[_^]\{|\$|\ufffd"
    r"|\b(?:in|of|by|from|with|for|to|see|at) (?:\)|,|and\b|are\b|is\b|was\b|\.)"
)
_SYMBOL = re.compile(r"[=∑∏∫√∈→∂∇⟨⟩|₀-₉ᵢⱼₖₘₙₜₓ⁰-⁹²³¹ⁱⁿ]")
_MOST_SYMBOLS = 6
_ORDER = re.compile(
    r"(?:draw|compute|implement|show|prove|use|try|write|run|add|make|check|explain|derive|plot|compare|calculate|design"
    r"|create|install|download|set|open|click|select|choose|enable|verify|repeat|replace|discuss|describe|ensure|avoid"
    r"|keep|do|don’t|don't|please|read|define|find|train|fine-tune|start|begin|go|feel|observe|refer|report|give|measure"
    r"|load|call|build|let|note)\s(?!of\b|is\b|are\b|for\b|in\b)",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"""(?:it|this|these|those|that|they|he|she|such|both|either|neither|another|others|other|one|here|there(?!\s(?:is|are|was|were)\b)|its|their
        |his|her|the\s(?:former|latter|two|three|four|others?|same|other|first|second|third|last|next|previous|following
        |resulting|rest|above|remaining)|however|therefore|thus|hence|moreover|furthermore|additionally|consequently
        |nevertheless|nonetheless|instead(?!\sof\b)|otherwise|similarly|likewise|conversely|accordingly|besides(?=,)|meanwhile|still
        |yet|so|and|but|or|also|then|finally|first|firstly|second|secondly|third|thirdly|lastly|next|again|indeed
        |specifically|namely|rather|overall|alternatively|in\s(?:addition(?!\sto\b)|contrast(?!\sto\b)|turn|fact|particular|other\swords
        |short|summary|this|that|these|such|both|either)|by\scontrast|for\s(?:example|instance|this|that|these)
        |on\sthe\s(?:other|contrary)|as\s(?:a\sresult(?!\sof\b)|such|before|above|an\sexample|shown|mentioned|described|noted|we
        |you)|that\sis|to\s(?:this|that|do\s(?:this|so|that))|after\s(?:this|that)|at\s(?:this|that)|with\s(?:this|that
        |these)|from\s(?:this|that|these)|because\sof\s(?:this|that)|e\.g|i\.e|note|notice|recall|consider|suppose
        |assume|let|see|remember|imagine|take|think|all\sof|most\sof|some\sof|each\sof|none|every\sone|each\sone)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_PRONOUN_FIRST = re.compile(
    r"(?P<before>(?:[^\s]+\s){0,2})(?:it|they|them|he|she|him|its|their|his|her)\b", re.IGNORECASE
)
_DEMONSTRATIVE = re.compile(
    r"""\b(?:this|these)\b
        | \bthose\b(?!\s(?:of|that|which|who|whose|in|with|from|for|without|where|on|at|made|used|found|trained))
        | \b(?:of|in|for|with|by|on|at|to|from|than)\sthat\s[a-z]+\b
        | \b\w+ing\sthat\s[a-z]+(?=[.,;])
        | \bthat\s(?:case|way|reason|sense)\b
        | \bsuch\s(?!as\b|that\b|terms\b)
        | \bthe\s(?:former|latter|above|following|aforementioned|two|three|four)\b(?!\s[^.;]*\band\b)
        | \bboth\b(?!\s[^.;]*\band\b)
        | \bthe\s(?:two|three|four)\s(?:are|were|have|can|do|differ|share)\b
        | \b(?:above|below|here|hereafter|therein|thereby|aforementioned)\b
        | \b(?:previously|earlier)(?=[.,])
        | \bother\shand\b""",
    re.VERBOSE | re.IGNORECASE,
)

_TAKEN_UP = re.compile(r"(?:this|these|those|such|both)\b|(?:\w+\s)?that\b", re.IGNORECASE)
"""What may stand for something in the sentence before."""

_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|he|she|him|his|her|this|these|those|such|both|one|ones|there|another|others?)\b",
    re.IGNORECASE,
)
_RESTRICTED = re.compile(
    r"(?:those (?:of|that|which|who|in|with|at|from|for|on|made|used)|such (?:as|that))\b", re.IGNORECASE
)
_NO_PRONOUN = re.compile(
    r"\b(?:each|compared (?:to|with)) other\b|\bother than\b"  # a relation, no reference
    r"|\b(?:an)?other (?:\w+ )?(?:names?|terms?|words?) (?:used )?(?:for|of)\b"
    r"|\bother\b(?=.* (?:besides|aside from|apart from|outside of) )"
    r"|\bit (?:called|mean|cost|take)\b.* (?:when|to|for|that|if)\b"  # 'What does it mean to …'
    r"|\b(?:is|was) it (?:(?!\w+ed to\b)[\w-]+ ){1,3}(?:to|that)\b"  # 'Why is it hard to …'
    r"|\bone (?:of\b|(?<!do one )(?<!does one )(?<!can one )(?<!should one )[a-z-]+)",
    re.IGNORECASE,
)
_CONTEXT = CONTEXTUAL | RELATIONAL
_BARE = re.compile(
    r"\b(?:the|both)\s(?:two\s|three\s|four\s)?(?P<noun>(?!world\b)[a-z-]+)(?! [\"“‘'])"
    r"(?:[\s?.,;:)]+(?P<next>[\w-]*)|$)"
)


def deictic(text: str) -> str:
    """The words in `text` that point at the text it came from: 'this paper', 'Figure 3', 'we'. Empty where none do."""
    for match in _DEICTIC.finditer(text):
        named = match.start() > 0 and match[0] in _IN_TITLES
        numeral = match[0] == "I" and _NUMBERED.search(text, 0, match.start())
        if (
            not named
            and not numeral
            and not _MEASURED.match(text, match.start())
            and not _SPARED.match(text, match.start())
        ):
            return match[0].strip()
    return ""


def dangling(sentence: str, *, follows: bool = False) -> str:
    """What keeps `sentence` from being read alone: words without an antecedent, an order to the reader, or that it is
    no whole sentence. Empty where nothing does. One that `follows` another may take up what that one names."""
    if not re.match(r"[A-ZÀ-Ž\d]|[a-z]+[A-Z0-9]", sentence) or not re.search(r"[.!?][”\"')]?$", sentence):
        return "not a whole sentence"
    if len(sentence.split()) < 4 or _FRAGMENT.search(sentence):
        return "not a whole sentence"
    if len(_SYMBOL.findall(sentence)) > _MOST_SYMBOLS:
        return "a formula"
    if not follows and (opening := _opening(sentence)):
        return opening
    if match := _ORDER.match(sentence):
        return match[0].strip()
    for match in _DEMONSTRATIVE.finditer(_MEASURED.sub("", sentence)):
        if not (follows and _TAKEN_UP.match(match[0])):
            return match[0].strip()
    return deictic(sentence)


def takes_up(sentence: str) -> bool:
    """Whether `sentence` opens with what only the one before it explains: 'This', 'It', 'With these'."""
    return bool(_opening(sentence))


def _opening(sentence: str) -> str:
    if match := _OPENING.match(sentence):
        return match[0].strip()
    first = _PRONOUN_FIRST.match(sentence)
    return first[0].strip() if first and FUNCTION_WORDS.issuperset(first["before"].lower().split()) else ""


def unresolved(question: str, *, definite: bool = True) -> str:
    """The words of `question` that only the text around it could explain: a pronoun with nothing before it to stand
    for, 'the model', 'the two approaches' (not where `definite` is off). Empty where there are none."""
    for match in _PRONOUN.finditer(question):
        word = match[0].lower()
        if word in ("this", "these", "those", "such"):
            if not _RESTRICTED.match(question, match.start()):
                return word
            continue
        if any(settled.start() <= match.start() < settled.end() for settled in _NO_PRONOUN.finditer(question)):
            continue
        before = [word.lower() for word in WORD.findall(question[: match.start()])[1:]]
        if FUNCTION_WORDS.issuperset(before) and word not in ("there", "both"):
            return word
    for match in _BARE.finditer(question) if definite else ():
        noun = singular(match["noun"])
        known = {singular(word) for word in WORD.findall(question[: match.start()])}
        points_back = noun.split("-")[-1] in _CONTEXT and noun not in known
        following = (match["next"] or "").lower()
        closes = following in VERBS and (VERBS[following] == "" or question.endswith(f"{following}?"))
        ends = not following or following in FUNCTION_WORDS - COMPLEMENTS or closes
        if points_back and ends:
            return question[match.start() : match.end("noun")]
    return ""
