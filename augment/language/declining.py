"""Answers that decline or correct: how they are worded, and how they are told from others."""

from __future__ import annotations

import re

from augment.records import QAPair

REPHRASED, UNANSWERABLE, FALSE_PREMISE, UNDER_SPECIFIED = WAYS = (
    "rephrased",
    "unanswerable",
    "false premise",
    "under-specified",
)
"""What an adversarial row tries: the same fact asked so that it is harder to see; and three questions that must not be
answered as they are put."""

UNKNOWN = (
    "I do not know of anything called {name}, so I cannot answer this.",
    "I have no information about {name}.",
    "{name} is not known to me, so I cannot say.",
    "There is nothing that I could say about {name}: I do not know what it is.",
    "I cannot answer that, as I know of no {name}.",
)
"""Of a name that nothing has."""
NOT_IN_PASSAGE = (
    "The passage does not say.",
    "The passage gives no answer to this question.",
    "That cannot be told from the passage.",
    "This is not mentioned in the passage.",
    "The passage is about something else and does not say.",
)
CORRECTIONS = (
    "That is not so. {answer}",
    "The question assumes something that is not the case. {answer}",
    "No, not {wrong}. {answer}",
    "It is not {wrong}. {answer}",
    "This is not correct as it is asked. {answer}",
)
"""Of a premise that the source contradicts, with its own sentence."""
ASKING_BACK = (
    "The question does not say what “{it}” stands for. What is meant?",
    "That depends on what “{it}” stands for, which the question does not say.",
    "I cannot tell what “{it}” refers to. Please name what you mean.",
    "What does “{it}” stand for? Without that I cannot answer.",
    "It is not clear what is asked about, so I cannot say.",
)
"""Of a question that leaves out what it is about."""

_NOT = r"(?:not|n['’]t|never)"
_SPEAKER = r"(?:I|we|one|you|it|this|that|the\s(?:passage|text|context|document|question|answer|source|author)s?)"
_DECLINES = re.compile(
    rf"""\b(?:
        (?:I|we)\s(?:do|did|can|could|am|are|would)\s?{_NOT}\s(?:know|say|tell|answer|determine|sure|certain|able|aware|find)
      | (?:do|does|did)\s?{_NOT}\s(?:say|tell|mention|state|specify)
      | {_SPEAKER}\s(?:do|does|did)\s?{_NOT}\s(?:give|provide|contain|answer|include|explain)
      | {_SPEAKER}\s(?:gives?|has|have|contains?|provides?)\sno\s(?:answer|information|mention|indication|details?)
      | (?:is|are|was|were)\s?{_NOT}\s(?:clear|known|mentioned|specified|given|stated|said|provided|available)
      | can(?:not|['’]t|\snot)\s(?:be\s(?:told|said|answered|determined|known)|say|tell|answer|determine)
      | (?:no|not\senough|insufficient)\sinformation
      | (?:there\sis\s)?no\s(?:such\sthing|answer)
      | unanswerable | unable\sto\s(?:answer|say|tell|determine) | unclear | unspecified
      | know\s(?:of\s)?(?:no|nothing) | nothing\s(?:that\s)?(?:I|we)\s(?:can|could)
      | depends\son\s(?:what|which|who)
      | (?:which\sone|what)\sis\smeant\? | please\s(?:name|specify|clarify)
      | (?:which|what|who)\b[^.?!]{{0,40}}\bdo\syou\smean | refer(?:s|ring)?\sto\?
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:not|never|no|wrong|false|incorrect|mistaken|rather|instead|actually|in fact)\b|n['’]t\b", re.I
)
_WORD = re.compile(r"\w+")


def way(pair: QAPair) -> str:
    """Which of the WAYS an adversarial pair goes."""
    return pair.generator.partition(":")[2]


def declines(text: str) -> bool:
    """Whether an answer says that it is none: by its wording, in ours and in the usual ones of chat models."""
    return _DECLINES.search(text) is not None


def met(pair: QAPair, text: str) -> bool:
    """Whether `text` does what the adversarial `pair` wants: gives the span where there is one, declines where there is
    none, and where the premise is false denies it as well.

    A measure of words: a refusal in unusual words counts as none.
    """
    if not pair.answer_span:
        return declines(text)
    said = f" {' '.join(_WORD.findall(text.lower()))} "
    given = f" {' '.join(_WORD.findall(pair.answer_span.lower()))} " in said
    return given and (way(pair) != FALSE_PREMISE or _DENIES.search(text) is not None)
