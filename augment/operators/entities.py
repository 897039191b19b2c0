"""One term of the field put in the place of another, in passage, question and answer alike.

Such a row is counterfactual: the passage no longer says what the document says. It teaches a model to answer from the
passage before it, and a model that gets no passage would learn a falsehood: hence the flag, and the rate of zero. The
offsets in the document still point to the words that were changed; where the answer stands in the changed passage is
among the checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from augment.language.aliases import aliases
from augment.language.terms import Term, lexicon, mentioned, occurrences, plain, replaced, swapped
from augment.operators import draw, operator, variant
from augment.records import OPEN_BOOK, QAPair
from augment.settings import AugmentSettings

GENERATOR = "entity_swap@2"
UNCOUNTED = frozenset({"adaptations", "normalisations", "normalizations", "prompt_methods", "tasks"})
"""Types whose terms have no plural; where one is used, it means something else."""
FIELDS = ("context", "question", "answer", "answer_span")


@operator("entity_swap", rate=0.0, across=True)
def entity_swap(
    pairs: Sequence[QAPair], corpus: Sequence[QAPair], settings: AugmentSettings, seed: int
) -> list[QAPair]:
    """A copy of each pair with one of its terms swapped; none where no term can be swapped without contradiction."""
    mined = aliases(sorted({pair.context for pair in corpus}))
    found = (swap(pair, mined, draw(seed, "entity_swap", pair)) for pair in pairs)
    return [pair for pair in found if pair is not None]


def swap(pair: QAPair, mined: Mapping[str, str], random: Random) -> QAPair | None:
    """`pair` about another term of the same type, or None; `mined` holds long forms by acronym.

    All occurrences change at once, in every form: plural, possessive, acronym and long form, and the article before
    them. Left alone are terms that are part of another name or of a title, and no term comes in that the pair speaks of
    already.
    """
    spoken = "\n".join(str(getattr(pair, field)) for field in FIELDS)
    swaps = [
        (term, other)
        for term in lexicon()
        if mentioned(term.forms, f"{pair.question}\n{pair.answer}") and _of_the_field(term, pair.context)
        for other in lexicon()
        if other.type == term.type and not mentioned(other.forms, spoken)
    ]
    terms = {form for term in lexicon() for form in term.forms if form} | set(mined) | set(mined.values())
    for term, other in random.sample(swaps, len(swaps)):
        if term.type in UNCOUNTED and mentioned([f"{form}s" for form in term.forms if form], spoken):
            continue
        replacements = _replacements(term, other, mined, spoken)
        if "" not in replacements.values() and (row := exchanged(pair, replacements, terms, GENERATOR)):
            return row.model_copy(update={"checks": {OPEN_BOOK: 1.0, **row.checks}})
    return None


def exchanged(pair: QAPair, replacements: Mapping[str, str], terms: set[str], generator: str) -> QAPair | None:
    """`pair` with every form that `replacements` has exchanged, or None; its checks say how many there were in the
    passage, and where the answer stands in the new one."""
    context, question, answer, span = (str(getattr(pair, field)) for field in FIELDS)
    changed = swapped((context, question, answer, span), replacements, terms)
    if changed is None or (changed[1], changed[2]) == (question, answer):
        return None
    sentence = max(context.find(answer), 0)
    start = len(replaced(context[: context.find(span, sentence)], replacements))
    if span not in context or not changed[0].startswith(changed[3], start):
        return None
    count = sum(len(occurrences(form).findall(context)) for form in replacements)
    checks = {"swapped": float(count), "answer start": float(start)}
    return variant(pair, "entity_swap", generator, checks, **dict(zip(FIELDS, changed, strict=True)))


def _of_the_field(term: Term, context: str) -> bool:
    """Whether `context` means the term: a name that may be somebody's needs another term of the lexicon beside it."""
    if not mentioned(term.forms, context):
        return False
    return not plain(term.forms[0]) or any(mentioned(other.forms, context) for other in lexicon() if other != term)


def _replacements(term: Term, other: Term, mined: Mapping[str, str], spoken: str) -> dict[str, str]:
    """What stands for each form of `term` that is `spoken`: '' where `other` has no such form."""
    name, form = term.forms
    same = [(short, long) for short, long in mined.items() if name.lower() in (short.lower(), long.lower())]
    seconds = [form, *(long if short == name else short for short, long in same)]
    second = dict.fromkeys(seconds, other.forms[1])
    return {found: stands for found, stands in ({name: other.forms[0]} | second).items() if mentioned([found], spoken)}
