"""Other ways to put a question, by rules of syntax that keep what is asked.

Each rule is a pattern of the whole question and the sentences that may stand for it. There is no parser behind them: a
rule is here only if its pattern leaves one reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from augment.language.aliases import aliases
from augment.language.words import PREPOSITIONS, is_plural

PHRASE = r"(?P<x>[^?,;:]+?)"
OTHER = r"(?P<y>[^?,;:]+?)"
BE = r"(?P<be>is|are|was|were)"
DO = r"(?P<do>does|do|did)"
AUXILIARY = r"(?:is|are|was|were|does|do|did|has|have|can|could|should|must|will)"
PREPOSITION = r"(?P<preposition>on|with|by|from|to|in|for)"
NOT_WELL = r"(?![^?]*\b(?:perform|score|rank|fare|compare|feel|look|sound)\b)"
"""With these verbs "how" asks how well."""
HOW_MANY = r"How many(?! (?:of|times|more|fewer|other)\b)"
BROUGHT = (
    r"(?P<verb>introduced|proposed|developed|invented|created|designed|published|released|presented|described|coined|"
    r"discovered|formulated|popularised|popularized)"
)
DONE = (
    r"(?P<verb>(?:pre-?)?trained|fine-tuned|evaluated|tested|based|built|applied|compared|measured|conditioned|derived|"
    r"drawn|taken|multiplied|divided|replaced|followed|scaled|initialised|initialized|computed|estimated|optimised|"
    r"optimized|controlled|limited|determined|defined|parametrised|parameterized)"
)
PARTS = r"(?P<verb>divide|split|combine|compare|multiply|replace|map|convert|project|apply|match|pair)"
LEANS = r"(?P<verb>depend|rely|focus|operate|act|rest)"
REGULAR = (
    "add approximate assume average capture combine compare compute convert count decode describe divide encode "
    "estimate extract filter generate improve learn limit mask match maximise maximize measure minimise minimize "
    "multiply normalise normalize penalise penalize pool predict prevent produce protect provide quantise "
    "quantize rank reduce remove rescale replace represent require sample scale score select share smooth store "
    "track transform update use"
)
PASSIVE = {
    **{verb: verb.removesuffix("e") + "ed" for verb in REGULAR.split()},
    **{
        "multiply": "multiplied",
        "keep": "kept",
        "read": "read",
        "shrink": "shrunk",
        "split": "split",
        "write": "written",
    },
}
ACTIVE = {passive: active for active, passive in PASSIVE.items()}
OF_BE = {"is": "does", "are": "do", "was": "did", "were": "did"}
OF_DO = {"does": "is", "do": "are", "did": "was"}

VERB_WITHIN = re.compile(r"\b(?:is|are|was|were|be|does|do|did|has|have|that|which|who|when|where|if|because)\b")
SINGULAR = frozenset({"a", "an", "each", "every", "one", "this"})
YEAR = re.compile(r"(?:1[89]|20)\d\d")


class Asked(NamedTuple):
    """A question with what its answer says: rules may ask whether that is a definition or a year."""

    question: str
    answer: str
    span: str


class Rule(NamedTuple):
    """`rewrites` are formats over the groups of `pattern` and the words that `agreed` adds to them."""

    pattern: re.Pattern[str]
    rewrites: tuple[str, ...]
    holds: Callable[[re.Match[str], Asked], bool]


def plural(phrase: str) -> bool:
    """Whether a noun phrase is plural, by its article and its head: the last word before the first preposition."""
    words = phrase.split()
    head = next((index for index, word in enumerate(words) if index and word in PREPOSITIONS), len(words)) - 1
    return words[0].lower() not in SINGULAR and is_plural(words[head])


def _any(found: re.Match[str], asked: Asked) -> bool:
    return True


def _defines(found: re.Match[str], asked: Asked) -> bool:
    """Whether the answer says what X is: "X is a …". "The rate of X is 0.1" is no definition."""
    name = re.sub(r"^(?:an?|the) ", "", found["x"], flags=re.IGNORECASE)
    if len(name.split()) > 5 or PREPOSITIONS & set(name.split()):
        return False
    kind = r"(?:are [a-z]|(?:is|was) (?:an?|the|any) \w|(?:refers? to|means?|denotes?) )"
    opening = rf"(?:An? |The )?{re.escape(name)}(?: \([^)]*\))? {kind}"
    return re.match(opening, asked.answer, re.IGNORECASE) is not None


def _year(found: re.Match[str], asked: Asked) -> bool:
    return YEAR.fullmatch(asked.span.strip(" .")) is not None


def _one(found: re.Match[str], asked: Asked) -> bool:
    return not plural(found["x"]) and not {"and", *PREPOSITIONS} & set(found["x"].split())


def _rule(pattern: str, *rewrites: str, holds: Callable[[re.Match[str], Asked], bool] = _any) -> Rule:
    return Rule(re.compile(pattern + r"\?"), rewrites, holds)


RULES: tuple[Rule, ...] = (
    # purpose
    _rule(rf"What {BE} {PHRASE} used (?:for|to do)", "For what purpose {be} {x} used?"),
    _rule(rf"For what purpose {BE} {PHRASE} used", "What {be} {x} used for?"),
    _rule(rf"What is the purpose of {PHRASE}", "What purpose {does} {x} serve?"),
    _rule(rf"What purpose (?:does|do) {PHRASE} serve", "What is the purpose of {x}?"),
    # names
    _rule(rf"What does {PHRASE} stand for", "What is the long form of {x}?", "What is {x} short for?"),
    _rule(rf"What is {PHRASE} (?:short for|an abbreviation of)", "What does {x} stand for?"),
    _rule(rf"What is the long form of {PHRASE}", "What does {x} stand for?", "What is {x} short for?"),
    _rule(rf"What is {PHRASE} called", "What is the name of {x}?", holds=_one),
    _rule(rf"What is the name of {PHRASE}", "What is {x} called?", holds=_one),
    _rule(rf"What {BE} {PHRASE} also (?:called|known as)", "By what other name {be} {x} known?"),
    # definitions
    _rule(rf"What {BE} {PHRASE}", "What is meant by {x}?", "How {be} {x} defined?", holds=_defines),
    _rule(rf"How {BE} {PHRASE} defined", "What is meant by {x}?", "What {be} the definition of {x}?"),
    _rule(rf"What is meant by {PHRASE}", "How {is} {x} defined?", "What {does} {x} mean?"),
    _rule(rf"What (?:does|do) {PHRASE} (?:mean|refer to)", "What is meant by {x}?"),
    # people and years
    _rule(rf"Who {BROUGHT} {PHRASE}(?P<tail> in \d{{4}})?", "By whom {was} {x} {verb}{tail}?"),
    _rule(rf"By whom {BE} {PHRASE} {BROUGHT}(?P<tail> in \d{{4}})?", "Who {verb} {x}{tail}?"),
    _rule(rf"Who (?P<be>was|were) {PHRASE} {BROUGHT} by", "By whom {be} {x} {verb}?", "Who {verb} {x}?"),
    _rule(
        r"When (?P<rest>(?:was|were|did|is|are) [^?]+?)", "In what year {rest}?", "In which year {rest}?", holds=_year
    ),
    _rule(r"In (?:what|which) year (?P<rest>(?:was|were|did|is|are) [^?]+?)", "When {rest}?"),
    # parts
    _rule(rf"What {DO} {PHRASE} consist of", "What are the components of {x}?", "What {of_do} {x} made up of?"),
    _rule(rf"What are the components of {PHRASE}", "What {does} {x} consist of?", "What {is} {x} composed of?"),
    _rule(rf"What {BE} {PHRASE} (?:composed|made up) of", "What {of_be} {x} consist of?"),
    # numbers
    _rule(rf"{HOW_MANY} {PHRASE} are (?:there )?(?:used )?in {OTHER}", "What is the number of {x} in {y}?"),
    _rule(rf"{HOW_MANY} {PHRASE} (?:does|do) {OTHER} (?:have|contain)", "What is the number of {x} in {y}?"),
    _rule(rf"{HOW_MANY} {PHRASE} (?P<rest>{AUXILIARY} [^?]+?)", "What number of {x} {rest}?"),
    _rule(rf"What number of {PHRASE} (?P<rest>{AUXILIARY} [^?]+?)", "How many {x} {rest}?"),
    _rule(rf"What is the number of {PHRASE} in {OTHER}", "How many {x} are there in {y}?"),
    _rule(rf"How (?:large|big) is {PHRASE}", "What is the size of {x}?"),
    _rule(rf"What is the size of {PHRASE}", "How large {is} {x}?"),
    _rule(rf"How long {DO} {PHRASE} take", "How much time {do} {x} take?"),
    # reason, manner, cause
    _rule(rf"Why (?P<rest>{AUXILIARY} [^?]+?)", "For what reason {rest}?"),
    _rule(rf"For what reason (?P<rest>{AUXILIARY} [^?]+?)", "Why {rest}?"),
    _rule(rf"How {NOT_WELL}(?P<rest>(?:does|do|did|can|could|was|were) [^?]+?)", "In what way {rest}?"),
    _rule(rf"How (?P<rest>{BE} [^?]+?(?:ed|en|ained|own|ilt))", "In what way {rest}?"),
    _rule(rf"In (?:what|which) way (?P<rest>{AUXILIARY} [^?]+?)", "How {rest}?"),
    _rule(rf"What causes {PHRASE}", "What is the cause of {x}?"),
    _rule(rf"What is the cause of {PHRASE}", "What causes {x}?"),
    # relations
    _rule(rf"What is the difference between {PHRASE} and {OTHER}", "How {does} {x} differ from {y}?"),
    _rule(rf"How {DO} {PHRASE} differ from {OTHER}", "What is the difference between {x} and {y}?"),
    _rule(rf"What is the role of {PHRASE} in {OTHER}", "What role {does} {x} play in {y}?"),
    _rule(rf"What role {DO} {PHRASE} play in {OTHER}", "What is the role of {x} in {y}?"),
    _rule(
        rf"What is the (?P<noun>effect|impact|influence) of {PHRASE} on {OTHER}", "What {noun} {does} {x} have on {y}?"
    ),
    _rule(
        rf"What (?P<noun>effect|impact|influence) {DO} {PHRASE} have on {OTHER}", "What is the {noun} of {x} on {y}?"
    ),
    _rule(
        rf"What are the (?P<noun>advantages|benefits|limitations|drawbacks) of {PHRASE}", "What {noun} {does} {x} have?"
    ),
    _rule(
        rf"What (?P<noun>advantages|benefits|limitations|drawbacks) {DO} {PHRASE} have", "What are the {noun} of {x}?"
    ),
    # a preposition at the end or in front
    _rule(rf"What {BE} {PHRASE} {DONE} {PREPOSITION}", "{Preposition} what {be} {x} {verb}?"),
    _rule(
        rf"(?:What|Which) (?P<noun>(?!of\b)[a-z][\w -]*?) {BE} {PHRASE} {DONE} {PREPOSITION}",
        "{Preposition} which {noun} {be} {x} {verb}?",
    ),
    _rule(
        rf"What {DO} {PHRASE} {PARTS} {OTHER} (?P<preposition>into|with|by|to)",
        "{Preposition} what {do} {x} {verb} {y}?",
    ),
    _rule(rf"What {DO} {PHRASE} {LEANS} {PREPOSITION}", "{Preposition} what {do} {x} {verb}?"),
    _rule(rf"(?P<front>On|With|By|From|To|For) what {BE} {PHRASE} {DONE}", "What {be} {x} {verb} {back}?"),
    _rule(
        rf"(?P<front>On|With|By|From|To|For) (?:what|which) (?P<noun>[a-z][\w -]*?) {BE} {PHRASE} {DONE}",
        "Which {noun} {be} {x} {verb} {back}?",
    ),
    _rule(rf"(?P<front>On|With|By|From|To) what {DO} {PHRASE} {LEANS}", "What {do} {x} {verb} {back}?"),
    # active and passive
    _rule(rf"What (?:does|do) {PHRASE} (?P<active>{'|'.join(PASSIVE)})", "What is {passive} by {x}?"),
    _rule(rf"What is (?P<passive>{'|'.join(ACTIVE)}) by {PHRASE}", "What {does} {x} {active}?"),
)


def rewrites(question: str, answer: str, span: str, context: str) -> list[str]:
    """The other ways to ask `question` that the rules know, each of them once, in the order of the rules.

    `answer` is the answer as a sentence, `span` its exact words; `context` may give an acronym's long form.
    """
    asked = Asked(question, answer, span)
    found = [rewrite for rule in RULES for rewrite in _by(rule, asked)] + _spelt_out(asked, context)
    return list(dict.fromkeys(rewrite for rewrite in found if rewrite != question))


def _by(rule: Rule, asked: Asked) -> list[str]:
    match = rule.pattern.fullmatch(asked.question)
    if match is None or not rule.holds(match, asked):
        return []
    groups = {name: text or "" for name, text in match.groupdict().items()}
    phrases = [groups[name] for name in ("x", "y", "noun") if name in groups]
    if any(VERB_WITHIN.search(phrase) or len(phrase.split()) > 8 for phrase in phrases):
        return []
    groups |= _agreeing(groups)
    return [rewrite.format(**groups) for rewrite in rule.rewrites]


def _agreeing(groups: dict[str, str]) -> dict[str, str]:
    """The forms of be and do that agree with the phrase X, and those that stand for the ones in the question."""
    many = "x" in groups and plural(groups["x"])
    preposition = groups.get("preposition", "")
    return {
        "is": "are" if many else "is",
        "was": "were" if many else "was",
        "does": "do" if many else "does",
        "of_be": OF_BE.get(groups.get("be", ""), ""),
        "of_do": "were" if many and groups.get("do") == "did" else OF_DO.get(groups.get("do", ""), ""),
        "Preposition": preposition.capitalize(),
        "back": groups.get("front", "").lower(),
        "passive": groups.get("passive") or PASSIVE.get(groups.get("active", ""), ""),
        "active": groups.get("active") or ACTIVE.get(groups.get("passive", ""), ""),
    }


def _spelt_out(asked: Asked, context: str) -> list[str]:
    """The question with an acronym spelt out as `context` does, where neither form is what is asked for."""
    written = []
    for short, long in aliases([context]).items():
        said = asked.span.lower()
        if long.lower() in asked.question.lower() or long.lower() in said or short.lower() in said:
            continue
        # With an article of its own, a possessive or a hyphen, the long form would not fit in.
        if re.search(rf"\ban? {re.escape(long)}\b", context, re.IGNORECASE):
            continue
        alone = list(
            re.finditer(rf"(?<!\ban )(?<!\ba )(?<![\w-]){re.escape(short)}(?![\w'\u2019-]| [A-Z])", asked.question)
        )
        if len(alone) == 1:
            before, after = asked.question[: alone[0].start()], asked.question[alone[0].end() :]
            the = re.search(rf"\bthe {re.escape(long)}\b", context, re.IGNORECASE) and not before.endswith("the ")
            written.append(before + ("the " if the else "") + long + after)
    return written
