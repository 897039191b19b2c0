"""An acronym spelt out, or a long form shortened, in passage, question and answer alike: the fact stays true.

The forms are those of the document itself, from "long form (LF)". Where the passage gives both it stays as it is, and
whatever asks for one of them is left alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from random import Random

from augment.language.aliases import aliases
from augment.language.terms import lexicon, mentioned, swapped
from augment.operators import draw, operator, variant
from augment.operators.entities import exchanged
from augment.records import QAPair
from augment.settings import AugmentSettings

GENERATOR = "alias@1"


@operator("alias", rate=0.5)
def alias(pairs: Sequence[QAPair], corpus: Sequence[QAPair], settings: AugmentSettings, seed: int) -> list[QAPair]:
    """A copy of each pair with a term of its question in its other form; none where its document gives no other."""
    passages: dict[str, set[str]] = defaultdict(set)
    for pair in corpus:
        passages[pair.doc_id].add(pair.context)
    texts = {doc_id: "\n".join(sorted(contexts)) for doc_id, contexts in passages.items()}
    mined = {doc_id: _without_article(aliases([text]), text) for doc_id, text in texts.items()}
    found = (other_form(pair, mined.get(pair.doc_id, {}), draw(seed, "alias", pair)) for pair in pairs)
    return [pair for pair in found if pair is not None]


def other_form(pair: QAPair, mined: Mapping[str, str], random: Random) -> QAPair | None:
    """`pair` with a term in its other form, or None; `mined` holds the long forms of its document by acronym."""
    said = f"{pair.question}\n{pair.answer}\n{pair.answer_span}"
    swaps = [
        (form, other)
        for short, long in mined.items()
        for form, other in ((short, long), (long, short))
        if mentioned([form], pair.question) and not mentioned([other], said) and _alone(form, said)
    ]
    terms = {form for term in lexicon() for form in term.forms if form} | set(mined) | set(mined.values())
    for form, other in random.sample(swaps, len(swaps)):
        row = _beside_both(pair, form, other, terms) if mentioned([other], pair.context) else None
        row = row or exchanged(pair, {form: other}, terms, GENERATOR)
        if row is not None and (form not in pair.answer_span or row.context != pair.context):
            return row
    return None


def _alone(form: str, text: str) -> bool:
    """Whether `form` stands in `text` neither in brackets nor as the beginning of a longer name."""
    return re.search(rf"\({re.escape(form)}\)|\b{re.escape(form)} [A-Z]", text) is None


def _beside_both(pair: QAPair, form: str, other: str, terms: set[str]) -> QAPair | None:
    """Question and answer with the other form, the passage, which ties the two, as it is."""
    changed = swapped((pair.question, pair.answer), {form: other}, terms)
    if changed is None or mentioned([form], pair.answer_span):
        return None
    return variant(pair, "entity_swap", GENERATOR, {}, question=changed[0], answer=changed[1])


def _without_article(mined: Mapping[str, str], text: str) -> dict[str, str]:
    """Those of `mined` whose long form `text` never gives an article, which an acronym may do without."""
    return {
        short: long for short, long in mined.items() if not re.search(rf"(?i)\b(?:an?|the) {re.escape(long)}\b", text)
    }
